"""Taking a seat, holding one, giving one back. A seat that is given back goes to whoever waits, in the same transaction."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import transaction

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.ids import Random, new_code
from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.basis.refusals import KEY_REUSED, NOT_FOUND, Refused
from kangqu.kernel.capacity import seats, waiting
from kangqu.kernel.capacity.kinds import ADDED, CHANNELS, Change, tell
from kangqu.kernel.capacity.models import HAS_A_SEAT, Booking, BookingStatus
from kangqu.kernel.capacity.refusals import (
    ALREADY_BOOKED,
    BUSY,
    ENDED,
    FULL,
    NO_CHANNEL,
    NOT_HELD,
    NOT_RELEASED,
    PAST,
    STOPPED,
)
from kangqu.kernel.trace.actions import as_row, record
from kangqu.kernel.trace.actor import Actor

LETTER: Final = "A"
_SYSTEM_RANDOM: Final = random.SystemRandom()
_TRIES: Final = 1_000
_READ: Final = """
SELECT n.id, n.state, n.released_at, n.day, n.ends_at, h.kind, h.scope,
       EXISTS (SELECT FROM capacity_booking w WHERE w.session_id = n.id AND w.status = 'waitlist'), nextval('kangqu_id')
  FROM capacity_session n JOIN capacity_schedule h ON h.id = n.schedule_id WHERE n.id = %s::bigint
"""
_KNOWN: Final = """
SELECT b.id, b.code, b.status, b.session_id, b.slot_id, b.held_until FROM capacity_booking b
 WHERE b.person_id = %s::bigint AND b.key = %s::text
"""
_SAME_DAY: Final = """
SELECT b.code FROM capacity_booking b
 WHERE b.person_id = %s::bigint AND b.scope = %s::text AND b.day = %s::date AND b.status IN ('proposed', 'booked', 'arrived')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A seat that is asked for. ``hold``: only for so long, until it is confirmed. ``key``: the asker's own name for this request."""

    person_id: int
    session_id: int
    channel: str
    key: str
    slot_id: int | None = None
    hold: timedelta | None = None
    household_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class Booked(NamedTuple):
    """A booking as it stands; ``fresh`` is False when the same request was made before."""

    id: int
    code: str
    status: str
    session_id: int
    slot_id: int | None
    held_until: datetime | None
    fresh: bool = True


class Bookable(NamedTuple):
    """A session as a booking needs it; ``waited_for``: somebody is in its queue."""

    id: int
    state: str
    released_at: datetime | None
    day: date
    ends_at: datetime
    kind: str
    scope: str
    waited_for: bool
    number: int  # for the booking


def book(wanted: Wanted, *, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM) -> Booked:
    """Give a person a seat: in the slot named, else the first that fits. Raises FULL only when none is left in view.

    The same key again gives the same booking. Whoever has a seat of the scope on that day already is told which.
    """
    try:
        return _book(wanted, by, at, rng)
    except Refused:
        known = run(_KNOWN, (wanted.person_id, wanted.key))
        if not known:
            raise
        return _as_before(wanted, _before(known[0]))


def _book(wanted: Wanted, by: Actor, at: datetime, rng: Random) -> Booked:
    if wanted.channel not in CHANNELS and wanted.channel != ADDED:
        raise Refused(NO_CHANNEL)
    session = bookable(wanted.session_id, at)
    if session.waited_for:
        waiting.promote(session.id, kind=session.kind, by=by, at=at)
    asked = _asked(wanted, session, by, at, rng)
    for _ in range(_TRIES):
        tried = _try(asked, session, wanted, at)
        if tried is not None:
            return tried
        if not seats.any_left(asked):
            raise Refused(FULL)
        with transaction.atomic():
            seats.await_one(asked)
    raise Refused(BUSY)


def _try(asked: Mapping[str, Any], session: Bookable, wanted: Wanted, at: datetime) -> Booked | None:
    """One try; None when every seat that fits is being taken by somebody else just now, or none fits."""
    with transaction.atomic():
        tried = seats.take(asked)
        if tried.slot_id is None:
            return None
        if not tried.taken:
            return _conflict(session, wanted)
        told = [Change(wanted.person_id, asked["id"], session.id, "", asked["status"], at)]
        if tried.before is not None and tried.before_person is not None:
            told.append(Change(tried.before_person, tried.before, session.id, "proposed", "lapsed", at))
        tell(session.kind, told)
    return Booked(asked["id"], asked["code"], asked["status"], session.id, tried.slot_id, asked["held"])


def _conflict(session: Bookable, wanted: Wanted) -> Booked | None:
    """What stood in the way: the same request, made at the same time; or another booking of the day. None: it is gone again."""
    known = run(_KNOWN, (wanted.person_id, wanted.key))
    if known:
        return _as_before(wanted, _before(known[0]))
    if code := booking_of_day(wanted.person_id, session):
        raise Refused(ALREADY_BOOKED, code=code)
    return None


