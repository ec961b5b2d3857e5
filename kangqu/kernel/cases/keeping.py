"""What is done with a case besides its steps: claimed, let go, handed over, suspended, taken up again, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kangqu.kernel.access.models import Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import Change, as_it_is
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.refusals import (
    CANNOT_PAUSE,
    CANNOT_ROLL_BACK,
    CLOSED,
    HELD,
    MEANWHILE,
    NOT_SUSPENDED,
    NOT_TO_HAND_OVER,
    REASON_NEEDED,
    SUSPENDED,
)
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.terms import act_after, terms_in
from kangqu.kernel.trace.actor import Actor

_TRIES = 3


def claim(case_id: int, *, by: Actor, at: datetime) -> None:
    """Take a case as one's own: nobody else steps on it until it is let go, handed over, or has moved.

    Of two who claim, one has it. Claiming what one holds changes nothing.
    """

    def planned(case: Snapshot, of: Programme) -> Change | None:
        _open(case)
        _works_on(case, of, by)
        if case.holder_id == by.account_id:
            return None
        if case.holder_id is not None:
            raise Refused(HELD)
        return replace(as_it_is(case, "case.claim", by, at), holder_id=by.account_id)

    _change(case_id, planned)


def let_go(case_id: int, *, by: Actor, at: datetime) -> None:
    """Give a claimed case back to the list; only who holds it may."""

    def planned(case: Snapshot, of: Programme) -> Change | None:
        if case.holder_id is None:
            return None
        if case.holder_id != by.account_id:
            raise Refused(HELD)
        return replace(as_it_is(case, "case.let_go", by, at), holder_id=None)

    _change(case_id, planned)


def hand_over(
    case_id: int, *, to_account_id: int, by: Actor, at: datetime, reason: str = "", manages: bool = False
) -> None:
    """Give a case to a colleague at its institution whose post works on it. Who holds it may, or who ``manages`` there."""

    def planned(case: Snapshot, of: Programme) -> Change | None:
        _open(case)
        if not manages:
            _works_on(case, of, by)
            if case.holder_id not in (None, by.account_id):
                raise Refused(HELD)
        roles = [role.value for step in of.steps_from(case.state) for role in step.roles]
        grants = Grant.objects.filter(account_id=to_account_id, role__in=roles, starts_at__lte=at)
        grants = grants.exclude(ends_at__lte=at).filter(institution_id=case.institution_id, account__closed_at=None)
        if not grants.exists():
            raise Refused(NOT_TO_HAND_OVER, field="to")
        entry = {"to": to_account_id}
        return replace(as_it_is(case, "case.hand_over", by, at, reason, **entry), holder_id=to_account_id)

    _change(case_id, planned)


def suspend(case_id: int, *, by: Actor, at: datetime, reason: str) -> None:
    """Stop the clock of a case where its programme allows it; what was left of its deadline is kept."""

    def planned(case: Snapshot, of: Programme) -> Change | None:
        _open(case)
        if of.pause is None or (of.pause.states and case.state not in of.pause.states):
            raise Refused(CANNOT_PAUSE)
        if by.role not in of.pause.roles:
            raise Refused(NOT_YOURS)
        if case.suspended_at is not None:
            raise Refused(SUSPENDED)
        if not reason.strip():
            raise Refused(REASON_NEEDED, field="reason")
        return replace(as_it_is(case, "case.suspend", by, at, reason), suspended_at=at, act_at=None)

    _change(case_id, planned)


def resume(case_id: int, *, by: Actor, at: datetime) -> None:
    """Go on with a suspended case: it is due as much later as it rested."""

    def planned(case: Snapshot, of: Programme) -> Change | None:
        if case.suspended_at is None:
            raise Refused(NOT_SUSPENDED)
        if of.pause is None or by.role not in of.pause.roles:
            raise Refused(NOT_YOURS)
        change = as_it_is(case, "case.resume", by, at)
        rested = at - case.suspended_at
        deadline = of.state(case.state).deadline
        due = case.due_at + rested if case.due_at is not None else None
        rank = change.rank_at + rested if due is not None else change.rank_at
        act = act_after(deadline, due, case.tier) if deadline is not None and due is not None else None
        return replace(change, suspended_at=None, due_at=due, rank_at=rank, act_at=act)

    _change(case_id, planned)


def roll_back(case_id: int, *, by: Actor, at: datetime, reason: str) -> None:
    """Take back the step just taken, where the programme allows it: once, with a reason; facts stay in the timeline."""

    def planned(case: Snapshot, of: Programme) -> Change | None:
        _open(case)
        back = of.roll_back
        if back is None or case.state not in back.states or not case.came_from:
            raise Refused(CANNOT_ROLL_BACK)
        if by.role not in back.roles:
            raise Refused(NOT_YOURS)
        if case.suspended_at is not None:
            raise Refused(SUSPENDED)
        if not reason.strip():
            raise Refused(REASON_NEEDED, field="reason")
        terms = terms_in(of, case.came_from, case.facts, at)
        change = as_it_is(case, "case.roll_back", by, at, reason, **{"from": case.state, "to": case.came_from})
        return replace(
            change,
            state=case.came_from,
            came_from="",
            holder_id=None,
            due_at=terms.due_at,
            rank_at=terms.rank_at,
            act_at=terms.act_at,
            tier=0,
        )

    _change(case_id, planned)


def _open(case: Snapshot) -> None:
    if case.closed_at is not None:
        raise Refused(CLOSED)


def _works_on(case: Snapshot, of: Programme, by: Actor) -> None:
    if not any(by.role in step.roles for step in of.steps_from(case.state)):
        raise Refused(NOT_YOURS)


def _change(case_id: int, planned: Callable[[Snapshot, Programme], Change | None]) -> None:
    """Plan on the case as it is and write; somebody else may have moved it meanwhile, then plan anew."""
    for _ in range(_TRIES):
        case = snapshot(case_id)
        if case is None:
            raise Refused(NOT_FOUND)
        change = planned(case, programme(case.programme, case.version))
        if change is None or changes.write([change]):
            return
    raise Refused(MEANWHILE)


MANAGES = frozenset({Role.INSTITUTION_MANAGER})
"""Who may hand over the cases of others at her institution."""
