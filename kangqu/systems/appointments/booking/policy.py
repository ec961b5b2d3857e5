"""The dated policies of booking, and what follows from them: until when one may cancel, when one is reminded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.rules.policy import PolicyBook, load_policies

POLICIES: Final[PolicyBook] = load_policies("kangqu.systems.appointments.booking")


def number(name: str, at: datetime) -> int:
    """The value of ``appointments.<name>`` on the city's day of ``at``."""
    return int(POLICIES.value(f"appointments.{name}", on=city_day(at)))


def cancel_until(day: date, at: datetime) -> datetime:
    """The instant before which a booking of ``day`` can be cancelled or moved by oneself (AP5)."""
    last = day - timedelta(days=number("cancel_days", at))
    return day_starts(last) + timedelta(minutes=number("cancel_minute", at))


def reminds_from(day: date, at: datetime) -> datetime:
    """From when on whoever is booked for ``day`` is reminded: the evening before."""
    return day_starts(day - timedelta(days=1)) + timedelta(minutes=number("remind_minute", at))
