"""When a case is due, how it ranks in a work list, and when the clock acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.cases.programme import Deadline, Programme

NO_HURRY: Final = timedelta(days=3650)
"""A case that is never due ranks as though it were due ten years after it came."""


@dataclass(frozen=True, slots=True)
class Terms:
    """``due_at`` and ``act_at`` are None when nothing is due; ``rank_at`` always orders."""

    due_at: datetime | None
    rank_at: datetime
    act_at: datetime | None


def terms_in(programme: Programme, state: str, facts: Mapping[str, Any], at: datetime) -> Terms:
    """The terms of a case that comes into ``state`` at ``at`` with ``facts``."""
    deadline = programme.state(state).deadline
    if deadline is None:
        return Terms(None, at + NO_HURRY, None)
    due = deadline.due(facts, at, city_day(at))
    if due is None:
        return Terms(None, deadline.rank(state, facts, at + NO_HURRY), None)
    return Terms(due, deadline.rank(state, facts, due), act_after(deadline, due, 0))


def act_after(deadline: Deadline, due: datetime, tier: int) -> datetime | None:
    """When the clock acts next once ``tier`` tiers were told: the step at the deadline comes first."""
    moments = _moments(deadline)
    return due + moments[tier] if tier < len(moments) else None


def _moments(deadline: Deadline) -> list[timedelta]:
    first = [timedelta(0)] if deadline.then else []
    return first + [tier.after for tier in deadline.tiers]
