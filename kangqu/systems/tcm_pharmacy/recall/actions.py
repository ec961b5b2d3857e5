"""Calling a lot back: blocked everywhere at once, and nothing of it leaves the line from then on (``guards.NOT_RECALLED``).

Marking what lies in the pharmacies (``holding``) and telling who has it already (``telling``) are jobs of the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import HerbLot
from kangqu.systems.tcm_pharmacy.recall.lineage import unheld_at, untold_at
from kangqu.systems.tcm_pharmacy.recall.lots import key_of, lots_like, one_at_a_time
from kangqu.systems.tcm_pharmacy.recall.programme import CODE
from kangqu.systems.tcm_pharmacy.tasks import hold_soon, tell_soon


@dataclass(frozen=True, slots=True)
class Recalled:
    """The recall's case; how many lots were blocked, prescriptions are to be held, prescriptions out whose patients are to be told."""

    case: Snapshot
    fresh: bool
    lots: int
    held: int
    out: int


def recall(lot_id: int, *, institution_id: int, reason: str, by: Actor, at: datetime) -> Recalled:
    """Call a lot back at every pharmacy. ``lot_id`` is one of the caller's own pharmacy (the caller has seen to that).

    Asked again, what has been weighed of it meanwhile is held and told of as well; nobody is told twice.
    """
    lot = HerbLot.objects.filter(pk=lot_id).first()
    if lot is None:
        raise Refused(NOT_FOUND)
    with transaction.atomic():
        key = key_of(lot.herb, lot.number, lot.maker)
        one_at_a_time(key)  # what is received meanwhile is in the store before, or finds itself called back
        lots = lots_like(lot)
        facts = {"herb": lot.herb, "number": lot.number, "maker": lot.maker, "reason": reason[:200]}
        case, fresh = open_case(
            CODE,
            key=key,
            institution_id=institution_id,
            number=lot.number,
            by=by,
            at=at,
            facts=facts,
        )
        # Blocked first: a weighing that began before waits for the row, and is among the uses below or refused.
        for each in lots:
            HerbLot.objects.filter(pk=each.pk, blocked_at=None).update(blocked_at=at)
        numbers = [each.pk for each in lots]
        held, out = sum(unheld_at(numbers).values()), sum(untold_at(numbers, case.id).values())
        if out:
            tell_soon(case.id, by)
        if held:
            hold_soon(case.id, by)
    return Recalled(case, fresh, len(lots), held, out)
