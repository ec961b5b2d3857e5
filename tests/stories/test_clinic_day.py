"""A daughter books for her mother; the clinic day runs to the free revisit: phone, kiosk, doctor, board, desk, each in a browser."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.capacity.models import Booking, RosterRow, Schedule, Session
from kangqu.kernel.capacity.sessions import generate
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.systems.appointments.care.models import Episode
from kangqu.systems.appointments.day.models import Visit
from tests.access import cast
from tests.citizen.conftest import Family, family, signed_in
from tests.look_over import cookies_of

__all__ = ["family"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Hospital:
    """An orthopaedic general clinic in five days, and again two days later; the site's clock, wound on by hand."""

    def __init__(self, home: Family) -> None:
        self.at = home.now
        self.first = city_day(home.now) + timedelta(days=5)
        for around in (home.now, home.now + timedelta(days=5)):
            for table in ("trace_entry", "people_code_use"):
                ensure_partitions(table, around=around, ahead=3)
        self.place = cast.institution("市中心医院", "hospital", cast.region("3703", "淄博市"))
        department = Department.objects.create(institution=self.place, name="骨科")
        self.schedule = Schedule.objects.create(
            code="WSTORY", kind="appointment", institution=self.place, department=department, title="骨科普通门诊", on_holidays=True,
            scope=f"department/{department.pk}", facts={"level": "general", "fee_fen": 1000, "room": "3 号诊室"},
            begun_at=home.now - timedelta(days=30),
        )  # fmt: skip
        for days in (0, 2):
            day = self.first + timedelta(days=days)
            RosterRow.objects.create(
                schedule=self.schedule, weekday=day.isoweekday(), begins=time(9), ends=time(10), slot_minutes=30, since=day, until=day,
                quotas={"citizen": 2, "returning": 2},
            )  # fmt: skip
            generate(self.schedule.pk, until=day, by=the_house(), at=home.now - timedelta(days=1))
        self.staff = {role: self._account(role) for role in (Role.DOCTOR, Role.REGISTRAR)}

    def __call__(self) -> datetime:
        return self.at

    def _account(self, role: Role) -> Account:
        account = cast.staff(f"story.{role}", role, self.place, at=self.at)
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=self.at)
        return account

    def wind(self, days: int, clock: str) -> None:
        hour, minute = map(int, clock.split(":"))
        self.at = datetime.combine(self.first + timedelta(days=days), time(hour, minute), tzinfo=CITY)

    def cookies(self, account: Account) -> dict[str, str]:
        return cookies_of(signed_in(account, self.at))


@pytest.fixture
def hospital(family: Family, monkeypatch: pytest.MonkeyPatch) -> Hospital:
    made = Hospital(family)
    monkeypatch.setattr("kangqu.web.middleware.system_clock", made)
    return made


def press(page: Page, text: str) -> None:
    with page.expect_navigation():
        page.click(f"main button:has-text('{text}')")


def test_a_daughter_books_and_the_clinic_day_runs_to_the_free_revisit(
    open_page: Any, site: str, family: Family, hospital: Hospital
) -> None:
    family.grant(family.mother, family.daughter)
    daughter = cast.resident_account(family.daughter, at=family.now)
    session = Session.objects.get(schedule=hospital.schedule, day=hospital.first)

    # The daughter books for her mother, on her phone.
    phone = open_page(f"/h/book/session/{session.code}", cookies=hospital.cookies(daughter))
    phone.click("label:has-text('王秀兰')")
    press(phone, "下一步")
    press(phone, "确认预约")
    booking = Booking.objects.get()
    assert (booking.person_id, booking.status) == (family.mother.pk, "booked")

    # On the day the mother types the number at the kiosk; her whole name is not shown.
    hospital.wind(0, "08:50")
    kiosk = open_page("/c/clinic/kiosk", width=1440, cookies=hospital.cookies(hospital.staff[Role.REGISTRAR]))
    kiosk.fill("#id_code", booking.code)
    press(kiosk, "报到")
    assert "A001 王**" in kiosk.locator("[data-result]").inner_text()
    assert "王秀兰" not in kiosk.locator("main").inner_text()

    # Her daughter sees the place in the queue from afar.
    phone = open_page(f"/h/queue/{booking.code}", cookies=hospital.cookies(daughter))
    assert "前面 0 人" in phone.locator("main").inner_text() and "应收 10.00 元" in phone.locator("main").inner_text()

    # The doctor calls by the keyboard alone; the board shows and would speak it.
    hospital.wind(0, "09:01")
    doctor = open_page("/c/clinic", width=1440, cookies=hospital.cookies(hospital.staff[Role.DOCTOR]))
    with doctor.expect_navigation():
        doctor.keyboard.press("F8")
    board = open_page("/c/clinic/board", width=1920, cookies=hospital.cookies(hospital.staff[Role.REGISTRAR]))
    assert "请 王** A001 到 3 号诊室" in board.locator("#board").inner_text()
    assert board.locator("[data-say]").get_attribute("data-say") == "请 A 0 0 1 号，王，到 3 号诊室"
    phone.reload()
    assert "请到 3 号诊室" in phone.locator("main").inner_text()
    with doctor.expect_navigation():
        doctor.keyboard.press("F8")
    assert "王秀兰" in doctor.locator("main").inner_text()

    # An examination cannot be done today: the visit ends, the episode does not.
    hospital.wind(0, "09:12")
    press(doctor, "看完，检查改天做")
    assert Visit.objects.get().state == "finished"
    assert Episode.objects.get().doctor_id == hospital.staff[Role.DOCTOR].pk

    # He books the revisit; two days later it costs nothing, and everybody is told why.
    doctor.goto(f"{site}/c/clinic/care")
    press(doctor, "约复诊")
    again = Booking.objects.get(channel="returning")
    hospital.wind(2, "08:55")
    desk = open_page("/c/clinic/day", width=1440, cookies=hospital.cookies(hospital.staff[Role.REGISTRAR]))
    press(desk, "报到")
    assert "应收 0.00 元" in desk.locator("main").inner_text() and "不再收诊察费" in desk.locator("main").inner_text()
    visit = Visit.objects.get(booking_id=again.id)
    assert (visit.fee_fen, visit.channel, visit.fee_why["rule"]) == (0, "returning", "FR0")
    phone = open_page(f"/h/queue/{again.code}", cookies=hospital.cookies(daughter))
    assert "不再收诊察费" in phone.locator("main").inner_text()

    # Seen to the end, the episode is over.
    hospital.wind(2, "09:02")
    doctor = open_page("/c/clinic", width=1440, cookies=hospital.cookies(hospital.staff[Role.DOCTOR]))
    for _ in range(3):  # call, come in, finish
        with doctor.expect_navigation():
            doctor.keyboard.press("F8")
    assert Visit.objects.get(booking_id=again.id).state == "finished"
    assert Episode.objects.get().ended_at is not None
    assert set(Booking.objects.values_list("status", flat=True)) == {"fulfilled"}
