"""Excursions from readings. Pure (``docs/algorithms/cold-chain.md``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from itertools import pairwise
from typing import Final

from kangqu.kernel.rules.source import Mark, Source


class Kind(StrEnum):
    """What was wrong."""

    WARM = "warm"
    COLD = "cold"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class FridgeKind:
    """A kind of fridge; ``low`` and ``high`` in tenths of a degree, both inside."""

    code: str
    zh: str
    en: str
    low: int
    high: int
    source: Source


def _kind(row: Mapping[str, str]) -> FridgeKind:
    source = Source(document=row["document"], clause="", mark=Mark(row["mark"]))
    return FridgeKind(row["code"], row["zh"], row["en"], int(row["low"]), int(row["high"]), source)


_TABLE: Final = tomllib.loads(files("kangqu.systems.vaccination.cold_chain").joinpath("kinds.toml").read_text("utf-8"))
FRIDGE_KINDS: Final[Mapping[str, FridgeKind]] = {row["code"]: _kind(row) for row in _TABLE["kind"]}


@dataclass(frozen=True, slots=True)
class Limits:
    """The range in tenths of a degree, both inside; how long outside is borne; how long nothing need be heard."""

    low: int
    high: int
    delay: timedelta
    gap: timedelta

    def side(self, tenths: int) -> Kind | None:
        """On which side of the range a reading lies; None inside."""
        return Kind.COLD if tenths < self.low else Kind.WARM if tenths > self.high else None


@dataclass(frozen=True, slots=True)
class Reading:
    """An instant and tenths of a degree Celsius."""

    at: datetime
    tenths: int


@dataclass(frozen=True, slots=True)
class Span:
    """An excursion. ``ends_at``: when it was over, none while it lasts. ``extreme``: the reading farthest outside."""

    kind: Kind
    begins_at: datetime
    ends_at: datetime | None
    extreme: int | None = None


def spans(readings: Sequence[Reading], limits: Limits, until: datetime) -> list[Span]:
    """The excursions in ``readings`` (in the order of time, no instant twice) as they stand at ``until``; in the order they begin."""
    found = [*_outside(readings, limits), *_silent(readings, limits, until)]
    return sorted(found, key=lambda span: (span.begins_at, span.kind))


def _outside(readings: Sequence[Reading], limits: Limits) -> Iterator[Span]:
    run: list[Reading] = []
    for reading in readings:
        side = limits.side(reading.tenths)
        if run and side is not limits.side(run[0].tenths):
            yield from _span(run, reading.at, limits)
            run = []
        if side is not None:
            run.append(reading)
    if run:
        yield from _span(run, None, limits)


def _span(run: Sequence[Reading], ends_at: datetime | None, limits: Limits) -> Iterator[Span]:
    kind = limits.side(run[0].tenths)
    if kind is not None and (ends_at or run[-1].at) - run[0].at >= limits.delay:
        worst = (min if kind is Kind.COLD else max)(each.tenths for each in run)
        yield Span(kind, run[0].at, ends_at, worst)


def _silent(readings: Sequence[Reading], limits: Limits, until: datetime) -> Iterator[Span]:
    for earlier, later in pairwise(readings):
        if later.at - earlier.at > limits.gap:
            yield Span(Kind.SILENT, earlier.at, later.at)
    if readings and until - readings[-1].at > limits.gap:
        yield Span(Kind.SILENT, readings[-1].at, None)
