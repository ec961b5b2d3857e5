"""The dated policies of this package, and what follows from them: when a seat opens to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.rules.policy import PolicyBook, load_policies

POLICIES: PolicyBook = load_policies("kangqu.kernel.capacity")


def number(name: str, at: datetime) -> int:
    """The value of ``capacity.<name>`` on the city's day of ``at``."""
    return int(POLICIES.value(f"capacity.{name}", on=city_day(at)))


def minutes(name: str, at: datetime) -> timedelta:
    return timedelta(minutes=number(name, at))


def release_of(starts_at: datetime, at: datetime) -> datetime:
    """When booking of a session that starts then opens, by the policies of the day of ``at``."""
    day = city_day(starts_at) - timedelta(days=number("horizon_days", at))
    return day_starts(day) + minutes("release_minute", at)


def opens_of(channel: str, starts_at: datetime, released_at: datetime, at: datetime) -> Mapping[str, datetime]:
    """From when on which channel may take a seat of ``channel``'s quota (``docs/algorithms/capacity.md``, the table)."""
    on_the_day = max(released_at, day_starts(city_day(starts_at)))
    before = {
        "referral": max(released_at, starts_at - timedelta(hours=number("referral_hours", at))),
        "green": max(released_at, starts_at - minutes("green_minutes", at)),
        "returning": max(released_at, starts_at - minutes("returning_minutes", at)),
    }
    match channel:
        case "citizen":
            return {"citizen": released_at, "referral": released_at, "green": released_at, "onsite": on_the_day}
        case "referral":
            others = dict.fromkeys(("citizen", "onsite"), before["referral"])
            return {"referral": released_at, "green": released_at, **others}
        case "green":
            return {"green": released_at, "onsite": before["green"]}
        case "onsite":
            return {"onsite": on_the_day, "green": on_the_day}
        case "returning":
            return {"returning": released_at, **dict.fromkeys(("citizen", "onsite"), before["returning"])}
    raise ValueError(f"no such channel: {channel}")
