"""Joining the queue of a session that is full; leaving it is ``booking.give_back``."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.ids import Random, new_code
from kangqu.kernel.basis.refusals import KEY_REUSED, Refused
from kangqu.kernel.capacity import seats
from kangqu.kernel.capacity.booking import LETTER, Booked, bookable, booking_of_day
from kangqu.kernel.capacity.kinds import CHANNELS, Change, tell
from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.kernel.capacity.policy import minutes
from kangqu.kernel.capacity.refusals import ALREADY_BOOKED, NO_CHANNEL, SEAT_LEFT, TOO_LATE
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_SYSTEM_RANDOM: Final = random.SystemRandom()


def wait(
    person_id: int,
    session_id: int,
    *,
    channel: str,
    key: str,
    by: Actor,
    at: datetime,
    household_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
    rng: Random = _SYSTEM_RANDOM,
) -> Booked:
    """Wait for a seat of a session. Raises SEAT_LEFT while one could be booked, TOO_LATE when nobody is promoted any more.

    Waiting twice for the same session is waiting once: the first place in the queue stands.
    """
    if channel not in CHANNELS:
        raise Refused(NO_CHANNEL)
    session = bookable(session_id, at)
    if session.ends_at - minutes("promotion_minutes", at) <= at:
        raise Refused(TOO_LATE)
    if code := booking_of_day(person_id, session):
        raise Refused(ALREADY_BOOKED, code=code)
    if not session.waited_for and seats.any_left(
        {"session": session_id, "channel": channel, "slot": None, "at": at, "after": at}
    ):
        raise Refused(SEAT_LEFT)
    number = session.number
    try:
        with transaction.atomic():
            made = Booking.objects.create(
                id=number, person_id=person_id, code=new_code(LETTER, rng), kind=session.kind, session_id=session_id,
                channel=channel, scope=session.scope, day=session.day, status=BookingStatus.WAITLIST, key=key,
                household_id=household_id, made_by=by.account_id, made_at=at, changed_at=at, facts=dict(facts or {}),
            )  # fmt: skip
            told = {"session": session_id, "channel": channel}
            record(
                by.did("capacity.wait", at=at, person_id=person_id, object_type="booking", object_id=number, facts=told)
            )
            tell(session.kind, [Change(person_id, number, session_id, "", "waitlist", at)])
    except IntegrityError:
        return _first(person_id, session_id, key)
    return Booked(made.id, made.code, made.status, session_id, None, None)


def _first(person_id: int, session_id: int, key: str) -> Booked:
    """The place in the queue she has already."""
    mine = Booking.objects.filter(person_id=person_id)
    known = mine.filter(session_id=session_id, status=BookingStatus.WAITLIST).first() or mine.filter(key=key).first()
    if known is None or known.session_id != session_id:
        raise Refused(KEY_REUSED)
    return Booked(known.id, known.code, known.status, session_id, known.slot_id, known.held_until, fresh=False)
