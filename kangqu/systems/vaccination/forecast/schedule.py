"""Schedules made ready: a family of vaccines, its versions by date, and the rules of each version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from kangqu.kernel.rules.source import Source
from kangqu.kernel.rules.table import Row
from kangqu.systems.vaccination.forecast.spans import Span


class Outcome(StrEnum):
    """What holds for somebody who stands where a rule says."""

    DOSE = "DOSE"
    COMPLETE = "COMPLETE"
    NEVER = "NEVER"
    ASK = "ASK"


class Effect(StrEnum):
    """What a gap or a bar does."""

    INVALID = "INVALID"  # gaps: sooner does not count and is not offered
    DELAY = "DELAY"  # gaps: sooner is not offered, but counts if it was given
    NOTE = "NOTE"
    NEVER = "NEVER"
    POSTPONE = "POSTPONE"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One row of a series: in the state ``have`` and between the ages ``opens`` and ``closes``, ``outcome`` holds.

    ``have`` are (counter, at least, below); ages and intervals are spans from birth, from the dose before, from dose 1.
    ``by`` is the age from which a dose is late, ``by_interval`` and ``by_first`` end with the last day in time.
    """

    id: str
    outcome: Outcome
    number: int | None
    vaccines: tuple[str, ...]
    have: tuple[tuple[int, int, int], ...]
    opens: Span | None
    closes: Span | None
    age: Span
    due: Span
    interval: Span | None
    due_interval: Span | None
    accept: Span | None
    since_first: Span | None
    due_since_first: Span | None
    by: Span | None
    by_interval: Span | None
    by_first: Span | None
    offered: bool
    instead: bool  # offered only where every other product that fits is barred
    tally: tuple[int, ...]
    full: bool
    asks: str
    words: tuple[str, str]
    version: str
    row: Row
    condition: str  # what ``when`` asks, written so that equal conditions are equal
    age_source: Source
    interval_source: Source
    by_source: Source

    @property
    def source(self) -> Source:
        return self.row.source


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """The rules of a family from ``starts`` until another version starts."""

    starts: date
    label: str
    rules: tuple[Rule, ...]
    conditional: bool  # some rule asks for facts of the person
    below: Span | None
    again: Span
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A series of one programme: vaccines against one thing. ``adds``: which counters a product moves; 0 is the total."""

    programme: str
    series: str
    zh: str
    en: str
    historical: bool
    names: tuple[str, ...]
    adds: Mapping[str, tuple[int, ...]]
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version:
        """The version in force on ``day``; before the first one, the first one."""
        found = self.versions[0]
        for version in self.versions[1:]:
            if version.starts > day:
                break
            found = version
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """``then`` follows ``after`` by at least ``wait``; ``same_day`` says whether both may be given on one day."""

    id: str
    after: frozenset[str]
    then: frozenset[str]
    wait: Span
    same_day: bool
    effect: Effect
    words: tuple[str, str]
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """``products`` are not given when the row's facts are so, or (``allergy``) after a severe reaction to one of them."""

    id: str
    products: frozenset[str]
    allergy: bool
    effect: Effect
    words: tuple[str, str]
    row: Row


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """A sentence said when the row's facts are so; of one ``series`` if it names one."""

    id: str
    series: str
    before_dose: int | None
    when_complete: bool
    due_together: bool
    words: tuple[str, str]
    row: Row


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """A set of schedule files that belong together."""

    code: str
    zh: str
    en: str
    default: bool
    always: bool
    historical: bool
    starts: date
    families: tuple[Family, ...]
    gaps: tuple[Gap, ...]
    bars: tuple[Bar, ...]
    advice: tuple[Advice, ...]


@lru_cache(maxsize=65_536)
def matching(rules: tuple[Rule, ...], counts: tuple[int, ...]) -> tuple[Rule, ...]:
    """Those of ``rules`` that speak of somebody with these counts, in the schedule's order."""
    return tuple(rule for rule in rules if all(low <= counts[at] < high for at, low, high in rule.have))
