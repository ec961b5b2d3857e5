"""Checking in: by a code shown now, by booking code, at the desk; and walking in. One transaction, once a booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet

from kangqu.kernel.access.models import Encounter
from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity import arriving
from kangqu.kernel.capacity.booking import LETTER
from kangqu.kernel.capacity.models import Booking, BookingStatus, SessionState
from kangqu.kernel.people.codes.models import Card
from kangqu.kernel.people.codes.scanning import judge_card, read_scan
from kangqu.kernel.people.codes.words import Word, refusal_of
from kangqu.kernel.people.reads import person_ids_of
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.care.revisiting import FREE
from kangqu.systems.appointments.day import charging
from kangqu.systems.appointments.day.calling import come_back
from kangqu.systems.appointments.day.models import Visit, VisitState
from kangqu.systems.appointments.day.order import letter_of, turn_of, written
from kangqu.systems.appointments.day.policy import number
from kangqu.systems.appointments.day.reads import queue_of, slots_of
from kangqu.systems.appointments.day.refusals import (
    NO_BOOKING,
    NOT_BOOKED,
    SESSION_STOPPED,
    TOO_EARLY,
    TOO_LATE,
    WRONG_DAY,
    WRONG_HOSPITAL,
)
from kangqu.systems.appointments.kind import APPOINTMENT
from kangqu.systems.appointments.noshow.rules import Arrival, arrival
from kangqu.systems.appointments.noshow.standing import profile_at

_CAME: Final = (BookingStatus.BOOKED, BookingStatus.ARRIVED)
_LONGEST_DAY: Final = timedelta(hours=18)


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A visit as check-in tells it; ``fresh`` False: she had checked in before (and may be back from tests now)."""

    visit: Visit
    ahead: int | None
    fresh: bool


def person_shown(text: str, *, at: datetime) -> int:
    """The number of the resident whose code was shown just now or whose card it is. Raises what is wrong with it."""
    reading = read_scan(text, at=at, now=at)
    card = Card.objects.filter(handle=reading.handle).first() if reading.handle is not None else None
    word = judge_card(reading, card, at)
    if word is not Word.GENUINE or card is None:
        raise Refused(refusal_of(word))
    return card.person_id


def check_in_text(text: str, *, institution_id: int, by: Actor, at: datetime) -> CheckedIn:
    """Check in with whatever was scanned or typed: a live code, a card, a booking's code."""
    given = "".join(text[:2000].replace("\x00", "").split()).upper()
    code = read_code(given, LETTER) if len(given) <= 40 else None
    if code is not None:
        booking = bookings().filter(code=code).first()
        if booking is None:
            raise Refused(NO_BOOKING)
        return check_in(booking, institution_id=institution_id, by=by, at=at)
    booking = booking_now(person_shown(given, at=at), institution_id=institution_id, at=at)
    return check_in(booking, institution_id=institution_id, by=by, at=at)


def booking_now(person_id: int, *, institution_id: int, at: datetime) -> Booking:
    """The booking somebody has come for: the soonest here that is not over; else the one to be told about. Raises NO_BOOKING."""
    today = city_day(at)
    mine = list(
        bookings()
        .filter(person_id__in=person_ids_of(person_id), status__in=_CAME, day__gte=today - timedelta(days=1))
        .order_by("slot__starts_at")
    )
    here = [each for each in mine if each.session.institution_id == institution_id]
    for each in here:
        if each.slot is not None and each.session.ends_at > at - timedelta(hours=2) and _near(each, at):
            return each
    told = [each for each in (*here, *mine) if each.day >= today]
    if not told:
        raise Refused(NO_BOOKING)
    return told[0]


def _near(booking: Booking, at: datetime) -> bool:
    return booking.session.starts_at - _LONGEST_DAY < at and booking.day in (
        city_day(at),
        city_day(at - timedelta(hours=6)),
    )


def bookings() -> QuerySet[Booking]:
    """Bookings of clinics, with what a check-in needs."""
    return Booking.objects.filter(kind=APPOINTMENT.code).select_related(
        "session__institution", "session__schedule__department", "slot"
    )


def check_in(booking: Booking, *, institution_id: int, by: Actor, at: datetime, on_site: bool = False) -> CheckedIn:
    """Note that she is here and give her a number. Again: the same number; back from tests, she waits again.

    Raises with what to do: another hospital, another day, too early, too late, not booked. ``on_site``: whenever she came.
    """
    with transaction.atomic():
        known = _visit_of(booking)
        if known is None:
            _may_come(booking, institution_id, at)
            late = False if on_site else _timely(booking, at)
            if arriving.arrive(booking.person_id, booking.id, by=by, at=at) or not _visit_of(booking):
                return _told(_admit(booking, late, by, at), at)
            known = _visit_of(booking)
        assert known is not None
        if known.institution_id != institution_id:
            raise Refused(WRONG_HOSPITAL, place=booking.session.institution.name)
        if known.state in (VisitState.OUT_FOR_TESTS, VisitState.LEFT):
            known = come_back(known, by=by, at=at)
        return CheckedIn(known, queue_of(known.session, at=at).ahead(known), fresh=False)


