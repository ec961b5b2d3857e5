"""One process of the bench of bookings: threads that book for some seconds, or try so many times for a few seats."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable


def main() -> int:
    kind, amount, threads, share, shares = sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:6])
    from bench import _booking_world as world
    from bench.measure import open_bench_city

    open_bench_city("booking")
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.refusals import Refused
    from kangqu.kernel.capacity.booking import Wanted, book
    from kangqu.kernel.trace.actor import Actor

    desk = Actor(account_id=77, role="registrar", institution_id=world.FIRST, purpose="care")
    sessions, said, taken = world.sessions(), Counter[str](), list[float]()
    gate = threading.Barrier(threads + 1)

    def one(person: int, session: int, key: str) -> str:
        try:
            wanted = Wanted(person_id=world.PEOPLE + person, session_id=session, channel="citizen", key=key)
            return book(wanted, by=desk, at=system_clock()).status
        except Refused as refused:
            return refused.why.name

    def steady(number: int) -> None:
        rng, done = random.Random(share * 100 + number), 0
        gate.wait()
        until = time.perf_counter() + amount
        while time.perf_counter() < until:
            answer = one(rng.randrange(world.RESIDENTS), rng.choice(sessions), f"{share}/{number}/{done}")
            done += 1
            said[answer] += 1

    def rush(number: int) -> None:
        rng = random.Random(share * 100 + number)
        gate.wait()
        for turn in range(int(amount)):
            said[one(rng.randrange(500), sessions[0], f"{share}/{number}/{turn}")] += 1

    def paced(number: int) -> None:
        """``amount`` requests a second of all threads and processes together, for five seconds, by the clock: late ones count as they are."""
        rng, every = random.Random(share * 100 + number), threads * shares / amount
        gate.wait()
        began = time.perf_counter() + (share * threads + number) / amount
        for turn in range(int(5 / every)):
            due = began + turn * every
            time.sleep(max(0.0, due - time.perf_counter()))
            said[one(rng.randrange(world.RESIDENTS), sessions[0], f"p{share}/{number}/{turn}")] += 1
            taken.append(time.perf_counter() - due)

    work: Callable[[int], None] = {"steady": steady, "rush": rush, "paced": paced}[kind]
    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    spent = time.process_time()
    gate.wait()
    for thread in running:
        thread.join()
    print(json.dumps({"said": said, "taken": taken, "cpu": time.process_time() - spent}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
