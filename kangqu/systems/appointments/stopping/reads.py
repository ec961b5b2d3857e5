"""Who is in a session, and what became of the people of a stopped one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kangqu.kernel.access.doors import ShownPerson, shown_people
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.capacity.models import HAS_A_SEAT, Booking, BookingStatus, Seat, Session, SessionState
from kangqu.kernel.capacity.policy import number
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actions import record

MOST = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One booking as the keeper sees it. ``where``: the time it was moved to."""

    person: ShownPerson
    code: str
    status: str
    starts_at: datetime | None
    where: Session | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A session and its people. Of a stopped one: those who were moved, those for whom nothing was found (to be called), those not
    dealt with yet."""

    session: Session
    places: int
    taken: int
    here: Sequence[Line]
    waiting: int
    moved: Sequence[Line]
    lost: Sequence[Line]


def told_of(viewer: Viewer, session: Session, at: datetime) -> Told:
    """What the keeper sees; leaves a trace of the look at the list."""
    held = next(each for each in viewer.grants if each.institution_id == session.institution_id)
    record(viewer.actor(held=held).did("capacity.people", at=at, object_type="session", object_id=session.pk))
    seats = Seat.objects.filter(session=session)
    mine = Booking.objects.filter(session=session)
    here = list(mine.filter(status__in=HAS_A_SEAT).select_related("slot").order_by("slot__starts_at", "made_at")[:MOST])
    moved, lost = list[Booking](), list[Booking]()
    if session.state == SessionState.STOPPED and session.stopped_at is not None:
        since = session.stopped_at
        lost = list(mine.filter(status=BookingStatus.CANCELLED, changed_at__gte=since, why=session.stopped_why)[:MOST])
        until = at + timedelta(days=number("rebook_days", at) + 31)
        others = Session.objects.filter(
            institution_id=session.institution_id, starts_at__gte=since, starts_at__lte=until
        )
        elsewhere = Booking.objects.filter(session__in=others, facts__left=session.pk, changed_at__gte=since)
        moved = list(elsewhere.select_related("slot", "session").order_by("changed_at")[:MOST])
    people = _shown(viewer, [*here, *moved, *lost])
    return Told(
        session, seats.count(), seats.filter(booking_id__isnull=False).count(), [_line(each, people) for each in here],
        mine.filter(status=BookingStatus.WAITLIST).count(), [_line(each, people, moved=True) for each in moved],
        [_line(each, people) for each in lost],
    )  # fmt: skip


def _shown(viewer: Viewer, bookings: Sequence[Booking]) -> dict[int, ShownPerson]:
    people = list(Person.objects.filter(pk__in={each.person_id for each in bookings}).select_related("region"))
    return dict(zip([each.pk for each in people], shown_people(viewer, people), strict=True))


def _line(booking: Booking, people: dict[int, ShownPerson], *, moved: bool = False) -> Line:
    starts = booking.slot.starts_at if booking.slot is not None else None
    return Line(people[booking.person_id], booking.code, booking.status, starts, booking.session if moved else None)
