"""A doctor is called away: the secretary stops his clinic of sixty people; fifty-eight have another time, two are called. In browsers."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.capacity.booking import Wanted, book
from kangqu.kernel.capacity.models import Booking, RosterRow, Schedule, Session
from kangqu.kernel.capacity.sessions import generate
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.systems.appointments.booking import telling
from kangqu.systems.appointments.stopping.tasks import rebook_session
from tests.access import cast
from tests.citizen.conftest import Family, family, signed_in
from tests.look_over import cookies_of

__all__ = ["family"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Clinic:
    """Sixty places in five days and sixty the day after, of which two are taken; the family's mother is the first of the sixty
    people of the first day, her son's booking the last."""

    def __init__(self, home: Family) -> None:
        self.at = home.now
        self.first = city_day(home.now) + timedelta(days=5)
        for days in (0, 5):
            ensure_partitions("trace_entry", around=home.now + timedelta(days=days), ahead=3)
        self.place = cast.institution("市中心医院", "hospital", cast.region("3703", "淄博市"))
        department = Department.objects.create(institution=self.place, name="骨科")
        self.schedule = Schedule.objects.create(
            code="WSTOP", kind="appointment", institution=self.place, department=department, title="骨科普通门诊", on_holidays=True,
            scope=f"department/{department.pk}", facts={"level": "general", "fee_fen": 1000, "room": "3 号诊室"},
            begun_at=home.now - timedelta(days=30),
        )  # fmt: skip
        for days in (0, 1):
            day = self.first + timedelta(days=days)
            RosterRow.objects.create(
                schedule=self.schedule, weekday=day.isoweekday(), begins=time(8), ends=time(13), slot_minutes=30, since=day, until=day,
                quotas={"citizen": 6},
            )  # fmt: skip
            generate(self.schedule.pk, until=day, by=the_house(), at=home.now - timedelta(days=1))
        self.session, self.next = Session.objects.filter(schedule=self.schedule).order_by("day")
        people = [home.mother, *(cast.resident(f"演示{number}", at=home.now) for number in range(58)), home.son]
        for place, person in enumerate(people):
            self.book(person, self.session, home.now - timedelta(minutes=70 - place))
        for number in range(2):
            self.book(cast.resident(f"先到{number}", at=home.now), self.next, home.now - timedelta(minutes=80))
        self.keeper = cast.staff("story.keeper", Role.REGISTRAR, self.place, at=self.at)
        SecondFactor.objects.create(account=self.keeper, secret_sealed=b"x", confirmed_at=self.at)

    def __call__(self) -> datetime:
        return self.at

    def book(self, person: Person, session: Session, at: datetime) -> None:
        book(Wanted(person_id=person.pk, session_id=session.pk, channel="citizen", key="k"), by=the_house(), at=at)

    def cookies(self, account: Account) -> dict[str, str]:
        return cookies_of(signed_in(account, self.at))


@pytest.fixture
def clinic(family: Family, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    made = Clinic(family)
    monkeypatch.setattr("kangqu.web.middleware.system_clock", made)
    return made


def test_a_stopped_clinic_books_sixty_people_anew(open_page: Any, family: Family, clinic: Clinic) -> None:
    # The secretary sees whom it concerns, says why, and stops it; a second press changes nothing.
    desk = open_page(f"/c/clinics/sessions/{clinic.session.code}", width=1440, cookies=clinic.cookies(clinic.keeper))
    assert "已预约（60 人）" in desk.locator("main").inner_text()
    desk.fill("#id_why", "医生临时外出")
    with desk.expect_navigation():
        desk.dblclick("main form button:has-text('停诊')")
    desk.reload()
    assert "医生临时外出" in desk.locator("main").inner_text()

    # The house finds other times; who finds none is on the list of those to be called.
    rebook_session(clinic.session.pk)
    desk.reload()
    text = desk.locator("main").inner_text()
    assert "已改约（58 人）" in text and "请打电话（2 人）" in text and "还在处理" not in text
    assert Booking.objects.filter(session=clinic.next, status="booked").count() == 60

    # The mother finds her appointment on her phone, a day later, and was told once.
    mother = Account.objects.filter(person=family.mother).first() or cast.resident_account(family.mother, at=family.now)
    phone = open_page("/h/appointments", cookies=clinic.cookies(mother))
    day = clinic.next.day
    assert f"{day.month} 月 {day.day} 日" in phone.locator("main").inner_text()
    assert Booking.objects.get(person=family.mother).session_id == clinic.next.pk
    telling.tell(at=clinic.at)
    assert Notice.objects.filter(person_id=family.mother.pk, template__contains="moved").count() == 1
    telling.tell(at=clinic.at)
    assert Notice.objects.filter(person_id=family.mother.pk, template__contains="moved").count() == 1

    # Nobody can book the stopped clinic any more.
    phone = open_page(f"/h/book/session/{clinic.session.code}", cookies=clinic.cookies(mother))
    assert phone.locator("main form button:has-text('下一步')").count() == 0
