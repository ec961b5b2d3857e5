"""The dated policies of revisits."""

from __future__ import annotations

from datetime import date
from typing import Final

from kangqu.kernel.rules.policy import PolicyBook, load_policies

POLICIES: Final[PolicyBook] = load_policies("kangqu.systems.appointments.care")


def free_days(on: date) -> int:
    """For how many natural days a number holds that was given on a day."""
    return int(POLICIES.value("appointments.care.free_days", on=on))
