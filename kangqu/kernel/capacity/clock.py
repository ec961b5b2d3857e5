"""What the clock does each minute: holds past their time end, and seats that opened to those who wait are given to them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.capacity import seats, waiting
from kangqu.kernel.capacity.kinds import Change, tell
from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_RAN_OUT: Final = """
SELECT s.person_id, s.booking_id FROM capacity_seat s
 WHERE s.held_until <= %s::timestamptz ORDER BY s.held_until, s.id LIMIT %s::int
"""
_WAITED_FOR: Final = """
SELECT DISTINCT n.id, h.kind FROM capacity_booking w JOIN capacity_session n ON n.id = w.session_id
       JOIN capacity_schedule h ON h.id = n.schedule_id
 WHERE w.status = 'waitlist' AND n.state = 'open' AND n.ends_at > %s::timestamptz ORDER BY n.id
"""
_WAITED_IN_VAIN: Final = """
SELECT w.person_id, w.id FROM capacity_booking w JOIN capacity_session n ON n.id = w.session_id
 WHERE w.status = 'waitlist' AND n.ends_at <= %s::timestamptz ORDER BY w.id LIMIT %s::int
"""
IN_VAIN: Final = "没有等到号"


def lapse(*, by: Actor, at: datetime, most: int = 1_000) -> int:
    """End the holds whose time ran out, one transaction each, and give their seats to those who wait; how many ended."""
    ended = 0
    for person_id, booking_id in run(_RAN_OUT, (at, most)):
        with transaction.atomic():
            ended += _lapse(person_id, booking_id, by, at)
    return ended


def _lapse(person_id: int, booking_id: int, by: Actor, at: datetime) -> bool:
    """End one hold, unless it was confirmed, given back or taken over meanwhile."""
    if not seats.lock_seat(booking_id):
        return False
    mine = Booking.objects.filter(person_id=person_id, id=booking_id, status=BookingStatus.PROPOSED, held_until__lte=at)
    if not mine.update(status=BookingStatus.LAPSED, changed_at=at):
        return False
    seats.vacate(booking_id)
    booking = Booking.objects.get(person_id=person_id, id=booking_id)
    _told(booking, "capacity.lapse", "proposed", by, at)
    waiting.promote(booking.session_id, kind=booking.kind, by=by, at=at)
    return True


def promote_all(*, by: Actor, at: datetime) -> int:
    """Give those who wait what opened to them by time alone; how many were given a seat."""
    return sum(waiting.promote(session_id, kind=kind, by=by, at=at) for session_id, kind in run(_WAITED_FOR, (at,)))


def end_waiting(*, by: Actor, at: datetime, most: int = 1_000) -> int:
    """End the waiting for sessions that are over, one transaction each; how many waited in vain."""
    ended = 0
    for person_id, booking_id in run(_WAITED_IN_VAIN, (at, most)):
        with transaction.atomic():
            mine = Booking.objects.filter(person_id=person_id, id=booking_id, status=BookingStatus.WAITLIST)
            if mine.update(status=BookingStatus.CANCELLED, changed_at=at, why=IN_VAIN):
                _told(Booking.objects.get(person_id=person_id, id=booking_id), "capacity.cancel", "waitlist", by, at)
                ended += 1
    return ended


def _told(booking: Booking, action: str, before: str, by: Actor, at: datetime) -> None:
    record(
        by.did(
            action, at=at, person_id=booking.person_id, object_type="booking", object_id=booking.id,
            facts={"session": booking.session_id},
        )
    )  # fmt: skip
    tell(booking.kind, [Change(booking.person_id, booking.id, booking.session_id, before, str(booking.status), at)])
