"""Who is given a seat, who is told it is full, and that the worked table of docs/algorithms/capacity.md holds."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from kangqu.kernel.capacity.booking import confirm, give_back
from kangqu.kernel.capacity.checks import check_bookings, check_holds, check_seats
from kangqu.kernel.capacity.joining import wait
from kangqu.kernel.capacity.models import Booking, Seat
from kangqu.kernel.capacity.stopping import rebook, stop
from kangqu.kernel.trace.models import TraceEntry
from tests.capacity.conftest import HEARD, RELEASED, TUESDAY, Clinic, at, later, refused

QUOTAS = {"citizen": 2, "referral": 1, "onsite": 1}
A_QUARTER = timedelta(minutes=15)


def test_the_worked_table(clinic: Clinic) -> None:
    session = clinic.session(QUOTAS)
    assert session.released_at == RELEASED
    assert clinic.refused(session, "A", at("11-24 06:59")) == "capacity_not_released"
    first = clinic.book(session, "A")
    assert clinic.left(session) == {"citizen": 1, "onsite": 1, "referral": 1}
    assert clinic.refused(session, "A") == "capacity_already_booked"
    held = clinic.book(session, "B", at("11-24 07:01"), hold=A_QUARTER)
    assert clinic.refused(session, "C", at("11-24 07:10")) == "capacity_full"
    third = wait(clinic.person("C"), session.pk, channel="citizen", key="c", by=clinic.desk, at=at("11-24 07:10"))
    assert clinic.refused(session, "D", at("11-24 07:16")) == "capacity_full"
    assert (clinic.status(held), clinic.status(third)) == ("lapsed", "booked")
    fourth = wait(clinic.person("D"), session.pk, channel="citizen", key="d", by=clinic.desk, at=at("11-24 07:16"))
    clinic.book(session, "E", at("11-30 08:59"), "referral")
    assert clinic.left(session) == {"onsite": 1}
    give_back(clinic.person("A"), first.id, by=clinic.desk, at=at("11-30 10:00"))
    assert clinic.status(fourth) == "booked"
    assert clinic.refused(session, "F", at("11-30 23:59"), "onsite") == "capacity_full"
    clinic.book(session, "F", at("12-01 00:00"), "onsite")
    assert clinic.left(session) == {}
    heard = [(each.before, each.after) for each in HEARD]
    assert heard == [
        ("", "booked"), ("", "proposed"), ("", "waitlist"), ("waitlist", "booked"), ("proposed", "lapsed"), ("", "waitlist"),
        ("", "booked"), ("booked", "cancelled"), ("waitlist", "booked"), ("", "booked"),
    ]  # fmt: skip


def test_what_is_kept_for_referral_opens_to_residents_a_day_before(clinic: Clinic) -> None:
    session = clinic.session({"referral": 1})
    assert clinic.refused(session, "A", at("11-30 08:59")) == "capacity_full"
    assert clinic.book(session, "A", at("11-30 09:00")).status == "booked"


def test_a_channel_takes_of_its_own_first(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1, "referral": 1})
    clinic.book(session, "A", at("11-30 12:00"))
    assert clinic.left(session) == {"referral": 1}


def test_the_slot_that_was_asked_for_or_none(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1}, until=time(10))
    second = session.slots.get(starts_at=at("12-01 09:30"))
    assert clinic.book(session, "A", slot_id=second.pk).slot_id == second.pk
    assert clinic.refused(session, "B", slot_id=second.pk) == "capacity_full"
    assert clinic.book(session, "B").slot_id != second.pk


def test_the_same_request_again_is_the_same_booking(clinic: Clinic) -> None:
    session = clinic.session(QUOTAS)
    first = clinic.book(session, "A", key="once")
    again = clinic.book(session, "A", later(minutes=5), key="once")
    assert (again.id, again.fresh) == (first.id, False)
    assert TraceEntry.objects.filter(action="capacity.book").count() == 1
    other = clinic.session(QUOTAS, day=TUESDAY + timedelta(days=1))
    assert clinic.refused(other, "A", later(days=2), key="once") == "key_reused"


def test_a_hold_is_confirmed_while_it_holds(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    held = clinic.book(session, "A", hold=A_QUARTER)
    person = clinic.person("A")
    confirm(person, held.id, by=clinic.desk, at=later(minutes=14))
    confirm(person, held.id, by=clinic.desk, at=later(minutes=14))
    assert clinic.refused(session, "B", later(minutes=30)) == "capacity_full"
    assert Seat.objects.get().held_until is None


def test_a_hold_that_ran_out_is_not_confirmed(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    held = clinic.book(session, "A", hold=A_QUARTER)
    assert (
        refused(lambda: confirm(clinic.person("A"), held.id, by=clinic.desk, at=later(minutes=15)))
        == "capacity_not_held"
    )
    assert clinic.book(session, "B", later(minutes=15)).status == "booked"
    assert clinic.status(held) == "lapsed"


def test_a_cancelled_place_is_sold_again(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    first = clinic.book(session, "A")
    give_back(clinic.person("A"), first.id, by=clinic.desk, at=later(hours=1), why="有事")
    assert clinic.book(session, "B", later(hours=2)).status == "booked"
    assert (
        refused(lambda: give_back(clinic.person("A"), first.id, by=clinic.desk, at=later(hours=3))) == "capacity_ended"
    )
    assert clinic.refused(session, "A", later(hours=3)) == "capacity_full"


def test_nobody_waits_while_there_is_a_place_nor_when_it_is_too_late(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})

    def waits(who: str, when: str) -> object:
        return wait(clinic.person(who), session.pk, channel="citizen", key=who, by=clinic.desk, at=at(when))

    assert refused(lambda: waits("B", "11-24 07:00")) == "capacity_seat_left"
    clinic.book(session, "A")
    assert refused(lambda: waits("A", "11-24 07:01")) == "capacity_already_booked"
    first = waits("B", "11-24 07:01")
    again = waits("B", "11-24 07:02")
    assert first.id == again.id  # type: ignore[attr-defined]
    assert refused(lambda: waits("C", "12-01 07:30")) == "capacity_too_late"


def test_nobody_is_promoted_to_what_begins_too_soon_to_come(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    booked = clinic.book(session, "A")
    waits = wait(clinic.person("B"), session.pk, channel="citizen", key="b", by=clinic.desk, at=later(minutes=1))
    give_back(clinic.person("A"), booked.id, by=clinic.desk, at=at("12-01 08:00"))
    assert clinic.status(waits) == "waitlist"
    assert clinic.book(session, "C", at("12-01 08:01")).status == "booked", "who is there may have it"


def test_who_waits_and_books_elsewhere_that_day_waits_no_more(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1}, until=time(10))
    early, late = session.slots.order_by("starts_at")
    one, two = clinic.book(session, "A", slot_id=early.pk), clinic.book(session, "B", slot_id=late.pk)
    waits = wait(clinic.person("C"), session.pk, channel="citizen", key="c", by=clinic.desk, at=later(minutes=1))
    Booking.objects.filter(id=two.id).update(person_id=clinic.person("C"))
    Seat.objects.filter(booking_id=two.id).update(person_id=clinic.person("C"))
    give_back(clinic.person("A"), one.id, by=clinic.desk, at=later(hours=1))
    assert clinic.status(waits) == "cancelled"
    assert clinic.left(session) == {"citizen": 1}


def test_sixty_people_of_a_stopped_clinic_are_booked_again(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 30}, until=time(10))
    for number in range(60):
        clinic.book(session, f"P{number}")
    next_day = clinic.session({"citizen": 29}, until=time(10), day=TUESDAY + timedelta(days=1))
    when = at("11-30 16:00")
    assert stop(session.pk, why="医生出诊变更", by=clinic.desk, at=when) is True
    assert stop(session.pk, why="再按一次", by=clinic.desk, at=when) is False
    assert clinic.refused(session, "X", when) == "capacity_stopped"
    assert rebook(session.pk, by=clinic.desk, at=when) == (58, 2)
    assert rebook(session.pk, by=clinic.desk, at=when) == (0, 0)
    assert Booking.objects.filter(session=next_day, status="booked").count() == 58
    assert clinic.left(next_day) == {}


@pytest.mark.parametrize("channel", ["", "vip", "居民"])
def test_no_other_door(clinic: Clinic, channel: str) -> None:
    assert clinic.refused(clinic.session(QUOTAS), "A", channel=channel) == "capacity_no_channel"


def test_the_checks_find_what_does_not_agree(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 3})
    booked, held = clinic.book(session, "A"), clinic.book(session, "B", hold=A_QUARTER)
    clinic.book(session, "C")
    checks = (check_seats, check_bookings, check_holds)
    assert [len(list(each())) for each in checks] == [0, 0, 0]
    Booking.objects.filter(id=booked.id).update(status="cancelled")
    Seat.objects.filter(booking_id=held.id).update(held_until=None)
    Seat.objects.filter(person_id=clinic.person("C")).update(person_id=None, booking_id=None)
    assert [len(list(each())) for each in checks] == [1, 1, 1]
