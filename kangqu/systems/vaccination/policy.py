"""The dated policies of vaccination."""

from __future__ import annotations

from datetime import datetime, timedelta

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.systems.vaccination.forecast import PRODUCTS

POLICIES: PolicyBook = load_policies("kangqu.systems.vaccination")


def number(name: str, at: datetime) -> int:
    """The value of ``vaccination.<name>`` on the city's day of ``at``."""
    return int(POLICIES.value(f"vaccination.{name}", on=city_day(at)))


def minutes(name: str, at: datetime) -> timedelta:
    return timedelta(minutes=number(name, at))


def open_for(vaccine: str, at: datetime) -> timedelta:
    """How long an opened vial of ``vaccine`` is good."""
    live = "live" in PRODUCTS[vaccine].groups
    return minutes("open_live_minutes" if live else "open_minutes", at)
