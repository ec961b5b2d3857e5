"""A pot in words: free, boiling until when, waiting for what, out of order, to be cleaned; its temperature, if it tells. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Kind = Literal["free", "first", "boil", "again", "done", "failed", "dirty"]
Heat = Literal["", "low", "high", "silent"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which temperatures a pot boils, after how many minutes it must be hot, how many minutes it may be silent,
    and for how many hours a cleaning holds."""

    least: float
    most: float
    heat_up: float
    silent: float
    clean_hours: float


@dataclass(frozen=True, slots=True)
class PotRead:
    """A pot as it was read: what is in it (``facts`` of the case), its last reading, its last cleaning."""

    name: str
    external: bool
    failed_at: datetime | None
    emptied_at: datetime | None
    number: str
    state: str
    facts: Mapping[str, Any]
    read_at: datetime | None
    celsius: float | None
    cleaned_at: datetime | None
    sent_back: bool


@dataclass(frozen=True, slots=True)
class PotShown:
    """``since`` and ``until`` belong to ``kind``; ``late_from`` is when what is added last may be added."""

    name: str
    external: bool
    kind: Kind
    number: str
    since: datetime | None
    until: datetime | None
    late_from: datetime | None
    celsius: float | None
    read_at: datetime | None
    heat: Heat


def pot_of(pot: PotRead, bounds: Bounds, at: datetime) -> PotShown:
    """The pot as it stands at ``at``."""
    kind, since, until, late_from = _state(pot, bounds, at)
    heat = _heat(pot, bounds, at)
    shows = pot.read_at is not None and at - pot.read_at <= timedelta(hours=1)
    return PotShown(
        pot.name, pot.external, kind, pot.number, since, until, late_from,
        pot.celsius if shows or heat == "silent" else None, pot.read_at, heat,
    )  # fmt: skip


_Told = tuple[Kind, datetime | None, datetime | None, datetime | None]


def _state(pot: PotRead, bounds: Bounds, at: datetime) -> _Told:
    if pot.failed_at is not None:
        return "failed", pot.failed_at, None, None
    if pot.state in ("decocting", "decocting_again"):
        return _boiling(pot.facts, again=pot.state == "decocting_again", at=at)
    dirty = pot.sent_back or (
        pot.emptied_at is not None
        and (pot.cleaned_at is None or pot.cleaned_at < pot.emptied_at)
        and (pot.cleaned_at is None or at - pot.cleaned_at > timedelta(hours=bounds.clean_hours))
    )
    return ("dirty", pot.emptied_at, None, None) if dirty else ("free", None, None, None)


def _boiling(facts: Mapping[str, Any], *, again: bool, at: datetime) -> _Told:
    """What boils first boils alone; then the rest counts from when it was added."""
    if again:
        since, minutes = _instant(facts, "boil_again_from"), float(facts.get("boil_again_minutes") or 0)
    else:
        since, minutes = _instant(facts, "boil_from"), float(facts.get("boil_minutes") or 0)
        first = float(facts.get("first_minutes") or 0)
        rest, heat = _instant(facts, "rest_from"), float(facts.get("heat_minutes") or 0)
        if first and rest is None:
            return "first", since, _after(since, heat + first), None
        since, minutes = (rest, minutes) if first else (since, heat + minutes)
    until = _after(since, minutes)
    waits = not again and facts.get("late_minutes") and not facts.get("late_from")
    late_from = _after(until, -float(facts.get("late_earliest") or 0)) if waits else None
    return ("done" if until is not None and until <= at else "again" if again else "boil"), since, until, late_from


def _heat(pot: PotRead, bounds: Bounds, at: datetime) -> Heat:
    """Whether what the machine reported is out of range: too hot at any time, not hot while it should boil, or silent
    while something is in it and it had reported before."""
    if pot.read_at is None or pot.celsius is None:
        return ""
    fresh = at - pot.read_at <= timedelta(minutes=bounds.silent)
    if fresh and pot.celsius > bounds.most:
        return "high"
    from_when = {"decocting": "boil_from", "decocting_again": "boil_again_from"}.get(pot.state)  # it takes new water
    begun = _instant(pot.facts, from_when) if from_when is not None else None
    if begun is None or at - begun < timedelta(minutes=bounds.heat_up):
        return ""
    if not fresh:
        return "silent" if pot.read_at >= begun - timedelta(days=1) else ""
    return "low" if pot.celsius < bounds.least and pot.read_at >= begun + timedelta(minutes=bounds.heat_up) else ""


def _instant(facts: Mapping[str, Any], name: str) -> datetime | None:
    value = facts.get(name)
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _after(since: datetime | None, minutes: float) -> datetime | None:
    return None if since is None else since + timedelta(minutes=minutes)
