"""Coming to a booked time, and being done: FHIR's ``arrived`` and ``fulfilled``. Not coming is ``booking.give_back(noshow=True)``."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity import seats
from kangqu.kernel.capacity.kinds import Change, tell
from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.kernel.capacity.refusals import ENDED
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor


def arrive(person_id: int, booking_id: int, *, by: Actor, at: datetime) -> bool:
    """Note that she is here; whether it was new. Raises ENDED when the booking is not one that can be come to."""
    return _go_on(person_id, booking_id, BookingStatus.BOOKED, BookingStatus.ARRIVED, "capacity.arrive", by, at)


def finish(person_id: int, booking_id: int, *, by: Actor, at: datetime) -> bool:
    """Note that she has had what she came for; whether it was new. From then on she may book the same scope that day again."""
    return _go_on(person_id, booking_id, BookingStatus.ARRIVED, BookingStatus.FULFILLED, "capacity.finish", by, at)


def leave(person_id: int, booking_id: int, *, by: Actor, at: datetime) -> bool:
    """Take an arrival back: she is not here after all; whether it was new."""
    return _go_on(person_id, booking_id, BookingStatus.ARRIVED, BookingStatus.BOOKED, "capacity.leave", by, at)


def _go_on(
    person_id: int, booking_id: int, before: BookingStatus, after: BookingStatus, action: str, by: Actor, at: datetime
) -> bool:
    with transaction.atomic():
        seats.lock_seat(booking_id)
        mine = Booking.objects.filter(person_id=person_id, id=booking_id)
        if not mine.filter(status=before).update(status=after, changed_at=at):
            now = mine.values_list("status", flat=True).first()
            if now is None:
                raise Refused(NOT_FOUND)
            if now == after:
                return False
            raise Refused(ENDED)
        booking = mine.get()
        told = {"session": booking.session_id}
        record(by.did(action, at=at, person_id=person_id, object_type="booking", object_id=booking_id, facts=told))
        tell(booking.kind, [Change(person_id, booking_id, booking.session_id, str(before), str(after), at)])
    return True
