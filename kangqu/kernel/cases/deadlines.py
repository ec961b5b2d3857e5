"""What happens when nobody acts: the house takes its own step, and tells those whom the programme names, tier by tier.

A case is acted on in one transaction that names the tier and the change it was found at. A worker killed before it ends
has done nothing; two that find the same case do it once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import as_it_is
from kangqu.kernel.cases.models import Alert
from kangqu.kernel.cases.programme import Deadline, Programme, Tier
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import Asked, plan
from kangqu.kernel.cases.terms import act_after
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import the_house

_DUE: Final = "SELECT id FROM cases_case WHERE act_at <= %s::timestamptz ORDER BY act_at, id LIMIT %s::int"
AT_ONCE: Final = 500


def act_on_deadlines(at: datetime, limit: int = AT_ONCE) -> int:
    """Act on the cases whose clock has struck by ``at``, longest overdue first; how many were acted on."""
    return sum(act_on(row[0], at) for row in run(_DUE, (at, limit)))


def act_on(case_id: int, at: datetime) -> bool:
    """Act once on one case, if its clock has struck; whether anything was done."""
    case = snapshot(case_id)
    if case is None or case.due_at is None or case.closed_at is not None or case.suspended_at is not None:
        return False
    of = programme(case.programme, case.version)
    deadline = of.state(case.state).deadline
    if deadline is None or (act_at := act_after(deadline, case.due_at, case.tier)) is None or act_at > at:
        return False
    if deadline.then and case.tier == 0 and _taken(case, deadline.then, at):
        return True
    return _told(case, of, deadline, at)


def _taken(case: Snapshot, step: str, at: datetime) -> bool:
    """The house's own step at the deadline. One that a guard refuses is left, and the tiers are told instead."""
    try:
        change, _ = plan(replace(case, holder_id=None), Asked(case_id=case.id, step=step), by=the_house("clock"), at=at)
    except Refused:
        return False
    return bool(changes.write([change]))


def _told(case: Snapshot, of: Programme, deadline: Deadline, at: datetime) -> bool:
    number = case.tier - bool(deadline.then)
    tier = deadline.tiers[number] if 0 <= number < len(deadline.tiers) else None
    assert case.due_at is not None
    facts: dict[str, Any] = {"state": case.state, "tier": case.tier}
    if tier is not None:
        facts["told"] = tier.tell.value
    change = replace(
        as_it_is(case, "case.late", the_house("clock"), at, **facts),
        tier=case.tier + 1,
        act_at=act_after(deadline, case.due_at, case.tier + 1),
    )
    with transaction.atomic():
        if not changes.write([change]):
            return False
        if tier is not None:
            _alert(case, tier, at)
    return True


def _alert(case: Snapshot, tier: Tier, at: datetime) -> None:
    Alert.objects.create(
        case_id=case.id,
        seq=case.seq,
        tier=case.tier,
        state=case.state,
        role=tier.tell.value,
        institution_id=_above(case.institution_id, tier.levels_up),
        at=at,
    )


def _above(institution_id: int, levels: int) -> int:
    """The institution ``levels`` above, or the highest there is."""
    if not levels:
        return institution_id
    path = Institution.objects.values_list("path", flat=True).get(pk=institution_id)
    line = [int(number) for number in path.strip("/").split("/")]
    return line[max(0, len(line) - 1 - levels)]
