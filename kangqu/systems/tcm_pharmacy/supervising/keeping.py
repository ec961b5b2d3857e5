"""Keeping the figures of days that are over: counted again from the trace, whole days at a time, until nothing is missing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction

from kangqu.kernel.basis.clock import city_day, day_ends
from kangqu.systems.tcm_pharmacy.models import DayCounted, DaySum
from kangqu.systems.tcm_pharmacy.supervising.counting import count_days, first_day

SETTLED: Final = timedelta(minutes=15)
"""How long after its end a day is over: what began before midnight has been written by then."""
LOOKS_AGAIN: Final = timedelta(hours=24)
"""For how long after its end a kept day is counted again every :data:`EVERY`: what a machine or another system told late
of it is found."""
EVERY: Final = timedelta(hours=1)
AT_ONCE: Final = 31


def is_over(day: date, at: datetime) -> bool:
    return at >= day_ends(day) + SETTLED


def keep_days(at: datetime, limit: int = AT_ONCE) -> int:
    """Count up to ``limit`` days that are over and not kept yet, oldest first, and those that are looked at again; how many
    were. Stopped, it goes on there."""
    first = first_day()
    if first is None:
        return 0
    last = city_day(at) if is_over(city_day(at), at) else city_day(at) - timedelta(days=1)
    last = last if is_over(last, at) else last - timedelta(days=1)
    known = dict(DayCounted.objects.filter(day__range=(first, last)).values_list("day", "counted_at"))
    wanted = [day for day in _days(first, last) if day not in known or _again(day, known[day], at)][:limit]
    for day in wanted:
        keep_day(day, at)
    return len(wanted)


def _again(day: date, counted_at: datetime, at: datetime) -> bool:
    return counted_at < day_ends(day) + LOOKS_AGAIN and at - counted_at >= EVERY


def keep_day(day: date, at: datetime) -> None:
    """Count one day anew and keep what was counted instead of what was kept, in one transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('tcm/days', 0))")
        counted = count_days(day, day)
        DaySum.objects.filter(day=day).delete()
        DaySum.objects.bulk_create(
            DaySum(pharmacy_id=pharmacy, day=day, figures=figures.as_data())
            for (pharmacy, _day), figures in sorted(counted.items())
        )
        DayCounted.objects.update_or_create(day=day, defaults={"counted_at": at})


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
