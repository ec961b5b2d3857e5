"""The dated policies of this package."""

from __future__ import annotations

from datetime import datetime

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.policy import PolicyBook, load_policies

POLICIES: PolicyBook = load_policies("kangqu.kernel.cases")


def number(id: str, at: datetime) -> int:  # noqa: A002
    """The policy's value on the city's day of ``at``."""
    return int(POLICIES.value(id, on=city_day(at)))
