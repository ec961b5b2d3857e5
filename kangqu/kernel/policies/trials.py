"""What can be tried: a system says for its policies how past cases are read and judged by a value.

A trial is declared once, at import, by the package whose policies it tries::

    declare(Trial(policies=("presence.fever",), read=presences, judge=by_fever, …))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from kangqu.kernel.basis.refusals import Refused, Words
from kangqu.kernel.policies.refusals import NO_TRIAL

BATCH: Final = 20_000
"""Cases read at a time."""


@dataclass(frozen=True, slots=True)
class Span:
    """Cases of [``since``, ``until``), at institutions whose path begins with one of ``paths``."""

    since: datetime
    until: datetime
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A past case: its day in the city, what the judge needs, and what an example of it shows (no name of a person).

    ``code`` is the public code of the case whose page an example opens, if it has one.
    """

    day: date
    facts: Any
    label: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some cases, in order, and the place to go on from; ``place`` is None after the last."""

    cases: Sequence[Past]
    place: list[Any] | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The case cannot be judged: ``why`` is one of the trial's ``missing``."""

    why: str


Read = Callable[[Span, list[Any], int], Batch]
"""(which cases, the place to go on from or [] at first, how many at most) → a batch."""
Judge = Callable[[Any, Any], str | Unknown]
"""(facts of a case, value) → an outcome's key. Pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How policies are tried. ``case`` is what is counted; ``outcomes`` and ``missing`` say each key in words;
    ``unseen`` is what past cases cannot show; ``explain`` says of one case why it came out so."""

    policies: tuple[str, ...]
    case: Words
    outcomes: Mapping[str, Words]
    read: Read
    judge: Judge
    explain: Callable[[Any, Any], Words]
    unseen: Words
    missing: Mapping[str, Words] = field(default_factory=dict)


_TRIALS: dict[str, Trial] = {}


def declare(trial: Trial) -> Trial:
    """Make a trial known for its policies; one policy is tried in one way."""
    for policy in trial.policies:
        if _TRIALS.setdefault(policy, trial) is not trial:
            raise ValueError(f"{policy} is tried twice")
    return trial


def can_be_tried(policy: str) -> bool:
    return policy in _TRIALS


def trial_of(policy: str) -> Trial:
    """How ``policy`` is tried; ``Refused`` when no system said."""
    if policy not in _TRIALS:
        raise Refused(NO_TRIAL)
    return _TRIALS[policy]


def all_trials() -> Mapping[str, Trial]:
    return dict(_TRIALS)
