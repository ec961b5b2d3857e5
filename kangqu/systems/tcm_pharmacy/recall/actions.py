"""Calling a lot back: blocked everywhere and held at once; who has it already is told by a job of the queue (``telling``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import as_it_is
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot, snapshots
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import HerbLot
from kangqu.systems.tcm_pharmacy.recall.lineage import Use, untold, uses_of
from kangqu.systems.tcm_pharmacy.recall.programme import CODE
from kangqu.systems.tcm_pharmacy.refusals import RECALL_RACES
from kangqu.systems.tcm_pharmacy.tasks import tell_soon

_OUT: Final = ("handed_out", "delivered")
_OVER: Final = ("returned", "void")
_AT_ONCE: Final = 1_000
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Recalled:
    """The recall's case; how many lots were blocked, prescriptions held, prescriptions out whose patients are to be told."""

    case: Snapshot
    fresh: bool
    lots: int
    held: int
    out: int


def lots_like(lot: HerbLot) -> list[HerbLot]:
    """The same lot wherever it was delivered: herb, number and maker."""
    return list(HerbLot.objects.filter(herb=lot.herb, number=lot.number, maker=lot.maker).order_by("pk"))


def recall(lot_id: int, *, institution_id: int, reason: str, by: Actor, at: datetime) -> Recalled:
    """Call a lot back at every pharmacy. ``lot_id`` is one of the caller's own pharmacy (the caller has seen to that).

    Asked again, what has been weighed of it meanwhile is held and told of as well; nobody is told twice.
    """
    lot = HerbLot.objects.filter(pk=lot_id).first()
    if lot is None:
        raise Refused(NOT_FOUND)
    with transaction.atomic():
        lots = lots_like(lot)
        facts = {"herb": lot.herb, "number": lot.number, "maker": lot.maker, "reason": reason[:200]}
        case, fresh = open_case(
            CODE,
            key=f"{lot.herb}/{lot.number}/{lot.maker}"[:100],
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
        uses = [use for use in uses_of(numbers) if use.state not in _OVER and use.state not in _OUT]
        held = _hold(uses, case, by, at)
        out = len(untold(numbers, case.id))
        if out:
            tell_soon(case.id, by)
    return Recalled(case, fresh, len(lots), held, out)


def _hold(uses: Sequence[Use], recall_case: Snapshot, by: Actor, at: datetime) -> int:
    """Mark what has not left the pharmacy: it goes no further on the line, and is scrapped and made anew."""
    held, left = 0, [use.case_id for use in uses]
    for _ in range(_TRIES):
        cases = [case for case in snapshots(left).values() if not case.facts.get("recalled")]
        if not cases:
            return held
        marked = [
            replace(
                as_it_is(case, "tcm.recall.hold", by, at, recall=recall_case.code), facts={"recalled": recall_case.code}
            )
            for case in cases
        ]
        done: set[int] = set()
        for start in range(0, len(marked), _AT_ONCE):
            done |= changes.write(marked[start : start + _AT_ONCE])
        held += len(done)
        left = [case.id for case in cases if case.id not in done]
    raise Refused(RECALL_RACES)
