"""Taking steps for a viewer: each in the nearest of her posts that may take it, a batch each for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.doors import CaseAccess, access_case, reached
from kangqu.kernel.cases.programme import Step
from kangqu.kernel.cases.refusals import BATCH_TOO_LARGE, NO_SUCH_STEP, USE_THE_DESK
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshots
from kangqu.kernel.cases.steps import MOST, Asked, Outcome, take_steps
from kangqu.kernel.trace.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A step wanted of a case, by its public code."""

    code: str
    step: str
    values: Mapping[str, Any] = field(default_factory=dict)
    seq: int | None = None
    reason: str = ""


def take_all(viewer: Viewer, wanted: Sequence[Wanted], *, at: datetime) -> list[Outcome]:
    """Take up to 1,000 steps, each for itself; the outcomes in the same order.

    A case outside the viewer's posts and one that does not exist answer alike.
    """
    if len(wanted) > MOST:
        raise Refused(BATCH_TOO_LARGE, most=MOST)
    known = reached(viewer, [each.code for each in wanted], viewer.roles)
    cases = snapshots([number for number, _ in known.values()])
    outcomes: dict[int, Outcome] = {}
    asked: dict[tuple[Held, Purpose], list[tuple[int, Asked]]] = {}
    posts = _Posts(viewer, [each.code for each in wanted])
    for index, each in enumerate(wanted):
        case = cases.get(known[each.code][0]) if each.code in known else None
        try:
            held = posts.for_step(each.code, case, each.step)
        except Refused as refused:
            outcomes[index] = Outcome(case.id if case is not None else 0, refused=refused)
            continue
        assert case is not None
        step = Asked(case_id=case.id, step=each.step, values=each.values, seq=each.seq, reason=each.reason)
        asked.setdefault((held, programme(case.programme, case.version).purpose), []).append((index, step))
    for (held, purpose), steps in asked.items():
        by = viewer.actor(held=held, purpose=purpose)
        taken = take_steps([step for _, step in steps], by=by, at=at)
        outcomes |= {index: outcome for (index, _), outcome in zip(steps, taken, strict=True)}
    return [outcomes[index] for index in range(len(wanted))]


class _Posts:
    """In which of her posts a viewer takes which step of which case of a batch; asked once for each set of roles."""

    def __init__(self, viewer: Viewer, codes: Sequence[str]) -> None:
        self._viewer, self._codes = viewer, codes
        self._reached: dict[frozenset[Any], dict[str, tuple[int, Held]]] = {}

    def _of(self, roles: frozenset[Any]) -> dict[str, tuple[int, Held]]:
        if roles not in self._reached:
            self._reached[roles] = reached(self._viewer, self._codes, roles)
        return self._reached[roles]

    def for_step(self, code: str, case: Snapshot | None, name: str) -> Held:
        """The post for the step ``name``; ``Refused`` when none takes it, or the case is not in sight."""
        if case is None:
            raise Refused(NOT_FOUND)
        of = programme(case.programme, case.version)
        if code not in self._of(of.roles):
            raise Refused(NOT_FOUND)
        step: Step | None = of.step(name)
        if step is None:
            raise Refused(NO_SUCH_STEP)
        if step.desk:
            raise Refused(USE_THE_DESK)
        if code not in self._of(step.roles):
            raise Refused(NOT_YOURS)
        return self._of(step.roles)[code][1]


def claim_all(viewer: Viewer, codes: Sequence[str], *, at: datetime) -> list[Outcome]:
    """Claim several cases, each for itself; the outcomes in the same order."""
    outcomes = []
    for code in codes:
        try:
            case_id = change(viewer, code, keeping.claim, at=at)
            outcomes.append(Outcome(case_id))
        except Refused as refused:
            outcomes.append(Outcome(0, refused=refused))
    return outcomes


def change(viewer: Viewer, code: str, verb: Callable[..., None], *, at: datetime, **given: Any) -> int:
    """Do to a case what is no step of its programme (claim, suspend, …), through its door; the case's number."""
    access = access_case(viewer, code, at=at)
    verb(access.case.id, by=actor_for(access, viewer, verb), at=at, **given)
    return access.case.id


def actor_for(access: CaseAccess, viewer: Viewer, verb: Callable[..., None]) -> Actor:
    """The viewer in the post that ``verb`` is for: who pauses, who takes back, who works on the case."""
    of, case = access.programme, access.case
    if verb in (keeping.suspend, keeping.resume):
        roles = of.pause.roles if of.pause is not None else frozenset()
    elif verb is keeping.roll_back:
        roles = of.roll_back.roles if of.roll_back is not None else frozenset()
    else:
        roles = frozenset(role for step in of.steps_from(case.state) for role in step.roles)
    held = post_in(access, viewer, roles)
    return viewer.actor(held=held or access.held, purpose=of.purpose)


def post_in(access: CaseAccess, viewer: Viewer, roles: frozenset[Role]) -> Held | None:
    """The viewer's post in one of ``roles`` on the same line of the tree as the post that opened the case's door."""
    if access.held is None:
        return None
    if access.held.role in roles:
        return access.held
    near = access.held
    found = (each for each in viewer.holding(roles) if each.reaches(near.path) or near.reaches(each.path))
    return next(found, None)


def hand_over(viewer: Viewer, access: CaseAccess, to: int, *, reason: str, at: datetime) -> None:
    """Give a case to a colleague: as who works on it, or as who manages its institution."""
    by, manages = actor_for(access, viewer, keeping.hand_over), post_in(access, viewer, keeping.MANAGES)
    if manages is not None:
        by = viewer.actor(held=manages, purpose=access.programme.purpose)
    keeping.hand_over(access.case.id, to_account_id=to, by=by, at=at, reason=reason, manages=manages is not None)
