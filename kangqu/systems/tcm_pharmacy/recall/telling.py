"""Telling those who have recalled medicine: batch by batch, each a transaction, killed at any moment and gone on with.

A prescription's line on the call list is written in the transaction of the notices to its patient: whoever has a line has been
written to, and nothing else is kept of how far the telling is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.clock import Clock
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.notices.actions import Message, write_many
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.receivers import told_of
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import RecallContact
from kangqu.systems.tcm_pharmacy.recall.lineage import Use, untold
from kangqu.systems.tcm_pharmacy.recall.reads import lots_of

TEMPLATE: Final = "medicine_recalled"
AT_ONCE: Final = 500


def tell(recall_id: int, *, by: Actor, clock: Clock, at_once: int = AT_ONCE) -> int:
    """Write to everybody who has not been written to, ``at_once`` prescriptions a transaction; how many lines are new.

    Safe to call again after a kill, and by two at once: a notice's key and a line's prescription are there once.
    """
    case = snapshot(recall_id)
    if case is None or case.closed_at is not None:
        return 0
    uses = untold([lot.pk for lot in lots_of(case)], case.id)
    for start in range(0, len(uses), at_once):
        _batch(uses[start : start + at_once], case, by, clock)
    return len(uses)


def _batch(uses: Sequence[Use], case: Snapshot, by: Actor, clock: Clock) -> None:
    """Nobody writes to the dead; her line is there all the same."""
    at = clock()
    people = told_of(list({use.person_id for use in uses}), at=at)
    names = dict(Institution.objects.filter(pk__in={use.institution_id for use in uses}).values_list("pk", "name"))
    messages: dict[str, Message] = {}
    known: dict[str, set[str]] = {}
    for use in uses:
        if (told := people.get(use.person_id)) is not None:
            values = {"number": use.number, "pharmacy": names[use.institution_id]}
            for reader in told.readers:
                herself = reader == told.readers[0]
                key = _key(case.id, told.readers[0], reader)
                messages.setdefault(key, Message(key, values, reader))
                known[key] = {_key(case.id, record, record if herself else reader) for record in told.records}
    lines = [
        RecallContact(
            recall_id=case.id,
            case_id=use.case_id,
            person_id=use.person_id,
            institution_id=use.institution_id,
            bags=use.packs or use.doses,
        )
        for use in sorted(uses, key=lambda use: use.case_id)
    ]
    with transaction.atomic():
        write_many(_unwritten(messages, known), channel=Channel.IN_APP, template=TEMPLATE, by=by, at=at)
        RecallContact.objects.bulk_create(lines, ignore_conflicts=True)


def _key(recall_id: int, person_id: int, reader: int) -> str:
    """A key for each reader, of the person as she is after merging: who was two is told once."""
    key = f"recall-{recall_id}-{person_id}"
    return key if reader == person_id else f"{key}-{reader}"


def _unwritten(messages: Mapping[str, Message], known: Mapping[str, Collection[str]]) -> list[Message]:
    """Those nobody was written under any of her records: the first of two who turn out to be one may have been told before."""
    asked = {each for keys in known.values() for each in keys}
    there = set(Notice.objects.filter(key__in=asked).values_list("key", flat=True))
    return [message for key, message in messages.items() if there.isdisjoint(known[key])]
