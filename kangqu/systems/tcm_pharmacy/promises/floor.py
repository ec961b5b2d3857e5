"""What a pharmacy's manager says it can do: hours, hands, courier rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import Floor, Round
from kangqu.systems.tcm_pharmacy.promises.capacity import Hours
from kangqu.systems.tcm_pharmacy.promises.refusals import ROUND_TAKEN

HANDS: Final = ("reviewers", "dispensers", "checkers", "tenders", "packers", "counters")


def set_floor(
    institution_id: int, *, hours: Hours, hands: Mapping[str, int], takes_outside: bool, by: Actor, at: datetime
) -> Floor:
    """Say when a pharmacy is open (seven spans, Monday first) and how many hands each stage has; what was said before is over."""
    said = {"hours": list(hours), **{name: hands[name] for name in HANDS}, "takes_outside": takes_outside}
    with transaction.atomic():
        floor, _ = Floor.objects.update_or_create(institution_id=institution_id, defaults={**said, "changed_at": at})
        record(by.did("tcm.floor.set", at=at, object_type="institution", object_id=institution_id, facts=said))
    return floor


def add_round(
    institution_id: int,
    *,
    name: str,
    weekdays: str,
    departs: int,
    parcels: int,
    reaches: Sequence[tuple[str, int]],
    by: Actor,
    at: datetime,
) -> Round:
    """Add a courier's round, once for its name. ``departs`` is a minute of the city's day."""
    said = {"name": name, "weekdays": weekdays, "departs": departs, "parcels": parcels, "reaches": list(reaches)}
    try:
        with transaction.atomic():
            row = Round.objects.create(institution_id=institution_id, **said)
            record(by.did("tcm.round.add", at=at, object_type="round", object_id=row.pk, facts=said))
    except IntegrityError:
        raise Refused(ROUND_TAKEN, field="name", name=name) from None
    return row


def end_round(round_id: int, *, institution_id: int, by: Actor, at: datetime, reason: str = "") -> None:
    """Stop planning with a round; what was promised with it stays promised. Ended again, nothing changes."""
    with transaction.atomic():
        mine = Round.objects.filter(pk=round_id, institution_id=institution_id)
        if not mine.exists():
            raise Refused(NOT_FOUND)
        if mine.filter(ended_at=None).update(ended_at=at):
            record(by.did("tcm.round.end", at=at, object_type="round", object_id=round_id, reason=reason[:200]))
