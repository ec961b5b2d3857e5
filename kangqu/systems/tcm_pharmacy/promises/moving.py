"""Moving a promise that cannot be kept: to when the plan has it ready, with a reason; the old one stays on record."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.refusals import CLOSED, MEANWHILE
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import Promise, PromiseMove
from kangqu.systems.tcm_pharmacy.planning.outcome import Planned
from kangqu.systems.tcm_pharmacy.planning.plan import plan
from kangqu.systems.tcm_pharmacy.promises.capacity import instant_at, minute_of
from kangqu.systems.tcm_pharmacy.promises.choosing import no_promise
from kangqu.systems.tcm_pharmacy.promises.keeping import one_plan_at_a_time, round_of, stages_of, with_promise
from kangqu.systems.tcm_pharmacy.promises.reads import found_at
from kangqu.systems.tcm_pharmacy.promises.refusals import PROMISE_HOLDS


def move_promise(case_id: int, *, reason: str, by: Actor, at: datetime) -> PromiseMove:
    """Promise anew what will be late, as though it were asked now. ``Refused`` when the promise will be kept.

    The caller has passed the case's door. Who waits for it is told the new time (``telling``).
    """
    with transaction.atomic():
        one_plan_at_a_time()
        promise = Promise.objects.filter(case_id=case_id).first()
        if promise is None:
            raise Refused(NOT_FOUND)
        planned, promised_at = _anew(case_id, at)
        case = snapshot(case_id)
        if case is None or case.closed_at is not None:
            raise Refused(CLOSED)
        if not changes.write([with_promise(case, "tcm.promise.move", planned, promised_at, by, at, reason)]):
            raise Refused(MEANWHILE)
        moved = PromiseMove.objects.create(
            promise=promise,
            promised_before=promise.promised_at,
            promised_at=promised_at,
            reason=reason[:200],
            by_id=by.account_id,
            at=at,
        )
        Promise.objects.filter(pk=promise.pk).update(
            promised_at=promised_at,
            stages=stages_of(planned),
            round_id=round_of(planned),
            quoted_at=at,
            broken_at=None,
            expected_at=None,
        )
    return moved


def _anew(case_id: int, at: datetime) -> tuple[Planned, datetime]:
    """Where the plan has the prescription now, and what may be promised for it: later than what was."""
    found = found_at(at)
    if found is None or str(case_id) not in found.open:
        raise no_promise(None) if found is None else Refused(PROMISE_HOLDS)
    made = plan(found.state)
    planned = made.of(str(case_id))
    if planned is None:
        raise no_promise(next(each for each in made.unplanned if each.order == str(case_id)))
    if not planned.late:
        raise Refused(PROMISE_HOLDS)
    return planned, instant_at(found.state.timing.promise(planned.ready, minute_of(at)))
