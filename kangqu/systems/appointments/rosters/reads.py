"""What the pages of rosters show: an institution's clinics, departments, doctors, the days ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.basis.calendar import DayKind, day_of
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.capacity.models import RosterException, Schedule, Session
from kangqu.kernel.places.models import Department
from kangqu.systems.appointments.definition import DOCTORS
from kangqu.systems.appointments.kind import APPOINTMENT


@dataclass(frozen=True, slots=True)
class DayAhead:
    """A day as the roster makes it: ``kind`` workday, weekend, holiday or makeup with its name; why it is otherwise; its sessions
    as (session, places, taken)."""

    day: date
    kind: str
    name: str
    otherwise: str
    sessions: Sequence[tuple[Session, int, int]]


def clinics_of(institution_id: int) -> list[Schedule]:
    """The institution's clinics, open ones first."""
    mine = Schedule.objects.select_related("department").filter(institution_id=institution_id, kind=APPOINTMENT.code)
    return list(mine.order_by("ended_at", "department__name", "title", "id")[:500])


def departments_of(institution_id: int) -> list[tuple[str, str]]:
    """Open departments as choices."""
    rows = Department.objects.filter(institution_id=institution_id, open=True).order_by("name")
    return [(str(each.pk), each.name) for each in rows]


def doctors_of(institution_id: int) -> list[tuple[str, str]]:
    """Those who see patients at the institution, as choices."""
    held = Grant.objects.filter(institution_id=institution_id, role__in=DOCTORS, ends_at=None).values("account_id")
    return [(str(each.pk), each.display_name) for each in Account.objects.filter(pk__in=held).order_by("display_name")]


def days_ahead(schedule: Schedule, at: datetime, count: int = 14) -> list[DayAhead]:
    """The next days of a clinic."""
    first = city_day(at)
    days = [first + timedelta(days=number) for number in range(count)]
    otherwise = dict(RosterException.objects.filter(schedule=schedule, day__in=days).values_list("day", "reason"))
    places = Count("seats")
    taken = Count("seats", filter=Q(seats__booking_id__isnull=False))
    sessions = Session.objects.filter(schedule=schedule, day__in=days).annotate(places=places, taken=taken)
    by_day: dict[date, list[tuple[Session, int, int]]] = {}
    for each in sessions.order_by("starts_at"):
        by_day.setdefault(each.day, []).append((each, each.places, each.taken))
    return [_day(day, otherwise, by_day) for day in days]


def _day(day: date, otherwise: dict[date, str], sessions: dict[date, list[tuple[Session, int, int]]]) -> DayAhead:
    found = day_of(day)
    kind = {DayKind.HOLIDAY: "holiday", DayKind.MAKEUP: "makeup"}.get(found.kind, "")
    return DayAhead(day, kind, found.name, otherwise.get(day, ""), sessions.get(day, ()))
