"""Stopping a session, and finding everybody who had a seat in it another one: each once, gone on with after a kill."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity import seats
from kangqu.kernel.capacity.booking import free
from kangqu.kernel.capacity.kinds import Change, tell
from kangqu.kernel.capacity.models import Booking, BookingStatus, Session, SessionState
from kangqu.kernel.capacity.moving import move
from kangqu.kernel.capacity.policy import number
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_LEFT: Final = """
SELECT b.person_id, b.id FROM capacity_booking b
 WHERE b.session_id = %s::bigint AND b.status IN ('proposed', 'booked', 'waitlist') ORDER BY b.status = 'waitlist', b.made_at, b.id
"""
# Other sessions of the same schedule first, then of the same scope at the institution; the soonest first.
_OTHERS: Final = """
SELECT n.id FROM capacity_session n JOIN capacity_schedule h ON h.id = n.schedule_id
 WHERE n.institution_id = %(institution)s::bigint AND n.state = 'open' AND h.kind = %(kind)s::text
   AND (h.id = %(schedule)s::bigint OR h.scope = %(scope)s::text) AND n.starts_at > %(at)s::timestamptz
   AND n.starts_at < %(until)s::timestamptz AND n.released_at IS NOT NULL
   AND EXISTS (SELECT FROM capacity_seat s WHERE s.session_id = n.id AND s.starts_at > %(at)s::timestamptz
                AND (s.booking_id IS NULL OR s.held_until <= %(at)s::timestamptz)
                AND (s.opens ->> %(channel)s::text)::timestamptz <= %(at)s::timestamptz)
 ORDER BY h.id <> %(schedule)s::bigint, n.starts_at, n.id
"""


def stop(session_id: int, *, why: str, by: Actor, at: datetime) -> bool:
    """End the sale of a session; whether it was open. Its bookings are left to ``rebook``."""
    with transaction.atomic():
        mine = Session.objects.filter(pk=session_id)
        if mine.filter(state=SessionState.OPEN).update(
            state=SessionState.STOPPED, stopped_at=at, stopped_why=why[:200]
        ):
            record(by.did("capacity.stop", at=at, object_type="session", object_id=session_id, reason=why[:200]))
            return True
        if not mine.exists():
            raise Refused(NOT_FOUND)
    return False


def rebook(session_id: int, *, by: Actor, at: datetime) -> tuple[int, int]:
    """Move everybody of a stopped session; how many found another seat, how many none (theirs is cancelled, their owner is told).

    Who has a seat comes before who waited, in the order in which they booked. One transaction each: called again, it goes on.
    """
    session = Session.objects.select_related("schedule").get(pk=session_id)
    moved = lost = 0
    for person_id, booking_id in run(_LEFT, (session_id,)):
        if _move(session, person_id, booking_id, by, at):
            moved += 1
        else:
            lost += _end(session, person_id, booking_id, by, at)
    return moved, lost


def _move(session: Session, person_id: int, booking_id: int, by: Actor, at: datetime) -> bool:
    """Give somebody a seat in the first other session that has one for her."""
    booking = Booking.objects.filter(person_id=person_id, id=booking_id, status=BookingStatus.BOOKED).first()
    if booking is None:
        return False
    for (other,) in run(_OTHERS, _asked(session, booking.channel, at)):
        try:
            move(person_id, booking_id, other, left=session.pk, by=by, at=at, why=session.stopped_why)
        except Refused:  # full meanwhile, or not for her on that day: the next
            continue
        return True
    return False


def _end(session: Session, person_id: int, booking_id: int, by: Actor, at: datetime) -> bool:
    """End a booking for which nothing was found; False when she ended it or went elsewhere herself meanwhile."""
    with transaction.atomic():
        seats.lock_seat(booking_id)
        if not Booking.objects.filter(person_id=person_id, id=booking_id, session=session).exists():
            return False
        try:
            booking, before = free(person_id, booking_id, BookingStatus.CANCELLED, at, session.stopped_why)
        except Refused:
            return False
        record(
            by.did(
                "capacity.cancel", at=at, person_id=person_id, object_type="booking", object_id=booking_id,
                reason=session.stopped_why, facts={"session": session.pk},
            )
        )  # fmt: skip
        tell(booking.kind, [Change(person_id, booking_id, session.pk, before, "cancelled", at)])
    return True


def _asked(session: Session, channel: str, at: datetime) -> dict[str, Any]:
    schedule = session.schedule
    return {
        "institution": session.institution_id, "kind": schedule.kind, "schedule": schedule.pk, "scope": schedule.scope, "at": at,
        "until": at + timedelta(days=number("rebook_days", at)), "channel": channel,
    }  # fmt: skip
