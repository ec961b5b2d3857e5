"""``kangqu bench city``: how long a synthetic city takes, sealing, blind index, pinyin, keys and trace included.

Made in a database of its own, which is thrown away. The bar: a million residents in ten minutes on two cores, in memory
that does not grow with the city. On a machine that others use too, the processor time of all its processes, the
server's among them, says what the two cores would need alone.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Figure, options, report, seconds_of

SECONDS_PER_MILLION = 600
CORES = 2
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

    at, before = system_clock(), _processor_seconds()
    seconds = seconds_of(lambda: make_city(people, seed=seed, city="zibo", at=at, progress=progress, workers=workers))
    processor = _processor_seconds() - before
    limit = SECONDS_PER_MILLION * people / 1_000_000
    here, there = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return [
        Figure(f"{people:,} residents, whole", seconds, "s", at_most=limit),
        Figure("share of the limit", seconds / limit, "", at_most=1.0),
        Figure("processor time, server included", processor, "s", at_most=limit * CORES),
        Figure("residents per second", people / seconds, "/s"),
        Figure("peak memory, this process", here, "MiB", at_most=MOST_MEMORY_MIB),
        Figure("peak memory, largest worker", there, "MiB", at_most=MOST_MEMORY_MIB),
    ]


def _processor_seconds() -> float:
    """Processor time of this process, its finished workers and the embedded server with all its processes."""
    own = time.process_time()
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own + workers.ru_utime + workers.ru_stime + _server_seconds()


def _server_seconds() -> float:
    from django.conf import settings

    pid_file = Path(settings.KANGQU_HOME) / "postgres" / "postmaster.pid"
    if not pid_file.exists():
        return 0.0
    master = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(folder.name) == master:
            ticks += sum(map(int, fields[11:15]))  # its own and those of backends that ended
        elif int(fields[1]) == master:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
