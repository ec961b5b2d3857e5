"""Every figure is what the appointments behind it say, for a clinic, a department, a doctor, a day; and who may see what."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.booking import give_back
from kangqu.kernel.capacity.limits import note_asking
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.capacity.policy import number
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.appointments.day import calling
from kangqu.systems.appointments.noshow.marking import mark_missed
from kangqu.systems.appointments.views.counting import Asked, By, Figure, Used, bookings_behind, used
from tests.appointments.booking.conftest import at
from tests.appointments.day.conftest import Hall

pytestmark = pytest.mark.django_db
FIRST = date(2026, 12, 1)
PAGE = "/c/clinic-figures"


def words(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def after(hall: Hall) -> Hall:
    """Of sixteen places five were booked: two came, one was called after twelve minutes; one cancelled; two never came."""
    booked = [hall.book(f"𠮷{number}") for number in range(5)]
    hall.come(booked[0], "08:45")
    hall.come(booked[1], "08:50")
    give_back(booked[2].person_id, booked[2].id, by=the_house(), at=hall.now)
    _client, doctor = hall.doctor()
    hall.clock.move_to(at("12-01 08:57"))
    calling.call_next(hall.session, room="3", by=doctor, at=hall.now)
    hall.clock.move_to(at("12-02 01:20"))
    assert mark_missed(by=the_house(), at=hall.now) == 2
    return hall


def only(rows: list[Used]) -> Used:
    (row,) = rows
    return row


@pytest.mark.parametrize("by", list(By))
def test_the_figures_of_a_day(after: Hall, by: By) -> None:
    place = after.world.place.pk
    row = only(used(Asked(FIRST, FIRST, by, place)))
    assert (row.sessions, row.stopped, row.offered) == (1, 0, 16)
    assert (row.booked, row.came, row.missed, row.waiting) == (4, 2, 2, 0)
    assert (row.use, row.missed_rate) == (25.0, 50.0)
    assert (row.called, row.waited) == (1, 12.0)
    assert row.lead is not None and row.lead >= 0
    for figure, count in ((Figure.BOOKED, 4), (Figure.CAME, 2), (Figure.MISSED, 2), (Figure.WAITING, 0)):
        assert bookings_behind(Asked(FIRST, FIRST, by, place), figure, row.key).count() == count, figure
    assert used(Asked(FIRST - timedelta(days=1), FIRST - timedelta(days=1), by, place)) == []
    assert used(Asked(FIRST, FIRST, by, after.world.other.pk)) == []


def test_a_stopped_session_offers_nothing_and_is_counted(after: Hall) -> None:
    type(after.session).objects.filter(pk=after.session.pk).update(
        state="stopped", stopped_at=after.now, stopped_why="x"
    )
    row = only(used(Asked(FIRST, FIRST, By.CLINIC)))
    assert (row.sessions, row.stopped, row.offered, row.use) == (0, 1, 0, None)


def test_a_figure_opens_its_appointments_and_leaves_a_trace(after: Hall) -> None:
    client, _ = after.world.desk(Role.INSTITUTION_MANAGER)
    text = words(client.get(f"{PAGE}?first=2026-12-01&last=2026-12-01&by=day"))
    assert "25.0 %" in text and "50.0 %" in text
    found = re.search(r'href="([^"]*figure=missed&amp;key=20261201)"', text)
    assert found is not None
    listed = words(client.get(found[1].replace("&amp;", "&")))
    missed = Booking.objects.filter(status="noshow")
    assert all(each.code in listed for each in missed)
    assert listed.count("<tr>") == 1 + len(missed)
    assert TraceEntry.objects.filter(action="capacity.people", object_type="figure").exists()
    sheet = words(client.get(f"{PAGE}?first=2026-12-01&last=2026-12-01&format=csv"))
    assert "骨科普通门诊,1,0,16,4,25.0,2,2,50.0,0" in sheet


def test_the_city_sees_figures_of_every_institution_and_opens_nobody(after: Hall) -> None:
    officer, _ = after.world.desk(Role.COMMISSION_OFFICER)
    text = words(officer.get("/c/city/clinic-figures?first=2026-12-01&last=2026-12-01"))
    assert "市中心医院" in text and "25.0 %" in text and "figure=" not in text
    assert officer.get(f"{PAGE}/appointments?figure=missed").status_code == 403
    manager, _ = after.world.desk(Role.INSTITUTION_MANAGER)
    assert manager.get("/c/city/clinic-figures").status_code == 403
    assert Client().get(PAGE).status_code == 302
    other, _ = after.world.desk(Role.INSTITUTION_MANAGER, after.world.other)
    key = after.session.schedule_id
    listed = words(other.get(f"{PAGE}/appointments?first=2026-12-01&last=2026-12-01&figure=missed&by=clinic&key={key}"))
    assert not any(each.code in listed for each in Booking.objects.all()), "another institution's people"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("first=2026-12-02&last=2026-12-01", 422), ("first=2020-01-01&last=2026-12-01", 422), ("first=x&by=%00", 422), ("by=age", 422),
        ("first=9999-12-31", 422),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(hall: Hall, query: str, status: int) -> None:
    client, _ = hall.world.desk(Role.REGISTRAR)
    assert client.get(f"{PAGE}?{query}").status_code == status


@pytest.mark.parametrize(
    "query", ["figure=x", "figure=came&key=x", "figure=came&key=" + "9" * 30, "figure=came&by=day&key=20261399"]
)
def test_what_is_no_figure_is_not_found(hall: Hall, query: str) -> None:
    client, _ = hall.world.desk(Role.REGISTRAR)
    assert client.get(f"{PAGE}/appointments?{query}").status_code == 404


def test_who_asks_too_often_stands_on_the_list(hall: Hall) -> None:
    account = Account.objects.filter(person=None).first()
    assert account is not None
    limit = number("asks_a_minute", hall.now)
    for tries in range(limit + 7):
        try:
            note_asking(account.pk, at=hall.now)
        except Refused:
            assert tries >= limit
    hall.clock.move_to(hall.now + timedelta(minutes=2))
    officer, _ = hall.world.desk(Role.COMMISSION_OFFICER)
    text = words(officer.get("/c/city/hoarding?days=1"))
    assert account.display_name in text and ">7<" in text
    manager, _ = hall.world.desk(Role.INSTITUTION_MANAGER)
    assert manager.get("/c/city/hoarding").status_code == 403
    hall.clock.move_to(hall.now + timedelta(days=2))
    assert account.display_name not in words(officer.get("/c/city/hoarding?days=1"))
