"""When a late arrival keeps its number, what counts as a miss, and from when until when misses bar from booking online. Pure.

AP6 and AP7 of the domain's rules; what a city or hospital sets comes in as a ``Profile``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What may count against somebody."""

    NO_SHOW = "no_show"
    LATE = "late"
    CANCEL_SAME_DAY = "cancel_same_day"


class Scope(StrEnum):
    """Where a ban holds."""

    HOSPITAL = "hospital"
    PLATFORM = "platform"


class Origin(StrEnum):
    """From when lateness is counted: the slot's start or its end."""

    START = "start"
    END = "end"


class Arrival(StrEnum):
    ON_TIME = "on_time"
    LATE = "late"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """``count`` misses within ``window_days`` bar for ``ban_days``, the last miss's day the first of them."""

    window_days: int
    count: int
    ban_days: int
    scope: Scope = Scope.HOSPITAL
    counts: frozenset[Kind] = frozenset({Kind.NO_SHOW})
    grace_minutes: int = 30
    origin: Origin = Origin.END


@dataclass(frozen=True, slots=True, order=True)
class Miss:
    """One time somebody did not come, came too late, or cancelled on the day."""

    day: date
    number: int
    institution_id: int
    kind: Kind = Kind.NO_SHOW


@dataclass(frozen=True, slots=True)
class Ban:
    """From ``since`` to ``until``, both included; ``institution_id`` None: on the whole platform."""

    since: date
    until: date
    institution_id: int | None
    misses: tuple[Miss, ...]

    def holds(self, day: date, institution_id: int) -> bool:
        return self.since <= day <= self.until and self.institution_id in (None, institution_id)


def arrival(begins: datetime, ends: datetime, arrived: datetime, profile: Profile) -> Arrival:
    """How an arrival counts for a slot: in it or before is on time; the grace runs from the profile's origin."""
    if arrived <= ends:
        return Arrival.ON_TIME
    since = begins if profile.origin is Origin.START else ends
    return Arrival.LATE if arrived - since <= timedelta(minutes=profile.grace_minutes) else Arrival.NO_SHOW


def bans(misses: Iterable[Miss], profile: Profile) -> list[Ban]:
    """Every ban that follows from the misses, first to last. What led to one ban does not count for another."""
    counted = sorted(each for each in misses if each.kind in profile.counts)
    if profile.scope is Scope.PLATFORM:
        return _bans_of(counted, None, profile)
    found = [
        ban
        for institution_id in sorted({each.institution_id for each in counted})
        for ban in _bans_of(
            [each for each in counted if each.institution_id == institution_id], institution_id, profile
        )
    ]
    return sorted(found, key=lambda ban: ban.since)


def _bans_of(misses: Iterable[Miss], institution_id: int | None, profile: Profile) -> list[Ban]:
    found: list[Ban] = []
    running: list[Miss] = []
    for miss in misses:
        running = [each for each in running if (miss.day - each.day).days < profile.window_days]
        running.append(miss)
        if len(running) >= profile.count:
            until = miss.day + timedelta(days=profile.ban_days - 1)
            found.append(Ban(miss.day, until, institution_id, tuple(running)))
            running = []
    return found


def banned(misses: Iterable[Miss], profile: Profile, *, day: date, institution_id: int) -> Ban | None:
    """The ban that holds at an institution on a day; of several the one that holds longest."""
    holding = [ban for ban in bans(misses, profile) if ban.holds(day, institution_id)]
    return max(holding, key=lambda ban: ban.until, default=None)


def blocks(channel: str, *, emergency: bool, online: Collection[str]) -> bool:
    """Whether a ban has to do with this way of booking at all: emergency, desks and referrals are never blocked."""
    return not emergency and channel in online
