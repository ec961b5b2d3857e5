"""First contact and free revisits as they are recorded: nobody without a doctor, the fee with its reason."""

from __future__ import annotations

from datetime import date

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.appointments.care import first, revisiting
from kangqu.systems.appointments.care.models import Episode, HandOver
from kangqu.systems.appointments.day import calling, coming
from kangqu.systems.appointments.day.models import Visit
from tests.appointments.booking.conftest import NOW, Clinics
from tests.appointments.day.conftest import Hall, at, clinics, family, hall

__all__ = ["clinics", "family", "hall"]
MARKS = {"citizen": 2, "returning": 2}


@pytest.fixture
def days(clinics: Clinics, hall: Hall) -> Hall:
    """The orthopaedic clinic on 12-01 (Tuesday), 12-03 and 12-04."""
    hall.clock.move_to(NOW)
    for day in (3, 4):
        clinics.open("bones", MARKS, day=date(2026, 12, day))
    hall.clock.move_to(at("12-01 08:40"))
    return hall


def see(hall: Hall, booking: Booking, doctor: object, *, pending: bool) -> Visit:
    coming.check_in(booking, institution_id=hall.world.place.pk, by=hall.desk, at=hall.now)
    called = calling.call_next(booking.session, by=doctor, at=hall.now)  # type: ignore[arg-type]
    calling.enter(called, by=doctor, at=hall.now)  # type: ignore[arg-type]
    return calling.finish(called, tests_pending=pending, by=doctor, at=hall.now)  # type: ignore[arg-type]


def session_on(hall: Hall, day: int) -> object:
    from kangqu.kernel.capacity.models import Session

    found = Session.objects.select_related("schedule__department", "schedule__institution", "institution")
    return found.get(schedule=hall.world.schedules["bones"], day=date(2026, 12, day))


def test_a_revisit_within_three_days_is_free_and_says_why(days: Hall) -> None:
    _, doctor = days.doctor()
    mother = days.world.family.mother
    see(days, days.book_for(mother), doctor, pending=True)
    episode = Episode.objects.get()
    assert (episode.doctor_id, episode.tests_pending, episode.ended_at) == (doctor.account_id, True, None)
    session = session_on(days, 3)
    days.clock.move_to(at("12-03 08:40"))
    booked = revisiting.register(mother.pk, session, key="r1", by=doctor, at=days.now)  # type: ignore[arg-type]
    visit = coming.check_in(coming.bookings().get(id=booked.id), institution_id=days.world.place.pk, by=days.desk, at=days.now).visit  # fmt: skip
    assert (visit.fee_fen, visit.channel, visit.fee_why["rule"]) == (0, "returning", "FR0")
    assert "2026-12-03" in visit.fee_why["zh"] and "natural days" in visit.fee_why["en"]
    page = days.world.client(mother).get(f"/h/queue/{visit.booking_code}").content.decode()
    assert "应收 0.00 元" in page and "不再收诊察费" in page


def test_the_fourth_day_costs_and_says_why(days: Hall) -> None:
    _, doctor = days.doctor()
    mother = days.world.family.mother
    see(days, days.book_for(mother), doctor, pending=True)
    late = session_on(days, 4)
    with pytest.raises(Refused) as refused:
        revisiting.register(mother.pk, late, key="r1", by=doctor, at=days.now)  # type: ignore[arg-type]
    assert refused.value.why.code == "KQ-3580" and "2026-12-03" in refused.value.sentence("zh")
    booking = days.book_for(mother, session=late)  # type: ignore[arg-type]
    days.clock.move_to(at("12-04 08:50"))
    visit = coming.check_in(booking, institution_id=days.world.place.pk, by=days.desk, at=days.now).visit
    assert (visit.fee_fen, visit.fee_why["rule"], visit.channel) == (1000, "FR9", "citizen")


