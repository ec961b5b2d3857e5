"""Holding what lies in the pharmacies: batch by batch, each a transaction, killed at any moment and gone on with.

A prescription's mark is a fact of its case, written only where the case still stands as it was read: nothing else is kept of how
far the holding is. What leaves the pharmacy before its mark is on the way to the patient, who is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.clock import Clock
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import as_it_is
from kangqu.kernel.cases.snapshot import Snapshot, snapshot, snapshots
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.recall.lineage import unheld, untold_at
from kangqu.systems.tcm_pharmacy.recall.reads import lots_of
from kangqu.systems.tcm_pharmacy.refusals import RECALL_RACES
from kangqu.systems.tcm_pharmacy.tasks import tell_soon

AT_ONCE: Final = 500
_TRIES: Final = 5


def hold(recall_id: int, *, by: Actor, clock: Clock, at_once: int = AT_ONCE) -> int:
    """Mark everything of the recalled lots that has not left its pharmacy, ``at_once`` a transaction; how many are new.

    It goes no further on the line, and is scrapped and made anew. Safe to call again after a kill, and by two at once.
    """
    case = snapshot(recall_id)
    if case is None or case.closed_at is not None:
        return 0
    lots, held = [lot.pk for lot in lots_of(case)], 0
    for _ in range(_TRIES):
        left = [use.case_id for use in unheld(lots)]
        if not left:
            if untold_at(lots, case.id):
                tell_soon(case.id, by)
            return held
        for start in range(0, len(left), at_once):
            held += _batch(left[start : start + at_once], case, by, clock)
    raise Refused(RECALL_RACES)


def _batch(case_ids: Sequence[int], recall: Snapshot, by: Actor, clock: Clock) -> int:
    """Mark those that still stand where they were read; how many did."""
    at = clock()
    with transaction.atomic():
        marked = [
            replace(as_it_is(case, "tcm.recall.hold", by, at, recall=recall.code), facts={"recalled": recall.code})
            for case in snapshots(case_ids).values()
            if case.closed_at is None and not case.facts.get("recalled")
        ]
        return len(changes.write(marked))