def booking_of_day(person_id: int, session: Bookable) -> str:
    """The code of the booking a person has of this scope on this day; "" when she has none."""
    rows = run(_SAME_DAY, (person_id, session.scope, session.day))
    return str(rows[0][0]) if rows else ""


def _as_before(wanted: Wanted, known: Booked) -> Booked:
    if known.session_id != wanted.session_id or (wanted.slot_id is not None and known.slot_id != wanted.slot_id):
        raise Refused(KEY_REUSED)
    return known


def _before(row: Sequence[Any]) -> Booked:
    return Booked(*row)._replace(fresh=False)


def bookable(session_id: int, at: datetime) -> Bookable:
    """The session, if it can be booked now."""
    rows = run(_READ, (session_id,))
    if not rows:
        raise Refused(NOT_FOUND)
    session = Bookable(*rows[0])
    if session.state != "open":
        raise Refused(STOPPED)
    if session.ends_at <= at:
        raise Refused(PAST)
    if session.released_at is None or session.released_at > at:
        begins = session.released_at.astimezone(CITY).strftime("%Y-%m-%d %H:%M") if session.released_at else "–"
        raise Refused(NOT_RELEASED, at=begins)
    return session


def _asked(wanted: Wanted, session: Bookable, by: Actor, at: datetime, rng: Random) -> dict[str, Any]:
    facts = {"session": session.id, "channel": wanted.channel, **({"hold": True} if wanted.hold else {})}
    told = by.did(
        "capacity.book", at=at, person_id=wanted.person_id, object_type="booking", object_id=session.number, facts=facts
    )
    return {
        "id": session.number, "person": wanted.person_id, "code": new_code(LETTER, rng), "kind": session.kind, "session": session.id,
        "slot": wanted.slot_id, "channel": wanted.channel, "scope": session.scope, "day": session.day,
        "status": "proposed" if wanted.hold else "booked", "key": wanted.key,
        "held": at + wanted.hold if wanted.hold else None, "household": wanted.household_id, "made_by": by.account_id, "at": at, "after": at,
        "facts": as_json(wanted.facts), "trace": as_json(as_row(told, rng)),
    }  # fmt: skip


def confirm(person_id: int, booking_id: int, *, by: Actor, at: datetime) -> None:
    """Make a hold a booking, while it holds. Confirming twice changes nothing."""
    with transaction.atomic():
        seats.lock_seat(booking_id)
        mine = Booking.objects.filter(person_id=person_id, id=booking_id)
        held = mine.filter(status=BookingStatus.PROPOSED, held_until__gt=at)
        if not held.update(status=BookingStatus.BOOKED, held_until=None, changed_at=at):
            if mine.filter(status=BookingStatus.BOOKED).exists():
                return
            raise Refused(NOT_HELD)
        seats.keep(booking_id)
        _told(mine.get(), "proposed", "capacity.confirm", by, at)


def give_back(person_id: int, booking_id: int, *, by: Actor, at: datetime, why: str = "", noshow: bool = False) -> None:
    """End a booking: its seat is free, or whoever waits has it. Raises ENDED when it is over already."""
    with transaction.atomic():
        booking, before = free(
            person_id, booking_id, BookingStatus.NO_SHOW if noshow else BookingStatus.CANCELLED, at, why
        )
        _told(booking, before, "capacity.noshow" if noshow else "capacity.cancel", by, at, why)
        waiting.promote(booking.session_id, kind=booking.kind, by=by, at=at)


def free(person_id: int, booking_id: int, to: BookingStatus, at: datetime, why: str) -> tuple[Booking, str]:
    """End a booking and free its seat, within the caller's transaction; the booking and the status it left."""
    seats.lock_seat(booking_id)
    booking = Booking.objects.select_for_update().filter(person_id=person_id, id=booking_id).first()
    if booking is None:
        raise Refused(NOT_FOUND)
    before = booking.status
    if before not in (*HAS_A_SEAT, BookingStatus.WAITLIST):
        raise Refused(ENDED)
    booking.status, booking.changed_at, booking.why, booking.held_until = to, at, why[:200], None
    Booking.objects.filter(person_id=person_id, id=booking_id).update(
        status=to, changed_at=at, why=why[:200], held_until=None
    )
    seats.vacate(booking_id)
    return booking, before


def _told(booking: Booking, before: str, action: str, by: Actor, at: datetime, why: str = "") -> None:
    record(
        by.did(
            action, at=at, person_id=booking.person_id, object_type="booking", object_id=booking.id, reason=why[:200],
            facts={"session": booking.session_id},
        )
    )  # fmt: skip
    tell(booking.kind, [Change(booking.person_id, booking.id, booking.session_id, before, str(booking.status), at)])
