"""What can be asked of a recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.notices.models import Channel, Notice, NoticeState
from kangqu.kernel.notices.reads import Call, call_list
from kangqu.systems.tcm_pharmacy.models import HerbLot
from kangqu.systems.tcm_pharmacy.recall.lineage import Use, uses_of


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recall is: prescriptions held, patients told, calls made and open."""

    held: int
    told: int
    called: int
    open: int


def uses_in(case: Snapshot) -> list[Use]:
    """Every prescription that holds something of the recalled lot."""
    facts = case.facts
    lots = HerbLot.objects.filter(herb=facts["herb"], number=facts["number"], maker=facts["maker"])
    return uses_of(list(lots.values_list("pk", flat=True)))


def progress(case: Snapshot, uses: Sequence[Use]) -> Progress:
    """The counts of a recall."""
    told = Notice.objects.filter(key__startswith=f"recall-{case.id}-")
    calls = told.filter(channel=Channel.CALL_LIST)
    left = calls_open(case.id)
    held = sum(use.state not in ("handed_out", "delivered", "returned", "void") for use in uses)
    return Progress(held, told.filter(channel=Channel.IN_APP).count(), calls.count() - left, left)


def calls_open(case_id: int) -> int:
    """How many on the recall's call list nobody has phoned yet."""
    waiting = Notice.objects.filter(key__startswith=f"recall-{case_id}-", channel=Channel.CALL_LIST)
    return waiting.filter(state=NoticeState.WAITING).count()


def calls_of(case_id: int, institution_ids: Sequence[int], *, at: datetime, language: str) -> list[Call]:
    """Whom these institutions should phone about the recall, at most 200, oldest first."""
    mine = set(
        Notice.objects.filter(key__startswith=f"recall-{case_id}-", channel=Channel.CALL_LIST).values_list(
            "pk", flat=True
        )
    )
    return [each for each in call_list(institution_ids, at=at, language=language, limit=1_000) if each.id in mine][:200]
