"""What happens by time alone: holds end, seats open to those who wait, waiting ends with the session."""

from __future__ import annotations

from datetime import timedelta

from kangqu.kernel.capacity.booking import Booked
from kangqu.kernel.capacity.clock import IN_VAIN, end_waiting, lapse, promote_all
from kangqu.kernel.capacity.joining import wait
from kangqu.kernel.capacity.models import Booking, Seat, Session
from kangqu.kernel.capacity.tasks import minute
from kangqu.kernel.trace.models import TraceEntry
from tests.capacity.conftest import HEARD, Clinic, at, later


def waits(clinic: Clinic, session: Session, who: str, when: str = "11-24 07:01") -> Booked:
    return wait(clinic.person(who), session.pk, channel="citizen", key=who, by=clinic.desk, at=at(when))


def test_a_hold_ends_by_the_clock_and_its_seat_goes_to_who_waits(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    held = clinic.book(session, "A", hold=timedelta(minutes=15))
    second = waits(clinic, session, "B")
    assert lapse(by=clinic.desk, at=later(minutes=14)) == 0
    assert lapse(by=clinic.desk, at=later(minutes=15)) == 1
    assert lapse(by=clinic.desk, at=later(minutes=15)) == 0
    assert (clinic.status(held), clinic.status(second)) == ("lapsed", "booked")
    assert [(each.before, each.after) for each in HEARD][-2:] == [("proposed", "lapsed"), ("waitlist", "booked")]
    assert TraceEntry.objects.filter(action="capacity.lapse", person_id=clinic.person("A")).count() == 1


def test_a_hold_nobody_waits_for_leaves_its_seat_free(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    clinic.book(session, "A", hold=timedelta(minutes=15))
    lapse(by=clinic.desk, at=later(minutes=20))
    assert clinic.left(session) == {"citizen": 1}
    assert Seat.objects.get().held_until is None


def test_what_opens_by_time_goes_to_who_waits_without_anybody_asking(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1, "referral": 1})
    clinic.book(session, "A")
    second = waits(clinic, session, "B")
    assert promote_all(by=clinic.desk, at=at("11-30 08:59")) == 0
    assert promote_all(by=clinic.desk, at=at("11-30 09:00")) == 1
    assert clinic.status(second) == "booked"


def test_waiting_ends_with_the_session(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    clinic.book(session, "A")
    second = waits(clinic, session, "B")
    assert end_waiting(by=clinic.desk, at=at("12-01 09:29")) == 0
    assert end_waiting(by=clinic.desk, at=at("12-01 09:30")) == 1
    assert end_waiting(by=clinic.desk, at=at("12-01 09:31")) == 0
    ended = Booking.objects.get(id=second.id)
    assert (ended.status, ended.why) == ("cancelled", IN_VAIN)


def test_the_job_of_each_minute_does_it_all(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    held = clinic.book(session, "A", hold=timedelta(minutes=15))
    Booking.objects.update(held_until=at("11-24 07:15") - timedelta(days=365))
    Seat.objects.update(held_until=at("11-24 07:15") - timedelta(days=365))
    minute(0)
    assert clinic.status(held) == "lapsed"
