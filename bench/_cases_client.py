"""One process of the bench of cases: some threads that take single steps, or one that takes batches, for some seconds."""

from __future__ import annotations

import json
import sys
import threading
import time


def main() -> int:
    kind, seconds, threads, share, shares = sys.argv[1], *map(float, sys.argv[2:])
    from bench import _cases_world as world  # declared before the city opens: its cases lean on it
    from bench.measure import open_bench_city

    open_bench_city("cases")
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.cases.snapshot import snapshots
    from kangqu.kernel.cases.steps import Asked, take_step, take_steps
    from kangqu.kernel.trace.actor import Actor

    nurse = Actor(account_id=77, role="nurse", institution_id=world.FIRST, purpose="care")
    mine = world.switches()[int(share) :: int(shares)]
    stands = {case.id: case.state for case in snapshots(mine).values()}
    counts: list[int] = []
    began = threading.Barrier(int(threads) + 1)

    def step_of(case_id: int) -> str:
        stands[case_id] = "lit" if stands[case_id] == "off" else "off"
        return "light" if stands[case_id] == "lit" else "darken"

    def single(ids: list[int]) -> None:
        began.wait()
        until, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            case_id = ids[done % len(ids)]
            take_step(case_id, step_of(case_id), by=nurse, at=system_clock())
            done += 1
        counts.append(done)

    def batches(ids: list[int]) -> None:
        lots = [ids[start : start + 1_000] for start in range(0, len(ids) - 999, 1_000)]
        began.wait()
        until, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            lot = lots[done // 1_000 % len(lots)]
            outcomes = take_steps([Asked(case_id=one, step=step_of(one)) for one in lot], by=nurse, at=system_clock())
            assert all(each.refused is None for each in outcomes)
            done += len(lot)
        counts.append(done)

    work = single if kind == "single" else batches
    running = [threading.Thread(target=work, args=(mine[n :: int(threads)],)) for n in range(int(threads))]
    for thread in running:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    spent = time.process_time()
    began.wait()
    for thread in running:
        thread.join()
    print(json.dumps({"steps": sum(counts), "cpu": time.process_time() - spent}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
