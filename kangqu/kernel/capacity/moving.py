"""Changing to another time: the booking keeps its number and code, and its seat until the other one is taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.prepared import as_json
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity import seats, waiting
from kangqu.kernel.capacity.booking import Bookable, bookable, booking_of_day
from kangqu.kernel.capacity.kinds import Change, tell
from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.kernel.capacity.refusals import ALREADY_BOOKED, BUSY, ENDED, FULL, OTHER_KIND
from kangqu.kernel.trace.actions import as_row
from kangqu.kernel.trace.actor import Actor

_TRIES: Final = 1_000


def move(
    person_id: int,
    booking_id: int,
    session_id: int,
    *,
    slot_id: int | None = None,
    left: int | None = None,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Booking:
    """Give a booking another seat and what it had to whoever waits, or change nothing. Raises FULL when none is left in view.

    Where it is already, it stays: the same request again changes nothing. ``left``: only if it is in that session still.
    """
    session = bookable(session_id, at)
    if session.waited_for:
        waiting.promote(session.id, kind=session.kind, by=by, at=at)
    asked = {**_asked(person_id, booking_id, slot_id, session, at, why), "left": left}
    for _ in range(_TRIES):
        moved = _try(asked, session, by, at)
        if moved is not None:
            return moved
        if not seats.any_left(asked):
            raise Refused(FULL)
        with transaction.atomic():
            seats.await_one(asked)
    raise Refused(BUSY)


class _NotNow(Exception):
    """Nothing that nobody holds: what was done is undone."""


def _try(asked: dict[str, Any], session: Bookable, by: Actor, at: datetime) -> Booking | None:
    try:
        with transaction.atomic():
            return _move(asked, session, by, at)
    except _NotNow:
        return None
    except IntegrityError:
        code = booking_of_day(asked["person"], session)
        raise Refused(ALREADY_BOOKED, code=code) from None


def _move(asked: dict[str, Any], session: Bookable, by: Actor, at: datetime) -> Booking:
    person_id, booking_id = asked["person"], asked["id"]
    seats.lock_seat(booking_id)
    booking = Booking.objects.select_for_update().filter(person_id=person_id, id=booking_id).first()
    if booking is None:
        raise Refused(NOT_FOUND)
    if booking.status != BookingStatus.BOOKED or asked["left"] not in (None, booking.session_id):
        raise Refused(ENDED)
    if booking.kind != session.kind:
        raise Refused(OTHER_KIND)
    if booking.session_id == session.id and asked["slot"] in (None, booking.slot_id):
        return booking
    left = booking.session_id
    told = by.did(
        "capacity.move", at=at, person_id=person_id, object_type="booking", object_id=booking_id, reason=asked["why"],
        facts={"session": left, "to": session.id},
    )  # fmt: skip
    seats.vacate(booking_id)
    tried = seats.move({**asked, "trace": as_json(as_row(told))})
    if not tried.taken:
        raise _NotNow
    changes = [Change(person_id, booking_id, session.id, "booked", "booked", at, left)]
    if tried.before is not None and tried.before_person is not None:
        changes.append(Change(tried.before_person, tried.before, session.id, "proposed", "lapsed", at))
    tell(session.kind, changes)
    waiting.promote(left, kind=session.kind, by=by, at=at)
    booking.refresh_from_db()
    return booking


def _asked(
    person_id: int, booking_id: int, slot_id: int | None, session: Bookable, at: datetime, why: str
) -> dict[str, Any]:
    channel = Booking.objects.filter(person_id=person_id, id=booking_id).values_list("channel", flat=True).first()
    if channel is None:
        raise Refused(NOT_FOUND)
    return {
        "id": booking_id, "person": person_id, "session": session.id, "slot": slot_id, "channel": channel, "day": session.day,
        "scope": session.scope, "at": at, "after": at, "held": None, "why": why[:200],
    }  # fmt: skip
