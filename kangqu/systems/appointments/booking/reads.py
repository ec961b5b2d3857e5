"""Appointments as they are shown: to their holders and those who book for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.booking import LETTER
from kangqu.kernel.capacity.models import Booking, BookingStatus, Session
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.reads import person_ids_of
from kangqu.systems.appointments.booking.taking import KIND, may_change
from kangqu.systems.appointments.booking.whom import opened
from kangqu.systems.appointments.finding.clinics import Clinic, clinic_by_id, clinics

MOST: Final = 200
AHEAD: Final = (BookingStatus.PROPOSED, BookingStatus.BOOKED, BookingStatus.WAITLIST, BookingStatus.ARRIVED)


@dataclass(frozen=True, slots=True)
class Shown:
    """One appointment with whose it is, at which clinic, when. ``ends_at`` of the slot, or of the session that is waited for."""

    booking: Booking
    session: Session
    clinic: Clinic
    name: str
    starts_at: datetime
    ends_at: datetime
    changeable: bool
    ahead_of_me: int | None = None

    @property
    def waits(self) -> bool:
        return self.booking.status == BookingStatus.WAITLIST


def bookings_of(people: Sequence[tuple[int, str]], *, at: datetime, past: bool) -> list[Shown]:
    """The appointments of some people (number, name), ahead (the soonest first) or past and ended (the latest first)."""
    names = {number: name for person_id, name in people for number in person_ids_of(person_id)}
    today = city_day(at)
    rows = Booking.objects.filter(person_id__in=names, kind=KIND).select_related("session", "slot")
    ahead = Q(status__in=AHEAD, day__gte=today)
    kept = rows.exclude(ahead).exclude(status=BookingStatus.LAPSED) if past else rows.filter(ahead)
    kept = kept.exclude(status=BookingStatus.PROPOSED, held_until__lte=at)
    ordered = kept.order_by("-day", "-made_at") if past else kept.order_by("day", "slot__starts_at", "made_at")
    known = {each.id: each for each in clinics(at)}
    return [_shown(row, names[row.person_id], at, known) for row in ordered[:MOST]]


def booking_of(viewer: Viewer, code: str, *, at: datetime, action: str = "appointments.open") -> tuple[Booking, Person]:
    """An appointment of the resident's own or of somebody she may book for; any other is not found."""
    known = read_code(code[:40], LETTER)
    booking = Booking.objects.filter(code=known, kind=KIND).select_related("session", "slot").first() if known else None
    person = opened(viewer, booking.person_id if booking is not None else -1, at=at, action=action)
    if booking is None:
        raise Refused(NOT_FOUND)
    return booking, person


def shown(booking: Booking, person: Person, *, at: datetime) -> Shown:
    return _shown(booking, person.name, at)


def _shown(booking: Booking, name: str, at: datetime, known: Mapping[int, Clinic] | None = None) -> Shown:
    session, slot = booking.session, booking.slot
    begins, ends = (slot.starts_at, slot.ends_at) if slot is not None else (session.starts_at, session.ends_at)
    before = None
    if booking.status == BookingStatus.WAITLIST:
        queue = Booking.objects.filter(session_id=session.pk, status=BookingStatus.WAITLIST)
        before = queue.filter(
            Q(made_at__lt=booking.made_at) | Q(made_at=booking.made_at, id__lt=booking.id)
        ).count()  # fmt: skip
    clinic = (known or {}).get(session.schedule_id) or clinic_by_id(session.schedule_id)
    return Shown(booking, session, clinic, name, begins, ends, may_change(booking, at), before)


def seen_doctors(person_id: int, *, at: datetime, limit: int = 3) -> list[Clinic]:
    """The clinics somebody was booked at last: 看过的医生."""
    rows = Booking.objects.filter(
        person_id__in=person_ids_of(person_id), kind=KIND, status__in=(BookingStatus.BOOKED, BookingStatus.ARRIVED, BookingStatus.FULFILLED),
        day__gte=city_day(at) - timedelta(days=730),
    )  # fmt: skip
    last = rows.order_by("-day").values_list("session__schedule_id", flat=True)[:50]
    return [clinic_by_id(number) for number in list(dict.fromkeys(last))[:limit]]
