"""A day of prescriptions of six decoction centres, replayed through the product's own verbs as fast as they go.

Prescriptions come in signed by the hospital, are reviewed, weighed herb by herb, checked, soaked, boiled, packed, passed and
handed over against the patient's live code or a signature at the door; pots fail and are mended; every minute of the day the
promises are planned anew. Two processes play the floors (three centres each), a third keeps the clock and plans. At the end
every way is read back from the trace and held against what was ordered.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from bench._day_world import CENTRES, Letter, World
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report

PLAYERS = 2
FIRST_MINUTE, LAST_MINUTE = 7 * 60, 34 * 60  # of the day; what is left over goes on the next morning


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "pharmacy-day",
        "Replay a day of prescriptions of six decoction centres through the real verbs.",
        argv,
        ("--prescriptions", {"type": int, "default": 16_000}),
        ("--decocted", {"type": float, "default": 0.5, "help": "share that is decocted (0 to 1)"}),
        ("--seed", {"type": int, "default": 1}),
        ("--verbs", {"action": "store_true", "help": "also print how long each verb took"}),
    )
    open_bench_city("pharmacy_day")
    from bench import _day_world as worlds
    from kangqu.kernel.basis.clock import city_day, system_clock

    world = worlds.make_world(city_day(system_clock()), asked.prescriptions, asked.decocted, asked.seed)
    plans, told, wall = _replay(world, asked.seed)
    if asked.verbs:
        _print_verbs(told)
    return report("pharmacy-day", asked, _figures(world, asked, plans, told, wall))


def _replay(world: World, seed: int) -> tuple[list[float], list[dict[str, Any]], float]:
    """Play the day; seconds of every plan, what the players tell, seconds of it all."""
    from django.db import connection

    from kangqu.systems.tcm_pharmacy.promises.keeping import look_after_promises

    connection.close()
    made = multiprocessing.get_context("spawn")
    lines: list[Connection] = []
    running = []
    for number in range(PLAYERS):
        ours, theirs = made.Pipe()
        mine = list(range(number, CENTRES, PLAYERS))
        player = made.Process(target=play, args=(theirs, world, mine, seed), daemon=True)
        player.start()
        theirs.close()
        lines.append(ours)
        running.append(player)
    for line in lines:
        assert line.recv() == "ready"
    plans: list[float] = []
    letters, began = list(reversed(world.letters)), time.perf_counter()
    for minute in range(FIRST_MINUTE, LAST_MINUTE):
        if 24 * 60 <= minute < 30 * 60:
            continue  # closed
        come: list[Letter] = []
        while letters and letters[-1].minute <= minute:
            come.append(letters.pop())
        for number, line in enumerate(lines):
            line.send((minute, come[number::PLAYERS]))
        at = world.midnight + timedelta(minutes=minute)
        start = time.perf_counter()
        if look_after_promises(at) is not None:
            plans.append(time.perf_counter() - start)
        left = sum(line.recv() for line in lines)
        if not letters and not left and not _open(world):
            break
    wall = time.perf_counter() - began
    for line in lines:
        line.send(None)
    told = [line.recv() for line in lines]
    for player in running:
        player.join(20)
    return plans, told, wall


def _open(world: World) -> int:
    from kangqu.kernel.cases.models import Case

    places = [each.pk for each in world.centres]
    return Case.objects.filter(closed_at=None, programme="tcm_prescription", institution_id__in=places).count()


def play(line: Connection, world: World, mine: list[int], seed: int) -> None:
    """A player's process: a minute at a time, as it is told."""
    open_bench_city("pharmacy_day")
    from bench._day_floor import Player

    player = Player(world, mine, seed)
    line.send("ready")
    while (asked := line.recv()) is not None:
        line.send(player.minute(*asked))
    tally = player.tally
    own = os.times()
    line.send(
        {
            "times": tally.times, "seconds": dict(tally.seconds), "refused": tally.refused,
            "failed": sum(each.failed for each in player.floors), "processor": own.user + own.system,
        }
    )  # fmt: skip


def _figures(
    world: World, asked: argparse.Namespace, plans: list[float], told: list[dict[str, Any]], wall: float
) -> list[Figure]:
    from bench._day_checks import judge

    day = judge(world)
    verbs = sum(sum(each["times"].values()) for each in told)
    most = 900.0 if asked.prescriptions >= 16_000 else None
    return [
        Figure(f"a day of {asked.prescriptions:,} prescriptions, {verbs:,} verbs", wall, "s", at_most=most),
        Figure("verbs a second", verbs / wall, "/s"),
        Figure("handed over", day.handed_over, ""),
        Figure("returned to the doctor", day.returned, ""),
        Figure("still open", day.open, "", at_most=0),
        Figure("ways with a step left out, too early, or out of order", len(day.wrong), "", at_most=0),
        Figure("wrong scans refused", sum(sum(each["refused"].values()) for each in told), ""),
        Figure("pots failed", sum(each["failed"] for each in told), ""),
        Figure("made anew", day.scrapped, ""),
        Figure("within the first promise", 100 * day.kept / max(1, day.promised), "%", at_least=98.0),
        Figure("late ones, median", percentile(day.late, 0.5) if day.late else 0, "min"),
        *(
            Figure(f"decocted, {name}: from release till ready, median", percentile(day.taken[name], 0.5), "min")
            for name in ("express", "ward", "ordinary")
            if day.taken.get(name)
        ),
        Figure(
            "prescriptions of the busiest centre",
            max(day.places.values()),
            "",
            Peer("the idlest", min(day.places.values())),
        ),
        Figure("plans made by the clock", len(plans), ""),
        Figure("a plan, p95", percentile(plans, 0.95), "s"),
        Figure("a plan, longest", max(plans), "s", at_most=1.0),
    ]


def _print_verbs(told: list[dict[str, Any]]) -> None:
    times = sum((each["times"] for each in told), Counter[str]())
    seconds = {verb: sum(each["seconds"].get(verb, 0.0) for each in told) for verb in times}
    for verb, taken in sorted(seconds.items(), key=lambda each: -each[1]):
        print(f"{verb:18} {times[verb]:>8,} {taken:8.1f} s {1000 * taken / times[verb]:8.2f} ms")
    print("processor time of the players:", *(f"{each['processor']:.0f} s" for each in told))


if __name__ == "__main__":
    raise SystemExit(main())
