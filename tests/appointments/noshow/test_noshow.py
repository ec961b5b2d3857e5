"""Who does not come is noted the night after, told, barred at the third, and appeals; the hospital's manager decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.capacity.arriving import arrive
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking.telling import tell
from kangqu.systems.appointments.models import Appeal
from kangqu.systems.appointments.noshow.marking import mark_missed
from kangqu.systems.appointments.noshow.standing import bans_of
from tests.appointments.booking.conftest import DAY, Clinics, at, clinics, family

__all__ = ["clinics", "family"]
HOUSE = the_house("appointments")


def missed(clinics: Clinics, who: Person, times: int = 3) -> list[Booking]:
    """She books on days in turn and never comes."""
    found = [clinics.booked(who, clinics.open("bones", day=DAY + timedelta(days=number))) for number in range(times)]
    mark_missed(by=HOUSE, at=at("12-05 01:20"))
    for each in found:
        each.refresh_from_db()
    return found


def test_marked_once_the_day_is_over_and_not_who_came(clinics: Clinics):
    session = clinics.open("bones")
    home = clinics.family
    came, stayed = clinics.booked(home.daughter, session), clinics.booked(home.mother, session)
    arrive(came.person_id, came.id, by=HOUSE, at=at("12-01 08:50"))
    assert mark_missed(by=HOUSE, at=at("12-01 23:59")) == 0
    assert mark_missed(by=HOUSE, at=at("12-02 00:00")) == 1
    assert mark_missed(by=HOUSE, at=at("12-02 00:30")) == 0
    came.refresh_from_db()
    stayed.refresh_from_db()
    assert (came.status, stayed.status) == ("arrived", "noshow")
    tell(at=at("12-02 09:00"))
    tell(at=at("12-02 09:01"))
    told = Notice.objects.filter(template="appointment_noshow")
    assert [row.person_id for row in told] == [home.mother.pk]


def test_of_a_stopped_session_nobody_is_missed(clinics: Clinics):
    session = clinics.open("bones")
    clinics.booked(clinics.family.daughter, session)
    type(session).objects.filter(pk=session.pk).update(state="stopped")
    assert mark_missed(by=HOUSE, at=at("12-02 01:20")) == 0


def test_barred_at_the_third_online_only_there(clinics: Clinics):
    me = clinics.family.daughter
    missed(clinics, me)
    (ban,) = bans_of(me.pk, at=at("12-05 09:00"))
    assert (ban.since.isoformat(), ban.until.isoformat()) == ("2026-12-03", "2027-01-01")
    clinics.clock.move_to(at("12-05 09:00"))
    next_one = clinics.open("heart", day=DAY + timedelta(days=9))
    said = clinics.client(me).post(f"/h/book/session/{next_one.code}", {"slot": clinics.slot(next_one), "key": "b"})
    assert said.status_code == 422 and "KQ-3530" in said.content.decode() and "2027-01-01" in said.content.decode()
    waits = clinics.client(me).post(f"/h/book/session/{next_one.code}", {"do": "wait", "key": "c"})
    assert waits.status_code == 422
    assert "不能网上预约" in clinics.client(me).get("/h/appointments").content.decode()
    elsewhere = clinics.open("county", day=DAY + timedelta(days=9))
    clinics.booked(me, elsewhere)  # a ban of one hospital
    desk, _by = clinics.desk(Role.NURSE)
    clinics.present(me)
    onsite = clinics.open("bones", {"onsite": 2}, day=(DAY + timedelta(days=4)))
    at_desk = desk.post(
        f"/c/appointments/book/{me.public_code}/session/{onsite.code}",
        {"channel": "onsite", "slot": clinics.slot(onsite, 1), "key": "d"},
    )
    assert at_desk.status_code == 302, at_desk.content.decode()[-3000:]


def test_an_appeal_accepted_lifts_the_ban(clinics: Clinics):
    me = clinics.family.daughter
    first, *_others = missed(clinics, me)
    clinics.clock.move_to(at("12-05 09:00"))
    page = clinics.client(me)
    assert "申诉" in page.get(f"/h/appointments/{first.code}").content.decode()
    sent = page.post(f"/h/appointments/{first.code}/appeal", {"text": "孩子突发高烧，送急诊了 𠮷"})
    again = page.post(f"/h/appointments/{first.code}/appeal", {"text": "再说一次"})
    assert sent.status_code == 302 and again.status_code == 422 and "KQ-3532" in again.content.decode()
    row = Appeal.objects.get()
    elsewhere, _by = clinics.desk(Role.INSTITUTION_MANAGER, clinics.other)
    assert elsewhere.get(f"/c/appointments/appeals/{row.id}").status_code == 404
    assert elsewhere.post(f"/c/appointments/appeals/{row.id}", {"accepted": "yes"}).status_code == 404
    nurse, _by = clinics.desk(Role.NURSE)
    assert nurse.get("/c/appointments/appeals").status_code == 403
    manager, _by = clinics.desk(Role.INSTITUTION_MANAGER)
    assert "𠮷" in manager.get("/c/appointments/appeals").content.decode()
    without = manager.post(f"/c/appointments/appeals/{row.id}", {"accepted": "no", "answer": ""})
    assert without.status_code == 422
    done = manager.post(f"/c/appointments/appeals/{row.id}", {"accepted": "yes", "answer": "已核实"})
    twice = manager.post(f"/c/appointments/appeals/{row.id}", {"accepted": "no", "answer": "不"})
    assert done.status_code == 302 and "KQ-3534" in twice.content.decode()
    assert bans_of(me.pk, at=at("12-05 10:00")) == []
    assert "已核实" in page.get(f"/h/appointments/{first.code}").content.decode()


@pytest.mark.parametrize("text", ["", " ", "字" * 501, "a\x00b"])
def test_an_appeal_says_something_in_bounds(clinics: Clinics, text: str):
    me = clinics.family.daughter
    (mine,) = missed(clinics, me, 1)
    clinics.clock.move_to(at("12-05 09:00"))
    assert clinics.client(me).post(f"/h/appointments/{mine.code}/appeal", {"text": text}).status_code == 422
    assert not Appeal.objects.exists()


def test_a_stranger_cannot_appeal_and_what_was_not_missed_is_not_appealed(clinics: Clinics):
    home = clinics.family
    (mine,) = missed(clinics, home.daughter, 1)
    clinics.clock.move_to(at("12-05 09:00"))
    assert clinics.client(home.stranger).post(f"/h/appointments/{mine.code}/appeal", {"text": "x"}).status_code == 404
    kept = clinics.booked(home.mother, clinics.open("heart", day=DAY + timedelta(days=8)))
    refused = clinics.client(home.mother).post(f"/h/appointments/{kept.code}/appeal", {"text": "x"})
    assert refused.status_code == 422 and "KQ-3531" in refused.content.decode()
