"""A resident books, keeps, moves and gives back a time through her pages; strangers, families, two clicks, midnight."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest

from kangqu.kernel.capacity.clock import lapse
from kangqu.kernel.capacity.models import Booking, Seat
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking import taking
from tests.appointments.booking.conftest import DAY, NOW, Clinics, at


def test_held_confirmed_shown(clinics: Clinics):
    session = clinics.open("bones")
    me = clinics.family.daughter
    page = clinics.client(me).get(f"/h/book/session/{session.code}").content.decode()
    assert "骨科" in page and "10.00 元" in page and "12 月" not in page.split("<title>")[0]
    mine = clinics.held(me, session)
    assert mine.status == "proposed" and clinics.left(session) == 3
    shown = clinics.client(me).get(f"/h/book/confirm/{mine.code}").content.decode()
    assert "10:15" in shown and "再留一会儿" in shown
    clinics.client(me).post(f"/h/book/confirm/{mine.code}", {"do": "yes"})
    assert "已预约" in clinics.client(me).get(f"/h/appointments/{mine.code}").content.decode()
    assert mine.code in clinics.client(me).get("/h/appointments").content.decode()


def test_two_clicks_make_one_booking(clinics: Clinics):
    session = clinics.open("bones")
    me, slot = clinics.family.daughter, clinics.slot(session)
    first = clinics.held(me, session, key="once", slot=str(slot))
    again = clinics.held(me, session, key="once", slot=str(slot))
    assert first.code == again.code and clinics.left(session) == 3
    other = clinics.client(me).post(f"/h/book/session/{session.code}", {"slot": slot, "key": "twice"})
    assert other.status_code == 422 and first.code in other.content.decode()
    assert Booking.objects.filter(person=me).count() == 1


def test_a_hold_ends_and_can_be_made_longer_once(clinics: Clinics):
    session = clinics.open("bones")
    me = clinics.family.daughter
    mine = clinics.held(me, session)
    clinics.clock.move_to(NOW + timedelta(minutes=14))
    clinics.client(me).post(f"/h/book/confirm/{mine.code}", {"do": "longer"})
    mine.refresh_from_db()
    assert mine.held_until == NOW + timedelta(minutes=29)
    assert Seat.objects.get(booking_id=mine.id).held_until == mine.held_until
    again = clinics.client(me).post(f"/h/book/confirm/{mine.code}", {"do": "longer"}, follow=True)
    assert "只能延长一次" in again.content.decode()
    assert lapse(by=the_house(), at=NOW + timedelta(minutes=30)) == 1
    clinics.clock.move_to(NOW + timedelta(minutes=30))
    late = clinics.client(me).post(f"/h/book/confirm/{mine.code}", {"do": "yes"}, follow=True)
    assert "KQ-1606" in late.content.decode()
    assert clinics.left(session) == 4


def test_family_with_the_right_and_without(clinics: Clinics):
    session = clinics.open("bones")
    home = clinics.family
    home.grant(home.mother, home.daughter, "code", "book")
    clinics.booked(home.daughter, session)
    hers = clinics.booked(home.daughter, session, **{"for": home.mother.public_code})
    assert hers.person_id == home.mother.pk and hers.made_by != home.mother.pk
    shown = clinics.client(home.daughter).get("/h/appointments").content.decode()
    assert "王秀兰" in shown and "李小𠮷" in shown
    assert hers.code in clinics.client(home.mother).get("/h/appointments").content.decode()
    refused = clinics.client(home.stranger).post(
        f"/h/book/session/{session.code}", {"for": home.mother.public_code, "slot": clinics.slot(session), "key": "x"}
    )
    assert refused.status_code in (404, 422) and Booking.objects.filter(person=home.mother).count() == 1


@pytest.mark.parametrize("page", ["", "/cancel", "/move"])
def test_a_stranger_finds_nothing(clinics: Clinics, page: str):
    session = clinics.open("bones")
    mine = clinics.booked(clinics.family.daughter, session)
    stranger = clinics.client(clinics.family.stranger)
    assert stranger.get(f"/h/appointments/{mine.code}{page}").status_code == 404
    assert stranger.post(f"/h/appointments/{mine.code}{page}", {"slot": "1"}).status_code == 404
    assert stranger.post(f"/h/book/confirm/{mine.code}", {"do": "no"}).status_code == 404
    mine.refresh_from_db()
    assert mine.status == "booked"


def test_an_agent_who_lost_the_right_to_book_cannot_cancel(clinics: Clinics):
    session = clinics.open("bones")
    home = clinics.family
    home.grant(home.mother, home.daughter, "code")
    mine = clinics.booked(home.mother, session)
    refused = clinics.client(home.daughter).post(f"/h/appointments/{mine.code}/cancel")
    assert refused.status_code == 403 and "KQ-3521" in refused.content.decode()
    mine.refresh_from_db()
    assert mine.status == "booked"


def test_cancelled_until_midnight_of_the_day_and_the_place_goes_to_whoever_waits(clinics: Clinics):
    session = clinics.open("bones", {"citizen": 1})
    home = clinics.family
    mine = clinics.booked(home.daughter, session)
    clinics.booked(home.mother, session, slot=str(clinics.slot(session, 1)))
    full = clinics.client(home.stranger).get(f"/h/book/session/{session.code}").content.decode()
    assert "候补" in full
    waits = clinics.client(home.stranger).post(f"/h/book/session/{session.code}", {"do": "wait", "key": "w"})
    queued = clinics.booking(home.stranger)
    assert waits.status_code == 302 and queued.status == "waitlist"
    clinics.clock.move_to(at("11-30 23:59"))
    assert clinics.client(home.daughter).post(f"/h/appointments/{mine.code}/cancel").status_code == 302
    mine.refresh_from_db()
    queued.refresh_from_db()
    assert (mine.status, queued.status) == ("cancelled", "booked")
    hers = clinics.booking(home.mother)
    clinics.clock.move_to(at("12-01 00:00"))
    late = clinics.client(home.mother).post(f"/h/appointments/{hers.code}/cancel", follow=True)
    assert "KQ-3520" in late.content.decode()
    hers.refresh_from_db()
    assert hers.status == "booked"


def test_whoever_is_promoted_after_the_deadline_may_still_decline(clinics: Clinics):
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    home = clinics.family
    mine = clinics.booked(home.daughter, session)
    clinics.client(home.stranger).post(f"/h/book/session/{session.code}", {"do": "wait", "key": "w"})
    clinics.clock.move_to(at("12-01 00:30"))
    taking.cancel(mine, by=the_house(), at=at("12-01 00:30"), himself=False)
    queued = clinics.booking(home.stranger)
    assert queued.status == "booked"
    assert clinics.client(home.stranger).post(f"/h/appointments/{queued.code}/cancel").status_code == 302
    queued.refresh_from_db()
    assert queued.status == "cancelled"


def test_leaving_the_queue(clinics: Clinics):
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    home = clinics.family
    clinics.booked(home.daughter, session)
    clinics.client(home.stranger).post(f"/h/book/session/{session.code}", {"do": "wait", "key": "w"})
    clinics.client(home.stranger).post(f"/h/book/session/{session.code}", {"do": "wait", "key": "w2"})
    assert Booking.objects.filter(person=home.stranger).count() == 1
    queued = clinics.booking(home.stranger)
    left = clinics.client(home.stranger).post(f"/h/appointments/{queued.code}/cancel", follow=True)
    assert "已退出候补" in left.content.decode()


def test_moved_with_its_number_and_kept_where_the_other_is_full(clinics: Clinics):
    session = clinics.open("bones", {"citizen": 1})
    later = clinics.open("bones", {"citizen": 1}, day=DAY + timedelta(days=1))
    home = clinics.family
    mine = clinics.booked(home.daughter, session)
    theirs = clinics.booked(home.mother, later)
    me = clinics.client(home.daughter)
    full = me.post(f"/h/appointments/{mine.code}/move", {"slot": theirs.slot_id})
    assert full.status_code == 422 and "原来的预约没有变" in full.content.decode()
    mine.refresh_from_db()
    assert mine.session_id == session.pk
    moved = me.post(f"/h/appointments/{mine.code}/move", {"slot": clinics.slot(later, 1)})
    assert moved.status_code == 302
    mine.refresh_from_db()
    assert mine.session_id == later.pk and mine.day == later.day and mine.status == "booked"


def test_released_just_after_midnight_and_not_before(clinics: Clinics):
    session = clinics.open("bones")
    type(session).objects.filter(pk=session.pk).update(released_at=at("11-27 00:00"))
    Seat.objects.filter(session=session).update(opens={"citizen": at("11-27 00:00").isoformat()})
    me = clinics.family.daughter
    given = {"slot": clinics.slot(session), "key": "k"}
    clinics.clock.move_to(at("11-26 23:30"))
    early = clinics.client(me).post(f"/h/book/session/{session.code}", given)
    assert early.status_code == 422 and "KQ-1603" in early.content.decode()
    clinics.clock.move_to(at("11-27 00:00"))
    assert clinics.client(me).post(f"/h/book/session/{session.code}", given).status_code == 302


def test_one_a_day_of_a_department_but_the_next_day_is_another(clinics: Clinics):
    session, next_day = clinics.open("bones"), clinics.open("bones", day=DAY + timedelta(days=1))
    me = clinics.family.daughter
    mine = clinics.booked(me, session)
    again = clinics.client(me).post(f"/h/book/session/{session.code}", {"slot": clinics.slot(session, 1), "key": "z"})
    assert again.status_code == 422 and mine.code in again.content.decode()  # AP1, worked example 11
    clinics.booked(me, next_day)


def test_who_asks_too_often_is_refused_before_anything_is_read(clinics: Clinics):
    session = clinics.open("bones")
    me = clinics.client(clinics.family.daughter)
    codes = [me.post(f"/h/book/session/{session.code}", {"slot": "0", "key": f"n{n}"}).status_code for n in range(31)]
    assert codes[-1] == 429 and 429 not in codes[:-1]


@pytest.mark.parametrize(
    "given",
    [{"slot": "9" * 40}, {"slot": "-1"}, {"slot": "x\x00"}, {"key": "𠮷" * 500, "slot": "1"}, {"for": "R" * 900}, {}],
)
def test_nothing_given_breaks_the_page(clinics: Clinics, given: dict[str, str]):
    session = clinics.open("bones")
    me = clinics.client(clinics.family.daughter)
    assert me.post(f"/h/book/session/{session.code}", given).status_code < 500
    for address in (
        "/h/book/session/" + "S" * 300,
        "/h/appointments/" + "A" * 300,
        "/h/book/confirm/-",
        "/h/book/clinic/x",
    ):
        assert me.get(address).status_code == 404


def test_a_form_carries_its_own_key(clinics: Clinics):
    session = clinics.open("bones")
    page = clinics.client(clinics.family.daughter).get(f"/h/book/session/{session.code}").content.decode()
    assert re.search(r'name="key" value="[0-9a-f]{16}"', page)
