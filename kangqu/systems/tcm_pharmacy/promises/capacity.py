"""A pharmacy's floor as the planner takes it: weekly hours as spans of minutes, weekly rounds as departures. Pure.

Minutes count from 1970-01-01T00:00Z, which falls on a full hour; days and weekdays are the city's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.systems.tcm_pharmacy.planning.model import Round

DAYS: Final = 7
ANYWHERE: Final = "*"
"""The district of a parcel whose district is not known: reached when the farthest is."""

Hours = Sequence[Sequence[int] | None]


def minute_of(at: datetime) -> int:
    """The whole minute ``at`` lies in."""
    return int(at.timestamp() // 60)


def instant_at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def spans(hours: Hours, at: datetime) -> tuple[tuple[int, int], ...]:
    """The opening spans of the days around ``at``, apart and in order; what began yesterday and goes on is among them."""
    found: list[tuple[int, int]] = []
    for day, midnight in _days(at, first=-1):
        span = hours[day.weekday()]
        if span is None:
            continue
        start, end = midnight + span[0], midnight + span[1]
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def departures(rows: Sequence[Sequence[Any]], at: datetime) -> tuple[Round, ...]:
    """The courier's departures from ``at`` on. ``rows``: (number, weekdays, minute of the day, parcels, reaches)."""
    now = minute_of(at)
    return tuple(
        Round(f"{number}/{day}", midnight + departs, parcels, _reaches(reaches))
        for day, midnight in _days(at, first=0)
        for number, weekdays, departs, parcels, reaches in rows
        if str(day.isoweekday()) in weekdays and midnight + departs >= now
    )


def _reaches(rows: Sequence[Sequence[Any]]) -> tuple[tuple[str, int], ...]:
    named = tuple((str(district), int(minutes)) for district, minutes in rows)
    return (*named, (ANYWHERE, max(minutes for _, minutes in named))) if named else ()


def _days(at: datetime, first: int) -> list[tuple[date, int]]:
    """The city's days from ``first`` days after today on, each with the minute at which it begins."""
    today = city_day(at)
    days = [today + timedelta(days=each) for each in range(first, DAYS)]
    return [(day, minute_of(day_starts(day))) for day in days]
