"""What every bench shares: the machine's size, fair timing, and a figure beside its limit.

A bench is ``bench/NAME.py`` with ``main(argv) -> int``::

    def main(argv: list[str] | None = None) -> int:
        asked = options("import", "…", argv)
        open_bench_city("import")
        ours, bare = in_turns(asked.runs, lambda: import_rows(rows), lambda: copy_rows(rows))
        return report("import", asked, [
            Figure("end to end", len(rows) / ours, "rows/s", peer=Peer("bare COPY", len(rows) / bare), at_least=0.25),
            Figure("p95", 12.3, "ms", at_most=30),
        ])

Noise on a shared machine moves both sides alike: the runs of a figure and of its peer alternate, medians are compared.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Peer:
    """What a figure is held against: the limit or the bare way, measured in the same run, in the figure's unit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. With a ``peer`` the bars are on the ratio figure ÷ peer, otherwise on the figure itself."""

    name: str
    value: float
    unit: str
    peer: Peer | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.peer.value if self.peer and self.peer.value else None

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of its bars; a figure without bars holds."""
        judged = self.ratio if self.peer else self.value
        if judged is None or math.isnan(judged):
            return False
        return (self.at_least is None or judged >= self.at_least) and (self.at_most is None or judged <= self.at_most)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "peer": self.peer.name if self.peer else None,
            "peer_value": self.peer.value if self.peer else None,
            "ratio": self.ratio,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "holds": self.holds,
        }

    def as_line(self) -> str:
        parts = [f"{self.name}: {_number(self.value)} {self.unit}".rstrip()]
        if self.peer:
            parts.append(f"{self.peer.name}: {_number(self.peer.value)} {self.unit}".rstrip())
            parts.append(f"ratio {self.ratio:.3f}" if self.ratio is not None else "no ratio")
        for sign, bar in (("≥", self.at_least), ("≤", self.at_most)):
            if bar is not None:
                parts.append(f"bar {sign} {_number(bar)}: {'holds' if self.holds else 'MISSED'}")
        return " | ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def machine() -> dict[str, Any]:
    """The size of the machine the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _ticks() -> tuple[int, int]:
    """Processor time so far, of all cores: wanted (idle left out), and given by the host to somebody else."""
    try:
        user, nice, system, _idle, _wait, irq, softirq, stolen = map(
            int, Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]
        )
    except (OSError, ValueError):
        return 0, 0
    return user + nice + system + irq + softirq + stolen, stolen


_MACHINE = machine()
_TICKS = _ticks()


def stolen_share() -> float:
    """How much of the processor time that this machine wanted since the bench began its host gave to others (0–1)."""
    wanted, stolen = (now - before for now, before in zip(_ticks(), _TICKS, strict=True))
    return stolen / wanted if wanted else 0.0


def options(
    name: str, about: str, argv: Sequence[str] | None, *extra: tuple[str, dict[str, Any]]
) -> argparse.Namespace:
    """The arguments of a bench: ``--json``, ``--runs N`` and its own ``extra`` ones, each ``("--rows", {"type": int, …})``."""
    parser = argparse.ArgumentParser(prog=f"kangqu bench {name}", description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--runs", type=int, default=3, help="how often each side runs; the median counts")
    for flag, settings in extra:
        parser.add_argument(flag, **settings)
    return parser.parse_args(argv)


def seconds_of(work: Callable[[], object]) -> float:
    """How long ``work`` takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(runs: int, *works: Callable[[], object]) -> list[float]:
    """The median seconds of each of ``works``, run in turns so that noise falls on all of them."""
    taken = [[seconds_of(work) for work in works] for _ in range(runs)]
    return [statistics.median(times) for times in zip(*taken, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` (0–1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def report(name: str, asked: argparse.Namespace, figures: Sequence[Figure]) -> int:
    """Print the figures, as lines or as JSON; the exit code is 1 when one of them misses its bar."""
    if asked.json:
        size = {**_MACHINE, "stolen": round(stolen_share(), 3)}
        answer = {"bench": name, "machine": size, "figures": [figure.as_json() for figure in figures]}
        print(json.dumps(answer, ensure_ascii=False))
    else:
        size = _MACHINE
        cores = (
            f"{size['cores']} cores ({size['processor']}; {stolen_share():.0%} of their time given to other machines)"
        )
        print(f"# {name}: {cores}, {size['memory_gib']} GiB, Python {size['python']}")
        for figure in figures:
            print(figure.as_line())
    return 0 if all(figure.holds for figure in figures) else 1


def open_bench_city(name: str) -> None:
    """The city of the bench ``name`` under ``var/bench``, tables at this version; ``KANGQU_HOME`` names another."""
    os.environ.setdefault("KANGQU_HOME", f"var/bench/{name}")
    from kangqu.site.start import open_house

    open_house(migrate=True)
