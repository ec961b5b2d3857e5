"""``kangqu bench city``: how long a synthetic city takes, sealing, blind index, pinyin, keys and trace included.

Made in a database of its own, which is thrown away. The bar: a million residents in ten minutes on two cores, in memory
that does not grow with the city.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile

from bench.measure import Figure, options, report, seconds_of

SECONDS_PER_MILLION = 600
MOST_MEMORY_MIB = 600


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "city",
        "Seconds to make a synthetic city, and the memory it takes.",
        argv,
        ("--people", {"type": int, "default": 1_000_000}),
        ("--seed", {"type": int, "default": 1}),
        ("--workers", {"type": int, "default": 2}),
    )
    scratch = "" if os.environ.get("KANGQU_DATABASE_URL") else tempfile.mkdtemp(prefix="kangqu-bench-city-")
    if scratch:
        os.environ["KANGQU_HOME"] = scratch
    try:
        return report("city", asked, _measured(asked.people, asked.seed, asked.workers))
    finally:
        if scratch:
            from django.db import connections

            connections.close_all()
            shutil.rmtree(scratch, ignore_errors=True)


def _measured(people: int, seed: int, workers: int) -> list[Figure]:
    from kangqu.site.start import open_house

    open_house(migrate=True)
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.site.city.make import make_city

    def progress(what: str, done: int, total: int) -> None:
        if what == "residents" and sys.stderr.isatty():
            sys.stderr.write(f"\r{done:,}/{total:,}")

    at = system_clock()
    seconds = seconds_of(lambda: make_city(people, seed=seed, city="zibo", at=at, progress=progress, workers=workers))
    limit = SECONDS_PER_MILLION * people / 1_000_000
    here, there = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return [
        Figure(f"{people:,} residents, whole", seconds, "s", at_most=limit),
        Figure("share of the limit", seconds / limit, "", at_most=1.0),
        Figure("residents per second", people / seconds, "/s"),
        Figure("peak memory, this process", here, "MiB", at_most=MOST_MEMORY_MIB),
        Figure("peak memory, largest worker", there, "MiB", at_most=MOST_MEMORY_MIB),
    ]
