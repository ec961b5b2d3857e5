"""Taking a clinic's time for somebody: held first or booked at once, within what one person and one household may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import transaction

from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity import booking as seats
from kangqu.kernel.capacity import joining, limits, moving
from kangqu.kernel.capacity.booking import Booked, Wanted
from kangqu.kernel.capacity.models import Booking, BookingStatus, Seat, Session, Slot
from kangqu.kernel.capacity.policy import minutes
from kangqu.kernel.capacity.refusals import NOT_HELD
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.booking.policy import cancel_until
from kangqu.systems.appointments.booking.refusals import HELD_LONGER_ALREADY, NOT_A_CLINIC, TOO_LATE_TO_CANCEL
from kangqu.systems.appointments.kind import APPOINTMENT
from kangqu.systems.appointments.noshow.standing import keep_out_banned

KIND: Final = APPOINTMENT.code
CITIZEN: Final = "citizen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A time asked for somebody. ``key``: the asker's own name for this request; ``household_id``: whose quota it counts in."""

    person_id: int
    session_id: int
    slot_id: int | None
    key: str
    channel: str = CITIZEN
    household_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def take(asked: Asked, *, held: bool, by: Actor, at: datetime) -> Booked:
    """Book a time, or hold it until it is confirmed. The same key again gives the same booking, whatever became full meanwhile.

    Raises what stands in the way: a ban for not coming (online only), too many bookings ahead, no place left.
    """
    wanted = Wanted(
        person_id=asked.person_id, session_id=asked.session_id, slot_id=asked.slot_id, channel=asked.channel, key=asked.key,
        hold=minutes("hold_minutes", at) if held else None, household_id=asked.household_id, facts=asked.facts,
    )  # fmt: skip
    ready = ready_for(asked)
    if ready.asked_before:
        return seats.book(wanted, by=by, at=at)
    if ready.may_have_missed:
        keep_out_banned(asked.person_id, clinic_session(asked.session_id), asked.channel, at=at)
    with transaction.atomic():
        try:
            limits.keep_within(asked.person_id, asked.household_id, kind=KIND, session_id=asked.session_id, at=at)
        except Refused:
            if not _asked_before(asked):  # the same request, made meanwhile
                raise
        return seats.book(wanted, by=by, at=at)


class Ready(NamedTuple):
    """What is known before a booking: whether the same was asked before, whether she has anything behind her that might count."""

    kind: str
    asked_before: bool
    may_have_missed: bool


_READY: Final = """
SELECT h.kind,
       EXISTS (SELECT FROM capacity_booking b WHERE b.person_id = %(person)s::bigint AND b.key = %(key)s::text),
       EXISTS (SELECT FROM capacity_booking b
                WHERE b.person_id IN (SELECT p.id FROM people_person p
                                       WHERE p.id = %(person)s::bigint OR p.merged_into_id = %(person)s::bigint)
                  AND b.status IN ('noshow', 'cancelled', 'arrived', 'fulfilled'))
  FROM capacity_session n JOIN capacity_schedule h ON h.id = n.schedule_id WHERE n.id = %(session)s::bigint
"""


def ready_for(asked: Asked) -> Ready:
    """One question before a booking; ``Refused(NOT_A_CLINIC)`` when the session is none."""
    rows = run(_READY, {"person": asked.person_id, "key": asked.key, "session": asked.session_id})
    if not rows or rows[0][0] != KIND:
        raise Refused(NOT_A_CLINIC)
    return Ready(*rows[0])


def wait(asked: Asked, *, by: Actor, at: datetime) -> Booked:
    """Wait for a place in a full session. Waiting twice is waiting once."""
    session = clinic_session(asked.session_id)
    keep_out_banned(asked.person_id, session, asked.channel, at=at)
    with transaction.atomic():
        waits = Booking.objects.filter(
            person_id=asked.person_id, session_id=asked.session_id, status=BookingStatus.WAITLIST
        )
        if not waits.exists():
            limits.keep_within(asked.person_id, None, kind=KIND, session_id=asked.session_id, at=at)
        return joining.wait(
            asked.person_id, asked.session_id, channel=asked.channel, key=asked.key, household_id=asked.household_id,
            facts=asked.facts, by=by, at=at,
        )  # fmt: skip


