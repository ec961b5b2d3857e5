"""Calling: in order, one patient a call, twice, passed, tests, finished; and the killed."""

from __future__ import annotations

import threading
from unittest import mock

import pytest
from django.db import connection, connections

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.notices.models import Notice
from kangqu.systems.appointments.day import calling
from kangqu.systems.appointments.day.models import Call, Numbering, Visit
from kangqu.systems.appointments.day.reads import queue_of, told_well
from kangqu.systems.appointments.day.saying import said
from tests.appointments.day.conftest import Hall, at


def test_a_patients_way(hall: Hall) -> None:
    _, doctor = hall.doctor()
    visit = hall.come(hall.book("𠮷田花"))
    hall.clock.move_to(at("12-01 09:02"))
    called = calling.call_next(hall.session, room="3 号诊室", by=doctor, at=hall.now)
    assert called.id == visit.id
    assert said(called).zh == f"请 𠮷** {called.label} 到 3 号诊室"
    assert "*" not in said(called).spoken
    with pytest.raises(Refused) as refused:
        calling.call_next(hall.session, by=doctor, at=hall.now)
    assert refused.value.why.code == "KQ-3567"
    calling.enter(called, by=doctor, at=hall.now)
    hall.clock.move_to(at("12-01 09:10"))
    calling.send_for_tests(called, by=doctor, at=hall.now)
    hall.clock.move_to(at("12-01 09:40"))
    calling.come_back(called, by=doctor, at=hall.now)
    calling.call_next(hall.session, by=doctor, at=hall.now)
    calling.enter(called, by=doctor, at=hall.now)
    hall.clock.move_to(at("12-01 09:45"))
    done = calling.finish(called, by=doctor, at=hall.now)
    assert (done.state, done.took_seconds, done.room) == ("finished", 13 * 60, "3 号诊室")
    assert Booking.objects.get(id=visit.booking_id).status == "fulfilled"
    with pytest.raises(Refused) as twice:
        calling.finish(called, by=doctor, at=hall.now)
    assert twice.value.why.code == "KQ-3568"
    told = told_well(hall.world.place.pk, since=at("12-01 00:00"))
    assert told is not None and told.count == 1 and told.error >= 0


def test_another_doctor_may_not_take_in_whom_he_did_not_call(hall: Hall) -> None:
    _, mine = hall.doctor()
    _, other = hall.doctor()
    hall.come(hall.book("王一"))
    called = calling.call_next(hall.session, by=mine, at=hall.now)
    for step in (calling.enter, calling.passed, calling.call_again):
        with pytest.raises(Refused):
            step(called, by=other, at=hall.now)
    with pytest.raises(Refused) as nobody:
        calling.call_next(hall.session, by=other, at=hall.now)
    assert nobody.value.why.code == "KQ-3566"


def test_passed_is_called_again_after_three_others(hall: Hall) -> None:
    _, doctor = hall.doctor()
    visits = [hall.come(hall.book(f"王{n}")) for n in range(5)]
    order = []
    for n in range(6):
        hall.clock.shift(60)
        called = calling.call_next(hall.session, by=doctor, at=hall.now)
        order.append(visits.index(called))
        if n == 0:
            calling.passed(called, by=doctor, at=hall.now)
        else:
            calling.enter(called, by=doctor, at=hall.now)
            calling.finish(called, by=doctor, at=hall.now)
    assert order == [0, 1, 2, 3, 0, 4]


def test_green_is_first(hall: Hall) -> None:
    _, doctor = hall.doctor()
    hall.come(hall.book("王一"))
    green = hall.come(hall.book("王急", 1, "green"))
    assert calling.call_next(hall.session, by=doctor, at=hall.now).id == green.id


def test_near_is_told_once(hall: Hall) -> None:
    _, doctor = hall.doctor()
    for n in range(6):
        hall.come(hall.book(f"王{n}"))
    calling.call_next(hall.session, by=doctor, at=hall.now)
    near = Notice.objects.filter(template="appointment_queue_near")
    assert near.count() == 4
    called = Visit.objects.get(state="called")
    calling.passed(called, by=doctor, at=hall.now)
    calling.call_next(hall.session, by=doctor, at=hall.now)
    assert near.count() == near.values("person_id").distinct().count()