def _visit_of(booking: Booking) -> Visit | None:
    mine = Visit.objects.filter(person_id=booking.person_id, booking_id=booking.id)
    return mine.select_related("person", "session").first()


def _may_come(booking: Booking, institution_id: int, at: datetime) -> None:
    session = booking.session
    if session.institution_id != institution_id:
        raise Refused(WRONG_HOSPITAL, place=session.institution.name)
    if booking.status not in _CAME or booking.slot is None:
        raise Refused(NOT_BOOKED)
    if session.state == SessionState.STOPPED:
        raise Refused(SESSION_STOPPED)


def _timely(booking: Booking, at: datetime) -> bool:
    """Whether she is late, but not too late; the session's day is the day it began, also after midnight."""
    slot = booking.slot
    assert slot is not None
    since = slot.starts_at - timedelta(minutes=number("early_minutes", at))
    if at < since:
        if city_day(at) != booking.day:
            raise Refused(WRONG_DAY, day=booking.day.isoformat())
        raise Refused(TOO_EARLY, since=f"{since.astimezone(CITY):%H:%M}")
    came = arrival(slot.starts_at, slot.ends_at, at, profile_at(at))
    if came is Arrival.NO_SHOW:
        if city_day(at) != booking.day and at > booking.session.ends_at + timedelta(hours=2):
            raise Refused(WRONG_DAY, day=booking.day.isoformat())
        raise Refused(TOO_LATE, ends=f"{slot.ends_at.astimezone(CITY):%H:%M}")
    return came is Arrival.LATE


def _admit(booking: Booking, late: bool, by: Actor, at: datetime) -> Visit:
    session, slot = booking.session, booking.slot
    assert slot is not None
    given = next_number(session.institution_id, session.schedule.department_id, booking)
    fee = charging.due(booking, at=at)
    visit = Visit.objects.create(
        person_id=booking.person_id, booking_id=booking.id, booking_code=booking.code, session=session, institution_id=session.institution_id,
        department_id=session.schedule.department_id, day=session.day, number=given,
        channel="returning" if fee.rule == FREE else booking.channel, slot_at=slot.starts_at,
        label=written(given, _letter(session.institution_id, session.schedule.department_id)), came_at=at,
        turn_at=turn_of(slot.starts_at, at, slots_of(session)) if late else None, fee_fen=fee.fen, fee_why=fee.as_json(),
    )  # fmt: skip
    if late:
        facts = {**booking.facts, "late": True}
        Booking.objects.filter(person_id=booking.person_id, id=booking.id).update(facts=facts)
    note_here(booking.person_id, session.institution_id, at=at)
    record(
        by.did(
            "appointments.check_in", at=at, person_id=visit.person_id, object_type="visit", object_id=visit.id,
            facts={"number": visit.label, "session": session.pk, "late": late, "fee_fen": fee.fen},
        )
    )  # fmt: skip
    return Visit.objects.select_related("person", "session").get(person_id=visit.person_id, id=visit.id)


def _told(visit: Visit, at: datetime) -> CheckedIn:
    """Write beside the visit how long she is told to wait."""
    queue = queue_of(visit.session, at=at)
    ahead = queue.ahead(visit) or 0
    wait = queue.wait(ahead)
    visit.told_minutes, visit.told_least, visit.told_most = wait.minutes, wait.least, wait.most
    Visit.objects.filter(person_id=visit.person_id, id=visit.id).update(
        told_minutes=wait.minutes, told_least=wait.least, told_most=wait.most
    )
    return CheckedIn(visit, ahead, fresh=True)


def note_here(person_id: int, institution_id: int, *, at: datetime) -> None:
    """She is here today: whoever cares for her here may open her."""
    Encounter.objects.get_or_create(
        person_id=person_id, institution_id=institution_id, day=city_day(at), defaults={"at": at}
    )


_NEXT: Final = """
INSERT INTO appointments_numbering (institution_id, department_id, day, last) VALUES (%s, %s, %s, 1)
ON CONFLICT (institution_id, department_id, day) DO UPDATE SET last = appointments_numbering.last + 1 RETURNING last
"""


def next_number(institution_id: int, department_id: int | None, booking: Booking) -> int:
    """The next number of the department on the session's day; who asks at the same time waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [institution_id, department_id or 0, booking.session.day])
        return int(cursor.fetchone()[0])


def _letter(institution_id: int, department_id: int | None) -> str:
    before = Department.objects.filter(institution_id=institution_id, id__lt=department_id or 0)
    return letter_of(before.count())


def walk_in(
    person_id: int, session_id: int, *, key: str, household_id: int | None, by: Actor, at: datetime
) -> CheckedIn:
    """Register somebody who has come without an appointment: a booking on channel onsite, checked in at once.

    Raises what stands in the way of the booking; nothing is booked where the check-in fails.
    """
    asked = taking.Asked(
        person_id=person_id, session_id=session_id, slot_id=None, key=key, channel="onsite", household_id=household_id,
        facts={"walk_in": True},
    )  # fmt: skip
    with transaction.atomic():
        booked = taking.take(asked, held=False, by=by, at=at)
        booking = bookings().get(person_id=person_id, id=booked.id)
        return check_in(booking, institution_id=booking.session.institution_id, by=by, at=at, on_site=True)
