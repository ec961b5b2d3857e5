"""A stopped clinic of sixty people: everybody has another time or stands on the call list, once, whoever is pressed or killed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.capacity.booking import Wanted, book
from kangqu.kernel.capacity.models import Booking, Schedule, Seat, Session
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.appointments.booking.models import News
from kangqu.systems.appointments.rosters.keeping import NewClinic, make_clinic, put_rows
from kangqu.systems.appointments.rosters.rows import Asked
from kangqu.systems.appointments.stopping.tasks import rebook_session
from tests.access import cast
from tests.appointments.rosters.test_pages import Hospital

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=CITY)


def row(weekday: int, seats: int) -> Asked:
    return Asked(
        weekday=weekday,
        begins=time(8),
        ends=time(13),
        slot_minutes=30,
        quotas={"citizen": seats},
        since=date(2026, 1, 1),
    )


@pytest.fixture
def hospital(db: None) -> Iterator[Hospital]:
    with time_machine.travel(NOW, tick=False):
        yield Hospital()


def sixty(hospital: Hospital) -> Session:
    """A Monday's clinic that sixty people have booked; Tuesday has room for 58."""
    by = the_house()
    new = NewClinic(department_id=hospital.department.pk, title="骨科普通门诊")
    clinic = make_clinic(new, institution_id=hospital.place.pk, by=by, at=NOW)
    put_rows(clinic, [row(1, 6), row(2, 6)], seen=0, by=by, at=NOW)
    monday, tuesday = Session.objects.order_by("starts_at")
    for number in range(60):
        person = cast.resident(f"𠮷{number}", at=NOW).pk
        book(Wanted(person_id=person, session_id=monday.pk, channel="citizen", key="k"), by=by, at=NOW)
    for number in range(2):
        person = cast.resident(f"先{number}", at=NOW).pk
        book(Wanted(person_id=person, session_id=tuesday.pk, channel="citizen", key="k"), by=by, at=NOW)
    return monday


def page(client: Client, session: Session, **given: str) -> tuple[int, str]:
    where = f"/c/clinics/sessions/{session.code}"
    answer = client.post(where, given) if given else client.get(where)
    return answer.status_code, answer.content.decode()


def test_sixty_people_of_a_stopped_clinic(hospital: Hospital) -> None:
    session = sixty(hospital)
    keeper = hospital.client(Role.INSTITUTION_MANAGER)
    status, text = page(keeper, session)
    assert status == 200
    assert "已预约（60 人）" in text
    assert "𠮷12" in text
    assert page(keeper, session, why="  ")[0] == 422
    assert page(keeper, session, why="医生临时外出")[0] == 302
    assert page(keeper, session, why="再按一次")[0] == 302
    _, text = page(keeper, session)
    assert "还在处理（60 人）" in text
    rebook_session(session.pk)
    rebook_session(session.pk)
    _, text = page(keeper, session)
    assert "已改约（58 人）" in text
    assert "请打电话（2 人）" in text
    assert "还在处理" not in text
    assert Seat.objects.filter(session__day=MONDAY + timedelta(days=1), booking_id=None).count() == 0
    kinds = sorted(
        News.objects.filter(kind__in=("moved_by_hospital", "cancelled_by_hospital")).values_list("kind", flat=True)
    )
    assert len(kinds) == 60
    assert Session.objects.get(pk=session.pk).stopped_why == "医生临时外出"
    assert TraceEntry.objects.filter(action="capacity.people").exists()


def test_who_cancelled_or_moved_herself_is_neither_moved_nor_called(hospital: Hospital) -> None:
    from kangqu.kernel.capacity.booking import give_back

    session = sixty(hospital)
    mine = Booking.objects.filter(session=session).first()
    assert mine is not None
    give_back(mine.person_id, mine.id, by=the_house(), at=NOW)
    keeper = hospital.client(Role.REGISTRAR)
    page(keeper, session, why="停")
    rebook_session(session.pk)
    _, text = page(keeper, session)
    assert "请打电话（1 人）" in text


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.PHARMACIST, Role.CDC_OFFICER])
def test_only_keepers_stop(hospital: Hospital, role: Role) -> None:
    session = sixty(hospital)
    client = hospital.client(role)
    assert page(client, session)[0] == 403
    assert page(client, session, why="x")[0] == 403
    assert Session.objects.get(pk=session.pk).state == "open"


def test_of_another_hospital_it_is_not_found_and_a_past_one_is_over(hospital: Hospital) -> None:
    session = sixty(hospital)
    other = hospital.client(Role.INSTITUTION_MANAGER, hospital.hospital("别的"))
    assert page(other, session)[0] == 404
    assert page(other, session, why="x")[0] == 404
    with time_machine.travel(datetime(2026, 11, 30, 13, 0, tzinfo=CITY), tick=False):
        hospital.now = timezone.now()
        assert page(hospital.client(Role.REGISTRAR), session, why="x")[0] == 422
    assert Session.objects.get(pk=session.pk).state == "open"
    assert Schedule.objects.count() == Department.objects.count() == 1
