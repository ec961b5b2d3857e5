"""The policies of access (``policies.toml``), read once."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.policy import PolicyBook, load_policies


@lru_cache(maxsize=1)
def book() -> PolicyBook:
    return load_policies("kangqu.kernel.access")


def value(name: str, at: datetime) -> Any:
    """The value of ``access.<name>`` in force on the city's day at ``at``."""
    return book().value(f"access.{name}", on=city_day(at))


def number(name: str, at: datetime) -> int:
    return int(value(name, at))


def minutes(name: str, at: datetime) -> timedelta:
    return timedelta(minutes=number(name, at))


def days(name: str, at: datetime) -> timedelta:
    return timedelta(days=number(name, at))


def hours(name: str, at: datetime) -> timedelta:
    return timedelta(hours=number(name, at))