def test_a_finished_episode_needs_a_new_number(days: Hall) -> None:
    _, doctor = days.doctor()
    mother = days.world.family.mother
    see(days, days.book_for(mother), doctor, pending=False)
    assert Episode.objects.get().ended_at is not None
    verdict = revisiting.verdict_on(mother.pk, session_on(days, 3))  # type: ignore[arg-type]
    assert verdict is not None and verdict.rule == "FR6"
    assert revisiting.verdict_on(days.world.family.stranger.pk, session_on(days, 3)) is None  # type: ignore[arg-type]


def test_handing_over_counts_when_it_is_accepted(days: Hall) -> None:
    _, mine = days.doctor()
    _, other = days.doctor()
    _, elsewhere = days.doctor(where=days.world.other)
    see(days, days.book_for(days.world.family.mother), mine, pending=True)
    episode = Episode.objects.get()
    at_, reason = days.now, "转内科继续治疗"
    for doctor_id in (mine.account_id, elsewhere.account_id, None):
        with pytest.raises(Refused):
            first.offer(episode, doctor_id=doctor_id, department_id=None, reason=reason, by=mine, at=at_)
    with pytest.raises(Refused):
        first.offer(episode, doctor_id=other.account_id, department_id=None, reason=" ", by=mine, at=at_)
    with pytest.raises(Refused) as not_his:
        first.offer(episode, doctor_id=mine.account_id, department_id=None, reason=reason, by=other, at=at_)
    assert not_his.value.why.code == "KQ-3575"
    offered = first.offer(episode, doctor_id=other.account_id, department_id=None, reason=reason, by=mine, at=at_)
    with pytest.raises(Refused) as twice:
        first.offer(episode, doctor_id=other.account_id, department_id=None, reason=reason, by=mine, at=at_)
    assert twice.value.why.code == "KQ-3576"
    assert Episode.objects.get().doctor_id == mine.account_id
    first.answer(offered, accepted=False, words="床位已满", by=other, at=at_)
    assert Episode.objects.get().doctor_id == mine.account_id
    again = first.offer(episode, doctor_id=other.account_id, department_id=None, reason=reason, by=mine, at=at_)
    with pytest.raises(Refused):
        first.answer(again, accepted=True, by=mine, at=at_)
    first.answer(again, accepted=True, by=other, at=at_)
    with pytest.raises(Refused):
        first.answer(again, accepted=False, words="x", by=other, at=at_)
    now = Episode.objects.get()
    assert (now.doctor_id, now.first_doctor_id) == (other.account_id, mine.account_id)
    with pytest.raises(Refused):
        first.end(now, by=mine, at=at_)
    first.end(now, by=other, at=at_)
    assert TraceEntry.objects.filter(action="appointments.accept_episode").count() == 1


def test_the_page(days: Hall) -> None:
    client, doctor = days.doctor()
    colleague, other = days.doctor()
    see(days, days.book_for(days.world.family.mother), doctor, pending=True)
    episode = Episode.objects.get()
    page = client.get("/c/clinic/care").content.decode()
    assert "2026-12-03" in page and "约复诊" in page
    session = session_on(days, 3)
    client.post("/c/clinic/care", {"do": "revisit", "number": episode.id, "session": session.code, "key": "r1"})  # type: ignore[attr-defined]
    assert Booking.objects.get(channel="returning").person_id == episode.person_id
    client.post(
        "/c/clinic/care", {"do": "offer", "number": episode.id, "to": f"doctor:{other.account_id}", "words": "出差"}
    )
    assert "出差" in colleague.get("/c/clinic/care").content.decode()
    colleague.post("/c/clinic/care", {"do": "accept", "number": HandOver.objects.get().id})
    assert Episode.objects.get().doctor_id == other.account_id
    for bad in (
        {},
        {"do": "end", "number": "9" * 30},
        {"do": "nonsense", "number": episode.id},
        {"do": "end", "number": "1"},
    ):
        assert client.post("/c/clinic/care", bad).status_code == 404
    stranger, _ = days.doctor(where=days.world.other)
    assert stranger.post("/c/clinic/care", {"do": "end", "number": episode.id}).status_code == 404
    nurse, _ = days.doctor(Role.NURSE)
    assert nurse.get("/c/clinic/care").status_code == 403
