"""Waiting for a seat, and being given one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.capacity import seats
from kangqu.kernel.capacity.kinds import Change, tell
from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.kernel.capacity.policy import minutes
from kangqu.kernel.trace.actions import as_row, record
from kangqu.kernel.trace.actor import Actor

_QUEUE: Final = """
SELECT w.person_id, w.id, w.channel FROM capacity_booking w
 WHERE w.session_id = %s::bigint AND w.status = 'waitlist' ORDER BY w.made_at, w.id
"""


def promote(session_id: int, *, kind: str, by: Actor, at: datetime) -> int:
    """Give what is free to those who wait, longest first; how many were given a seat. What begins too soon to come is given
    to nobody who is not there.

    Safe by several at once: a seat somebody else is giving away is passed over, and so is whoever has one already.
    """
    given, full, after = 0, set[str](), at + minutes("promotion_minutes", at)
    for person_id, number, channel in run(_QUEUE, (session_id,)):
        if channel in full:
            continue
        told = by.did(
            "capacity.promote", at=at, person_id=person_id, object_type="booking", object_id=number,
            facts={"session": session_id},
        )  # fmt: skip
        asked = {
            "id": number, "person": person_id, "session": session_id, "channel": channel, "slot": None, "at": at, "after": after, "held": None,
            "trace": as_json(as_row(told)),
        }  # fmt: skip
        try:
            with transaction.atomic():
                tried = seats.promote(asked)
                if tried.taken:
                    changes = [Change(person_id, number, session_id, "waitlist", "booked", at)]
                    if tried.before is not None and tried.before_person is not None:
                        changes.append(Change(tried.before_person, tried.before, session_id, "proposed", "lapsed", at))
                    tell(kind, changes)
        except IntegrityError:  # has a seat of that day meanwhile: waits no more
            _drop(person_id, number, session_id, kind, by, at)
            continue
        given += tried.taken
        if tried.slot_id is None:
            full.add(channel)
    return given


def _drop(person_id: int, number: int, session_id: int, kind: str, by: Actor, at: datetime) -> None:
    waits = Booking.objects.filter(person_id=person_id, id=number, status=BookingStatus.WAITLIST)
    if waits.update(status=BookingStatus.CANCELLED, changed_at=at, why="已有同日预约"):
        record(
            by.did(
                "capacity.cancel", at=at, person_id=person_id, object_type="booking", object_id=number,
                facts={"session": session_id},
            )
        )  # fmt: skip
        tell(kind, [Change(person_id, number, session_id, "waitlist", "cancelled", at)])
