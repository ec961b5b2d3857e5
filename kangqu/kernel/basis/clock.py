"""The city's clock: instants are UTC, days are the city's (Asia/Shanghai, +08:00 all year since 1991)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

UTC: Final = UTC
CITY: Final = timezone(timedelta(hours=8), "+08:00")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present instant. Called at the edge (a request, a worker's job, a command) and handed down from there."""
    return datetime.now(UTC)


def city_day(at: datetime) -> date:
    """The calendar day it is in the city at the instant ``at``."""
    return at.astimezone(CITY).date()


def day_starts(day: date) -> datetime:
    """The instant, in UTC, at which ``day`` begins in the city."""
    return datetime.combine(day, time.min, CITY).astimezone(UTC)


def day_ends(day: date) -> datetime:
    """The instant at which ``day`` is over in the city: the next day's first."""
    return day_starts(day + timedelta(days=1))


def age_on(birth: date, day: date) -> int:
    """Full years lived on ``day``; somebody born on 29 February is a year older on 1 March of a common year."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
