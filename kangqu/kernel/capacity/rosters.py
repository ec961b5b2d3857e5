"""Which sessions a day has, from a schedule's roster. Pure: the rows, the exception and the day's kind come in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from kangqu.kernel.basis.calendar import DayKind, day_of
from kangqu.kernel.basis.clock import CITY


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of time: ``quotas`` are seats of each slot by channel. ``weekday`` 0: an exception's, on its day only."""

    weekday: int
    begins: time
    ends: time
    slot_minutes: int
    quotas: Mapping[str, int]
    off_peak: bool = False
    since: date = date.min
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A session as the roster has it: its slots from when to when, and how many seats of each channel each has."""

    starts_at: datetime
    ends_at: datetime
    slots: tuple[tuple[datetime, datetime], ...]
    quotas: Mapping[str, int] = field(default_factory=dict)
    off_peak: bool = False


def sessions_of(
    day: date, rows: Sequence[Row], *, on_holidays: bool, exception: Sequence[Row] | None = None
) -> list[Draft]:
    """The sessions of ``day``, earliest first. ``exception``: the rows of this day instead (none: closed)."""
    if exception is not None:
        return sorted((_draft(day, row) for row in exception), key=lambda each: each.starts_at)
    valid = [row for row in rows if row.since <= day and (row.until is None or day <= row.until)]
    weekday = _weekday(day, valid, on_holidays)
    return sorted((_draft(day, row) for row in valid if row.weekday == weekday), key=lambda each: each.starts_at)


def _weekday(day: date, rows: Sequence[Row], on_holidays: bool) -> int:
    """By which weekday's rows ``day`` goes; 0 when it is closed."""
    found, own = day_of(day), day.isoweekday()
    if found.kind is DayKind.HOLIDAY and not on_holidays:
        return 0
    if found.kind is DayKind.MAKEUP and not any(row.weekday == own for row in rows):
        return found.works_as
    return own


def _draft(day: date, row: Row) -> Draft:
    slots = tuple(_slots(day, row))
    return Draft(slots[0][0], slots[-1][1], slots, row.quotas, row.off_peak)


def _slots(day: date, row: Row) -> Iterator[tuple[datetime, datetime]]:
    """The slots of a row; the last is shorter where the time does not divide."""
    begins = datetime.combine(day, row.begins, CITY)
    ends = datetime.combine(day, row.ends, CITY)
    while begins < ends:
        until = min(begins + timedelta(minutes=row.slot_minutes), ends)
        yield begins.astimezone(UTC), until.astimezone(UTC)
        begins = until
