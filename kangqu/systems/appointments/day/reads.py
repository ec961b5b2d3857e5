"""The queue of a session as it stands, the wait of each, and how well waits were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from kangqu.kernel.capacity.models import Session, Slot
from kangqu.systems.appointments.day.estimate import Pace, Wait, pace_of, wait_of
from kangqu.systems.appointments.day.models import CAN_BE_CALLED, Call, Post, Visit, VisitState
from kangqu.systems.appointments.day.order import GREEN, Waiting, in_order
from kangqu.systems.appointments.day.policy import number, rules_at

_USUAL: Final = timedelta(days=30)
_AT_WORK: Final = timedelta(minutes=45)
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Queue:
    """A session's visits: ``waiting`` the next first, the others by state; how fast it goes, how many doctors are at work."""

    session: Session
    waiting: Sequence[Visit]
    others: Sequence[Visit]
    pace: Pace
    doctors: int
    at: datetime

    def of(self, *states: VisitState) -> list[Visit]:
        return [each for each in self.others if each.state in states]

    def ahead(self, visit: Visit) -> int | None:
        """How many are called before her; None when she does not wait."""
        return next((n for n, each in enumerate(self.waiting) if each.id == visit.id), None)

    def wait(self, ahead: int) -> Wait:
        """The wait of whoever has so many before her."""
        inside = [each.in_room_at for each in self.of(VisitState.IN_ROOM) if each.in_room_at is not None]
        begins = 0.0 if inside or self.pace.known > 6 else (self.session.starts_at - self.at).total_seconds() / 60
        called = len(self.of(VisitState.CALLED))
        room = [(self.at - each).total_seconds() / 60 for each in inside] + [0.0] * called
        return wait_of(ahead, self.pace, begins_in=begins, in_room=room, doctors=self.doctors)


def queue_of(session: Session, *, at: datetime) -> Queue:
    """The session's queue as it stands."""
    visits = list(Visit.objects.filter(session=session).select_related("person"))
    calls = list(Call.objects.filter(session_id=session.pk).values_list("visit_id", "at"))
    by_id = {each.id: each for each in visits}
    waiting = {each.id: _waiting(each, calls) for each in visits if each.state in CAN_BE_CALLED}
    by_number = {one.number: by_id[number] for number, one in waiting.items()}
    ordered = [by_number[one.number] for one in in_order(waiting.values(), rules_at(at))]
    others = sorted((each for each in visits if each.id not in waiting), key=lambda each: each.number)
    at_work = Post.objects.filter(session=session, seen_at__gt=at - _AT_WORK).count()
    return Queue(session, ordered, others, _pace(session, visits, at), max(1, at_work), at)


def _waiting(visit: Visit, calls: Sequence[tuple[int, datetime]]) -> Waiting:
    since = visit.since
    others = sum(1 for number, at in calls if since is not None and at > since and number != visit.id)
    return Waiting(
        number=visit.number, slot_at=visit.slot_at, came_at=visit.came_at, turn_at=visit.turn_at, green=visit.channel == GREEN,
        back=visit.state == VisitState.BACK, passes=visit.passes if visit.state == VisitState.PASSED else 0, since=since,
        calls_since=others,
    )  # fmt: skip


def _pace(session: Session, visits: Sequence[Visit], at: datetime) -> Pace:
    today = [each.took_seconds / 60 for each in visits if each.took_seconds and each.state != VisitState.IN_ROOM]
    before = Visit.objects.filter(
        session__schedule_id=session.schedule_id, day__gte=session.day - _USUAL, day__lt=session.day, took_seconds__gt=0
    )
    usual = [seconds / 60 for seconds in before.order_by("-day").values_list("took_seconds", flat=True)[:_MOST]]
    return pace_of(today, usual, float(number("usual_minutes", at)))


def slots_of(session: Session) -> list[datetime]:
    return list(Slot.objects.filter(session=session).order_by("starts_at").values_list("starts_at", flat=True))


@dataclass(frozen=True, slots=True)
class Told:
    """How well waits were told: of how many, the mean absolute error in minutes, the share within the interval."""

    count: int
    error: float
    within: float


def told_well(institution_id: int, *, since: datetime) -> Told | None:
    """Of whoever checked in from then on and has been called; None while there is nobody."""
    rows = Visit.objects.filter(
        institution_id=institution_id, came_at__gte=since, first_called_at__isnull=False, told_minutes__isnull=False
    ).values_list("came_at", "first_called_at", "told_minutes", "told_least", "told_most")[:20_000]
    told = [
        ((called - came).total_seconds() / 60, minutes, low or 0.0, high or 0.0)
        for came, called, minutes, low, high in rows
        if called is not None and minutes is not None
    ]
    if not told:
        return None
    return Told(
        len(told),
        fmean(abs(real - minutes) for real, minutes, _, _ in told),
        sum(low <= real <= high for real, _, low, high in told) / len(told),
    )