def test_killed_between_two_rows_nothing_has_happened(hall: Hall) -> None:
    _, doctor = hall.doctor()
    booking = hall.book("王一")
    with (
        mock.patch("kangqu.systems.appointments.day.coming.record", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        hall.come(booking)
    booking.refresh_from_db()
    assert (booking.status, Visit.objects.count(), Numbering.objects.count()) == ("booked", 0, 0)
    hall.come(booking)
    with (
        mock.patch("kangqu.systems.appointments.day.calling.record", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        calling.call_next(hall.session, by=doctor, at=hall.now)
    assert Visit.objects.get().state == "waiting" and not Call.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_doctors_press_at_once_and_each_gets_another(hall: Hall) -> None:
    doctors = [hall.doctor()[1] for _ in range(2)]
    presses = [doctors[0], doctors[1], doctors[0], doctors[1]]
    for n in range(6):
        hall.come(hall.book(f"王{n}"))
    start, now = threading.Barrier(4), hall.now
    got: list[int | str] = []

    def press(doctor: object) -> None:
        start.wait(10)
        try:
            got.append(calling.call_next(hall.session, by=doctor, at=now).id)  # type: ignore[arg-type]
        except Refused as refused:
            got.append(refused.why.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(doctor,)) for doctor in presses]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(map(str, got))[-2:] == ["KQ-3567", "KQ-3567"]
    assert len({each for each in got if isinstance(each, int)}) == 2
    assert Visit.objects.filter(state="called").count() == 2
    assert connection is not None


def test_the_pages_of_the_day(hall: Hall) -> None:
    client, _ = hall.doctor()
    booking = hall.book("欧阳修")
    page = client.post("/c/clinic/kiosk", {"code": booking.code})
    assert page.status_code == 200 and "欧**" in page.content.decode() and "欧阳修" not in page.content.decode()
    refused = client.post("/c/clinic/kiosk", {"code": "什么\x00"})
    assert refused.status_code == 422
    here = f"/c/clinic/call/{hall.session.code}"
    assert "欧阳修" in client.get(here).content.decode()
    assert client.post(here, {"do": "next", "room": "3 号诊室"}).status_code == 302
    board = client.get("/c/clinic/board").content.decode()
    assert "请 欧** " in board and "欧阳修" not in board and 'data-say="请' in board
    visit = Visit.objects.get()
    client.post(here, {"do": "enter", "visit": visit.booking_code})
    client.post(here, {"do": "finish", "visit": visit.booking_code})
    visit.refresh_from_db()
    assert visit.state == "finished"
    assert "应收 10.00 元" in client.get("/c/clinic/day").content.decode()
    assert client.post(here, {"do": "nonsense", "visit": visit.booking_code}).status_code == 404
    assert client.post(here, {"do": "enter", "visit": "A\x00" * 99}).status_code == 404


def test_who_may_not(hall: Hall) -> None:
    hall.come(hall.book("王一"))
    nurse, _ = hall.doctor(Role.NURSE)
    here = f"/c/clinic/call/{hall.session.code}"
    assert nurse.get(here).status_code == 403
    assert nurse.get("/c/clinic/day").status_code == 200
    elsewhere, _ = hall.doctor(Role.DOCTOR, where=hall.world.other)
    assert elsewhere.get(here).status_code == 404
    assert elsewhere.post(here, {"do": "next"}).status_code == 404
    code = Booking.objects.get().code
    assert elsewhere.post("/c/clinic/day", {"do": "leave", "booking": code}).status_code == 404
    stranger = hall.world.client(hall.world.family.stranger)
    assert stranger.get(f"/h/queue/{code}").status_code == 404
    assert stranger.get(here).status_code in (302, 403)
    assert queue_of(hall.session, at=hall.now).waiting[0].state == "waiting"


def test_a_desk_helps_who_has_no_phone(hall: Hall) -> None:
    desk, _ = hall.doctor(Role.REGISTRAR)
    booking = hall.book("王一")
    assert "未到" in desk.get("/c/clinic/day").content.decode()
    desk.post("/c/clinic/day", {"do": "check_in", "booking": booking.code})
    assert Visit.objects.get().booking_id == booking.id
    mother = hall.world.family.mother
    hall.world.present(mother)
    hall.clock.move_to(at("12-01 08:50"))
    desk.post("/c/clinic/day", {"do": "walk_in", "session": hall.session.code, "who": mother.public_code, "key": "k1"})
    assert Visit.objects.get(person=mother).channel == "onsite"
    mine = hall.world.client(mother).get(f"/h/queue/{Visit.objects.get(person=mother).booking_code}").content.decode()
    assert "前面 1 人" in mine
    english = hall.world.client(mother).get(
        f"/h/queue/{Visit.objects.get(person=mother).booking_code}", headers={"Accept-Language": "en"}
    )
    assert english.status_code == 200
