"""Taking steps. A step is planned on the case as it was read and written only if it is still that; otherwise it is
refused with what has happened meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refused, Words
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import Change
from kangqu.kernel.cases.programme import Programme, Situation, Step
from kangqu.kernel.cases.refusals import (
    BATCH_TOO_LARGE,
    CLOSED,
    HELD,
    MEANWHILE,
    NO_MOVE,
    NO_SUCH_STEP,
    SUSPENDED,
    USE_THE_DESK,
    WRONG_STATE,
)
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshot, snapshots
from kangqu.kernel.cases.terms import terms_in
from kangqu.kernel.trace.actor import Actor

MOST: Final = 1_000
_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One step asked for. ``values`` are the form's answers as they came (from a page or the API).

    ``facts`` is what the system adds of its own, already clean; it is kept with the case and shown in its timeline.
    ``seq`` is the change the asker saw last, if she says; ``to_institution_id`` hands the case over with the step.
    """

    case_id: int
    step: str
    values: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    seq: int | None = None
    to_institution_id: int | None = None
    reason: str = ""
    desk: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step of a batch: the case as it is now, or why not. ``warnings`` are the form's soft ones."""

    case_id: int
    state: str = ""
    seq: int = 0
    refused: Refused | None = None
    warnings: tuple[Any, ...] = ()


def take_step(
    case_id: int,
    step: str,
    *,
    by: Actor,
    at: datetime,
    values: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    seq: int | None = None,
    to_institution_id: int | None = None,
    reason: str = "",
    desk: bool = False,
) -> Outcome:
    """Take one step, or raise ``Refused`` with nothing done: the case, its trace, its next deadline, its events at once.

    Of several who press the same button one moves the case; the others are told where it stands now.
    """
    asked = Asked(
        case_id=case_id,
        step=step,
        values=values or {},
        facts=facts or {},
        seq=seq,
        to_institution_id=to_institution_id,
        reason=reason,
        desk=desk,
    )
    for _ in range(_TRIES):
        case = snapshot(case_id)
        if case is None:
            raise Refused(NOT_FOUND)
        planned, warnings = plan(case, asked, by=by, at=at)
        if changes.write([planned]):
            return Outcome(case_id, planned.state, case.seq + 1, warnings=warnings)
    raise Refused(MEANWHILE)


def take_steps(asked: Sequence[Asked], *, by: Actor, at: datetime) -> list[Outcome]:
    """Take up to 1,000 steps, each for itself, in one statement; the outcomes in the same order.

    A case asked for twice takes the first; the second is planned on what the first made of it, by itself.
    """
    if len(asked) > MOST:
        raise Refused(BATCH_TOO_LARGE, most=MOST)
    cases = snapshots([each.case_id for each in asked])
    outcomes: dict[int, Outcome] = {}
    planned: dict[int, Change] = {}
    alone: list[int] = []
    seen: set[int] = set()
    for index, each in enumerate(asked):
        if each.case_id in seen:
            alone.append(index)
            continue
        seen.add(each.case_id)
        drafted = _draft(cases.get(each.case_id), each, by, at)
        if isinstance(drafted, Refused):
            outcomes[index] = Outcome(each.case_id, refused=drafted)
        else:
            planned[index], warnings = drafted
            outcomes[index] = Outcome(each.case_id, planned[index].state, planned[index].case.seq + 1, None, warnings)
    moved = changes.write(list(planned.values()))
    alone += [index for index, change in planned.items() if change.case.id not in moved]
    for index in sorted(alone):
        outcomes[index] = _by_itself(asked[index], by, at)
    return [outcomes[index] for index in range(len(asked))]


def _draft(case: Snapshot | None, asked: Asked, by: Actor, at: datetime) -> tuple[Change, tuple[Any, ...]] | Refused:
    if case is None:
        return Refused(NOT_FOUND)
    try:
        return plan(case, asked, by=by, at=at)
    except Refused as refused:
        return refused


def _by_itself(asked: Asked, by: Actor, at: datetime) -> Outcome:
    try:
        return take_step(
            asked.case_id,
            asked.step,
            by=by,
            at=at,
            values=asked.values,
            facts=asked.facts,
            seq=asked.seq,
            to_institution_id=asked.to_institution_id,
            reason=asked.reason,
            desk=asked.desk,
        )
    except Refused as refused:
        return Outcome(asked.case_id, refused=refused)


def plan(case: Snapshot, asked: Asked, *, by: Actor, at: datetime) -> tuple[Change, tuple[Any, ...]]:
    """What the step would make of ``case``, and the form's soft warnings; ``Refused`` when it may not be taken."""
    of = programme(case.programme, case.version)
    step = of.step(asked.step)
    if step is None:
        raise Refused(NO_SUCH_STEP)
    _may_take(step, by)
    _stands(case, step, asked, of, by)
    values, warnings = _answers(step, asked)
    gathered = {**values, **asked.facts, **_stamps(step, by, at)}
    for guard in step.guards:
        refused = guard.refuses(Situation(case, gathered, by, at))
        if refused is not None:
            raise refused
    closing = step.target in of.final
    terms = terms_in(of, step.target, {**case.facts, **gathered}, at)
    told: dict[str, Any] = {
        "programme": of.code,
        "seq": case.seq + 1,
        "step": step.code,
        "from": case.state,
        "to": step.target,
    }
    if gathered:
        told["facts"] = gathered
    entry = by.did(
        "case.step",
        at=at,
        person_id=case.person_id,
        object_type="case",
        object_id=case.id,
        reason=asked.reason[:200],
        facts=told,
    )
    planned = Change(
        case=case,
        state=step.target,
        came_from=case.state,
        institution_id=asked.to_institution_id or case.institution_id,
        due_at=None if closing else terms.due_at,
        rank_at=terms.rank_at,
        act_at=None if closing else terms.act_at,
        closed_at=at if closing else None,
        at=at,
        entry=entry,
        facts=gathered,
        emits=step.emits,
        values=gathered,
    )
    return planned, warnings


def _stamps(step: Step, by: Actor, at: datetime) -> dict[str, Any]:
    """The facts that keep who took the step and when."""
    who = {step.who: by.account_id} if step.who else {}
    return who | {step.when: at.isoformat()} if step.when else who


def _may_take(step: Step, by: Actor) -> None:
    if step.automatic and by.account_id is None:
        return
    if by.role == Role.RESIDENT.value:
        if not step.own:
            raise Refused(NOT_YOURS)
        return
    if by.role not in step.roles:
        raise Refused(NOT_YOURS)


def _stands(case: Snapshot, step: Step, asked: Asked, of: Programme, by: Actor) -> None:
    if case.closed_at is not None:
        raise Refused(CLOSED)
    if case.state not in step.sources:
        here = of.state(case.state)
        raise Refused(WRONG_STATE, state=Words(here.title, here.title_en))
    if asked.seq not in (None, case.seq):
        raise Refused(MEANWHILE)
    if case.suspended_at is not None:
        raise Refused(SUSPENDED)
    if case.holder_id is not None and by.account_id is not None and case.holder_id != by.account_id and not step.own:
        raise Refused(HELD)
    if asked.to_institution_id not in (None, case.institution_id) and not step.moves:
        raise Refused(NO_MOVE)
    if step.desk and not asked.desk:
        raise Refused(USE_THE_DESK)


def _answers(step: Step, asked: Asked) -> tuple[dict[str, Any], tuple[Any, ...]]:
    if step.form is None:
        return {}, ()
    answers = step.form.read(asked.values)
    return dict(answers.values), tuple(answers.warnings)
