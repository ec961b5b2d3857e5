"""A clinic day for the pages: two sessions at the doctor's institution, people waiting, called, at tests; the daughter in the queue."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import new_code
from kangqu.kernel.capacity.models import Booking, Schedule, Session, Slot
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.care.models import Episode, HandOver
from kangqu.systems.appointments.day import calling, coming
from tests.access import cast


def clinic_day_of(world: Any) -> dict[str, str]:
    """Make it; the codes by name."""
    place, now = world.clinic, world.now
    department, _made = Department.objects.get_or_create(institution=place, name="全科")
    sessions = [
        _session(world, department, number, title) for number, title in enumerate(("全科普通门诊", "中医普通门诊"))
    ]
    desk, doctor = Actor(None, "registrar", place.pk), Actor(1, "doctor", place.pk)
    people = [cast.resident(name, at=now) for name in ("欧阳修竹", "𠮷田花", "王五")]
    bookings = [_booking(person, sessions[0], n, now) for n, person in enumerate([*people, world.daughter])]
    for booking in bookings:
        coming.check_in(booking, institution_id=place.pk, by=desk, at=now)
    first = calling.call_next(sessions[0], room="3 号诊室", by=doctor, at=now)
    calling.passed(first, by=doctor, at=now)
    calling.call_next(sessions[0], by=doctor, at=now)
    _care(world, department)
    _booking(cast.resident("赵六", at=now), sessions[0], 9, now)
    return {"day_session": sessions[0].code, "day_mine": bookings[-1].code}


def _session(world: Any, department: Department, number: int, title: str) -> Session:
    starts = world.now - timedelta(minutes=30)
    schedule = Schedule.objects.create(
        code=f"WDAY{number}", kind="appointment", institution=world.clinic, department=department, title=title,
        scope=f"department/{department.pk}", facts={"level": "general", "fee_fen": 1000, "room": "1 号诊室"},
        begun_at=world.now - timedelta(days=60),
    )  # fmt: skip
    session = Session.objects.create(
        code=f"SDAY{number}", schedule=schedule, institution=world.clinic, day=city_day(starts), starts_at=starts,
        ends_at=starts + timedelta(hours=3), released_at=starts - timedelta(days=7),
    )  # fmt: skip
    Slot.objects.create(session=session, starts_at=starts, ends_at=starts + timedelta(hours=1))
    return session


def _booking(person: Any, session: Session, number: int, now: datetime) -> Booking:
    made = Booking.objects.create(
        person=person, code=new_code("A", random.Random(900 + number)), kind="appointment", session=session, slot=Slot.objects.get(session=session),
        channel="citizen", scope=f"day/{number}", day=session.day, status="booked", key=f"day{number}", made_at=now, changed_at=now,
    )  # fmt: skip
    return coming.bookings().get(id=made.id)


def _care(world: Any, department: Department) -> None:
    """Somebody whose tests are left open is offered to the department."""
    episode = Episode.objects.create(
        person=world.mother, institution=world.clinic, department=department, day=city_day(world.now), level="general",
        first_visit_id=1, first_doctor_id=1, doctor_id=1, tests_pending=True, begun_at=world.now,
    )  # fmt: skip
    HandOver.objects.create(
        person=world.mother, episode_id=episode.id, institution=world.clinic, from_doctor_id=1, department=department, reason="出差三天",
        offered_at=world.now,
    )  # fmt: skip
