"""What became of a booking is told once, to her and those who book for her; the reminder comes the evening before, once."""

from __future__ import annotations

from datetime import time, timedelta

from kangqu.kernel.capacity.stopping import rebook, stop
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.people.papers import PhoneGiven, add_phone
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.booking.telling import remind, tell
from kangqu.systems.appointments.models import News
from tests.appointments.booking.conftest import DAY, NOW, Clinics, at

HOUSE = the_house("appointments")


def told() -> list[tuple[str, str, int | None]]:
    rows = Notice.objects.filter(template__startswith="appointment_").order_by("id")
    return [(row.template.removeprefix("appointment_"), row.channel, row.person_id) for row in rows]


def test_booked_is_told_once_to_her_and_to_who_may_book_for_her(clinics: Clinics):
    home = clinics.family
    home.grant(home.mother, home.daughter, "book")
    home.grant(home.mother, home.stranger, "code")
    clinics.booked(home.daughter, clinics.open("bones"), **{"for": home.mother.public_code})
    assert tell(at=NOW) == 1 and tell(at=NOW) == 0
    assert {(kind, person) for kind, _channel, person in told()} == {
        ("booked", home.mother.pk),
        ("booked", home.daughter.pk),
    }


def test_a_hold_is_told_to_nobody_and_cancelling_once(clinics: Clinics):
    home = clinics.family
    session = clinics.open("bones")
    held = clinics.held(home.daughter, session)
    taking.cancel(held, by=HOUSE, at=NOW)
    assert tell(at=NOW) == 0
    mine = clinics.booked(home.daughter, session)
    taking.cancel(mine, by=HOUSE, at=NOW)
    taking.cancel(mine, by=HOUSE, at=NOW)
    tell(at=NOW)
    assert [kind for kind, _channel, _person in told()] == ["booked", "cancelled"]


def test_promoted_moved_and_stopped(clinics: Clinics):
    home = clinics.family
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    mine = clinics.booked(home.daughter, session)
    clinics.client(home.mother).post(f"/h/book/session/{session.code}", {"do": "wait", "key": "w"})
    taking.cancel(mine, by=HOUSE, at=NOW)
    tell(at=NOW)
    assert ("promoted", "in_app", home.mother.pk) in told() and ("waiting", "in_app", home.mother.pk) in told()
    later = clinics.open("bones", {"citizen": 1}, day=DAY + timedelta(days=1), ends=time(9, 30))
    other = clinics.booked(home.daughter, clinics.open("heart", {"citizen": 1}, ends=time(9, 30)))
    stop(session.pk, why="医生外出", by=HOUSE, at=NOW)
    rebook(session.pk, by=HOUSE, at=NOW)
    stop(other.session_id, why="停电", by=HOUSE, at=NOW)
    rebook(other.session_id, by=HOUSE, at=NOW)
    tell(at=NOW)
    kinds = [(kind, person) for kind, _channel, person in told()]
    assert ("moved_by_hospital", home.mother.pk) in kinds and ("cancelled_by_hospital", home.daughter.pk) in kinds
    assert later.pk == clinics.booking(home.mother).session_id
    assert [kind for kind, _person in kinds].count("promoted") == 1


def test_reminded_the_evening_before_once_and_of_the_new_day_after_moving(clinics: Clinics):
    home = clinics.family
    mine = clinics.booked(home.mother, clinics.open("bones"))
    tell(at=NOW)
    assert remind(at=at("11-30 18:29")) == 0
    assert remind(at=at("11-30 18:30")) == 1 and remind(at=at("11-30 18:40")) == 0
    tell(at=at("11-30 18:41"))
    later = clinics.open("bones", day=DAY + timedelta(days=2))
    taking.reschedule(mine, later.pk, None, by=HOUSE, at=at("11-30 19:00"))
    assert remind(at=at("12-02 18:30")) == 1
    tell(at=at("12-02 18:31"))
    assert [kind for kind, *_ in told()].count("remind") == 2


def test_who_cancelled_meanwhile_is_not_reminded(clinics: Clinics):
    mine = clinics.booked(clinics.family.mother, clinics.open("bones"))
    remind(at=at("11-30 18:30"))
    taking.cancel(mine, by=HOUSE, at=at("11-30 18:30"))
    tell(at=at("11-30 18:31"))
    assert "remind" not in [kind for kind, *_ in told()]
    assert not News.objects.filter(told_at=None).exists()


def test_texts_keep_quiet_hours(clinics: Clinics):
    home = clinics.family
    add_phone(home.mother.pk, PhoneGiven(number="13800000001"), by=HOUSE, at=NOW)
    clinics.booked(home.mother, clinics.open("bones"))
    tell(at=at("11-26 23:30"))
    text = Notice.objects.get(template="appointment_booked", channel="sms")
    assert text.due_at == at("11-27 08:00")
