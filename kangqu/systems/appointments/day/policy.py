"""The dated policies of the clinic day."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.systems.appointments.day.order import Rules

POLICIES: Final[PolicyBook] = load_policies("kangqu.systems.appointments.day")


def number(name: str, at: datetime) -> int:
    """The value of ``appointments.day.<name>`` on the city's day of ``at``."""
    return int(POLICIES.value(f"appointments.day.{name}", on=city_day(at)))


def rules_at(at: datetime) -> Rules:
    return Rules(
        back_after=number("back_after", at), passed_after=number("passed_after", at), passes=number("passes", at),
        late_behind=bool(number("late_behind", at)),
    )  # fmt: skip
