"""How long somebody still waits, and how sure that is. Pure; minutes throughout (docs/algorithms/clinic-queue.md, "Waiting time")."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

USUAL_WEIGHS: Final = 6
"""As many consultations as the usual pace counts for beside those of today."""
_FOUR_IN_FIVE: Final = 1.28
_SPREAD_OF_MAD: Final = 1.25  # standard deviation of a normal over its mean absolute deviation
_SPREAD_UNKNOWN: Final = 0.6  # of the pace, while nothing is known
_LONGEST: Final = 120.0
_STEP: Final = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """Minutes of one consultation: the mean, how they spread, and by how many that is known."""

    mean: float
    spread: float
    known: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes until one is called: expected, and from–to in four of five cases."""

    minutes: float
    least: float
    most: float

    def holds(self, real: float) -> bool:
        return self.least <= real <= self.most

    @property
    def shown(self) -> tuple[int, int]:
        """The range in whole five minutes, outwards."""
        return math.floor(self.least / _STEP) * _STEP, max(_STEP, math.ceil(self.most / _STEP) * _STEP)


def robust(minutes: Sequence[float]) -> tuple[float, float] | None:
    """The mean without the shortest and longest tenth, and the spread; None of nothing. Above two hours counts as two."""
    if not minutes:
        return None
    ordered = sorted(min(max(each, 0.0), _LONGEST) for each in minutes)
    cut = math.ceil(len(ordered) / 10) if len(ordered) >= 5 else 0
    kept = ordered[cut : len(ordered) - cut]
    mean = sum(kept) / len(kept)
    return mean, _SPREAD_OF_MAD * sum(abs(each - mean) for each in ordered) / len(ordered)


def pace_of(today: Sequence[float], usual: Sequence[float], default: float) -> Pace:
    """Today's consultations blended with the usual ones; without any, the default."""
    mean, spread = robust(usual) or (default, default * _SPREAD_UNKNOWN)
    now = robust(today)
    if now is None:
        return Pace(mean, spread, USUAL_WEIGHS)
    count = len(today)
    whole = USUAL_WEIGHS + count
    blended = (USUAL_WEIGHS * mean + count * now[0]) / whole
    return Pace(blended, (USUAL_WEIGHS * spread + count * now[1]) / whole, whole)


def wait_of(ahead: int, pace: Pace, *, begins_in: float = 0.0, in_room: Sequence[float] = (), doctors: int = 1) -> Wait:
    """The wait of somebody with ``ahead`` others before her; ``in_room``: for how long each who is inside has been there."""
    left = sum(max(pace.mean - each, pace.mean / 4) for each in in_room)
    work = (left + ahead * pace.mean) / max(1, doctors)
    minutes = max(0.0, begins_in) + work
    if not ahead and not in_room:
        return Wait(minutes, minutes, minutes + pace.mean)
    pieces = (ahead + 1) / max(1, doctors)
    about = _FOUR_IN_FIVE * math.sqrt(pieces * pace.spread**2 + (pieces * pace.spread) ** 2 / pace.known)
    return Wait(minutes, max(0.0, minutes - about), minutes + about)
