"""Coverage of a city: its table by county and by age band, a township's table, and the pages of people behind a figure.

Counted anew (nothing kept) from the rows of the city; ``--people`` makes it larger. The machine's load before the run is printed: the
tables are counted by all the cores there are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.measure import Figure, open_bench_city, options, percentile, report

A_TABLE_SECONDS = 2.0
A_PAGE_MS = 50.0
PAGES = 60


def main(argv: list[str] | None = None) -> int:
    asked = options("coverage", __doc__ or "", argv, ("--people", {"type": int, "default": 200_000}))
    open_bench_city("coverage")
    from bench import _coverage_world as world
    from kangqu.kernel.basis.clock import city_day, system_clock
    from kangqu.systems.vaccination.coverage.asked import Question
    from kangqu.systems.vaccination.coverage.boosters import cut_off_of
    from kangqu.systems.vaccination.coverage.keeping import kept_table
    from kangqu.systems.vaccination.coverage.rates import Band, Denominator, Measure
    from kangqu.systems.vaccination.coverage.tables import By, table_of

    at = system_clock()
    world.fill(at, people=asked.people)
    day = city_day(at)
    city = Question(programme="covid-19", series="COVID", number=1, day=day, region="3703", band=Band())
    booster = replace(
        city, measure=Measure.BOOSTER, denominator=Denominator.COHORT, cut_off=cut_off_of("covid-19", "COVID", day)
    )
    town = replace(city, region="370301001")
    tables: list[tuple[str, Callable[[], Any]]] = [
        ("a city by county, dose 1", lambda: table_of(city, By.REGION)),
        ("a city by age band, dose 1", lambda: table_of(city, By.AGE)),
        ("a city by county, dose 2", lambda: table_of(replace(city, number=2), By.REGION)),
        ("a city by county, boosters of the cohort", lambda: table_of(booster, By.REGION)),
        ("a township, dose 1", lambda: table_of(town, By.REGION)),
    ]
    figures = [Figure(name, _median(asked.runs, work), "s", at_most=A_TABLE_SECONDS) for name, work in tables]
    kept_table(city, By.REGION, at=at, anew=True)
    again = _median(asked.runs, lambda: kept_table(city, By.REGION, at=at + timedelta(minutes=1)))
    figures.append(
        Figure("a city by county, counted within the quarter of an hour", again, "s", at_most=A_TABLE_SECONDS)
    )
    for name, question in (("a township's", town), ("the city's", city)):
        for missing in (False, True):
            turned = _pages(question, missing)
            what = "missing" if missing else "vaccinated"
            figures.append(
                Figure(f"a page of {name} {what} p95", percentile(turned, 0.95) * 1000, "ms", at_most=A_PAGE_MS)
            )
    figures.append(Figure("people in the city", float(asked.people), ""))
    figures.append(Figure("load of the machine meanwhile", os.getloadavg()[0], ""))
    return report("coverage", asked, figures)


def _median(runs: int, work: Callable[[], Any]) -> float:
    taken = []
    for _run in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[len(taken) // 2]


def _pages(question: Any, missing: bool) -> list[float]:
    """How long each of the first pages took, turned one after the other."""
    from kangqu.systems.vaccination.coverage.counting import people_behind

    taken, after = [], ("", 0)
    for _page in range(PAGES):
        began = time.perf_counter()
        found = people_behind(question, missing=missing, after=after)
        taken.append(time.perf_counter() - began)
        if not found:
            break
        after = found[-1]
    return taken
