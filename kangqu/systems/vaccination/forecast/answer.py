"""What comes out: per series the doses counted and why, what is next and when, and what must be asked first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kangqu.kernel.rules.source import Source
from kangqu.systems.vaccination.forecast.reasons import Reason


class Validity(StrEnum):
    """Whether a dose that was given counts."""

    VALID = "valid"
    INVALID_EARLY = "invalid_early"  # before the minimum age or interval
    INVALID_GAP = "invalid_gap"  # too soon after another live vaccine or immunoglobulin
    NOT_FOR_AGE = "not_for_age"
    NOT_COUNTED = "not_counted"  # another product is called for, extra, recorded twice, after the day judged


class Status(StrEnum):
    """Where a series stands on the day judged."""

    COMPLETE = "complete"
    OVERDUE = "overdue"
    DUE = "due"
    FUTURE = "future"  # the recommended day has not come
    ASK = "ask"  # something must be known, or a doctor decides
    CONTRAINDICATED = "contraindicated"
    POSTPONED = "postponed"
    NOT_RECOMMENDED = "not_recommended"
    AGED_OUT = "agedout"


@dataclass(frozen=True, slots=True)
class Judged:
    """A dose of the history in one series: ``position`` in the history asked about, ``number`` if it counts."""

    position: int
    product: str
    on: date
    validity: Validity
    number: int | None
    version: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Next:
    """A dose to come. ``earliest`` … ``latest``: from and until when it may be given; ``recommended``: from when it should
    be; ``overdue``: the first day on which it is late. None: there is no such day. ``sources`` say where the minimum age,
    the interval and the day of being late come from, and how sure the city is of them.
    """

    vaccine: str
    number: int
    rule: str
    version: str
    earliest: date
    recommended: date
    overdue: date | None
    latest: date | None
    today: bool  # may be given on the day judged
    reasons: tuple[Reason, ...]
    sources: tuple[tuple[str, Source], ...]  # age, interval, overdue


@dataclass(frozen=True, slots=True)
class SeriesForecast:
    """One series of one programme. ``later`` are the doses after the next one, each on the earlier ones' best days."""

    programme: str
    series: str
    zh: str
    en: str
    version: str
    historical: bool
    status: Status
    doses: tuple[Judged, ...]
    counted: int
    next: Next | None
    alternatives: tuple[Next, ...]
    later: tuple[Next, ...]
    reasons: tuple[Reason, ...]
    full_course_on: date | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that is not known, and the rules that could not be judged without it."""

    fact: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Everything the schedules say. ``other`` are doses no series asked about counts; ``not_in_force`` programmes of later."""

    as_of: date
    series: tuple[SeriesForecast, ...]
    other: tuple[Judged, ...]
    advice: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    not_in_force: tuple[str, ...]
