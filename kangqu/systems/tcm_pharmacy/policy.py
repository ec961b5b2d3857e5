"""The dated policies of the pharmacy."""

from __future__ import annotations

from datetime import datetime

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.policy import PolicyBook, load_policies

POLICIES: PolicyBook = load_policies("kangqu.systems.tcm_pharmacy")


def number(id: str, at: datetime) -> float:  # noqa: A002
    """The policy's value on the city's day of ``at``."""
    return float(POLICIES.value(id, on=city_day(at)))