def _asked_before(asked: Asked) -> bool:
    return Booking.objects.filter(person_id=asked.person_id, key=asked.key).exists()


def clinic_session(session_id: int) -> Session:
    """The session, if it is a clinic's."""
    session = Session.objects.select_related("schedule__department").filter(pk=session_id).first()
    if session is None or session.schedule.kind != KIND:
        raise Refused(NOT_A_CLINIC)
    return session


def confirm(booking: Booking, *, by: Actor, at: datetime) -> None:
    """Make a hold a booking. Confirming twice changes nothing."""
    seats.confirm(booking.person_id, booking.id, by=by, at=at)


def hold_longer(booking: Booking, *, by: Actor, at: datetime) -> datetime:
    """Hold for as long again, once, while it still holds; until when."""
    until = at + minutes("hold_minutes", at)
    with transaction.atomic():
        mine = Seat.objects.select_for_update().filter(booking_id=booking.id, held_until__gt=at)
        held = Booking.objects.select_for_update().filter(
            person_id=booking.person_id, id=booking.id, status=BookingStatus.PROPOSED
        )
        if not list(mine.values_list("id", flat=True)) or not held.exists():
            raise Refused(NOT_HELD)
        now = held.get()
        if "held_longer" in now.facts:
            raise Refused(HELD_LONGER_ALREADY)
        held.update(held_until=until, facts={**now.facts, "held_longer": at.isoformat()})
        Seat.objects.filter(booking_id=booking.id).update(held_until=until)
        did = by.did(
            "appointments.extend", at=at, person_id=booking.person_id, object_type="booking", object_id=booking.id
        )
        record(did)
    return until


def cancel(booking: Booking, *, by: Actor, at: datetime, why: str = "", himself: bool = True) -> None:
    """Give a booking, a hold or a place in the queue back. By oneself until the policy's deadline only; a desk may later.

    Cancelling what is cancelled changes nothing.
    """
    now = Booking.objects.filter(person_id=booking.person_id, id=booking.id).first()
    if now is None:
        raise Refused(NOT_FOUND)
    if now.status in (BookingStatus.CANCELLED, BookingStatus.LAPSED):
        return
    if himself and now.status == BookingStatus.BOOKED:
        keep_deadline(now, at)
    seats.give_back(booking.person_id, booking.id, by=by, at=at, why=why)


def keep_deadline(booking: Booking, at: datetime) -> None:
    """Refuse what comes after the policy's deadline. What was given so late that there was none to keep has until it begins."""
    until = cancel_until(booking.day, at)
    if at < until:
        return
    session = Session.objects.get(pk=booking.session_id)
    if booking.changed_at >= until and at < session.starts_at and booking.changed_at + _GRACE > at:
        return
    raise Refused(TOO_LATE_TO_CANCEL, until=until.astimezone(CITY).strftime("%m-%d %H:%M"))


_GRACE: Final = timedelta(minutes=30)
"""How long whoever books after the deadline, or is promoted then, may still think better of it."""


def reschedule(booking: Booking, session_id: int, slot_id: int | None, *, by: Actor, at: datetime, himself: bool = True) -> Booking:  # fmt: skip
    """Go to another time with the same number; what one has is kept where the other is not to be had."""
    session = clinic_session(session_id)
    if himself:
        keep_deadline(booking, at)
    keep_out_banned(booking.person_id, session, booking.channel, at=at)
    return moving.move(booking.person_id, booking.id, session_id, slot_id=slot_id, by=by, at=at)


def may_change(booking: Booking, at: datetime) -> bool:
    """Whether its holder may cancel or move it herself now."""
    if booking.status in (BookingStatus.PROPOSED, BookingStatus.WAITLIST):
        return True
    return booking.status == BookingStatus.BOOKED and at < cancel_until(booking.day, at)


def is_past(booking: Booking, at: datetime) -> bool:
    return booking.day < city_day(at)


def slot_of(slot_id: int | None) -> Slot | None:
    """A clinic's slot by its number."""
    return Slot.objects.filter(pk=slot_id or 0, session__schedule__kind=KIND).first()
