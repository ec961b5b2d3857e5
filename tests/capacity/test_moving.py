"""Changing to another time, arriving, being done, and places beyond the roster."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from kangqu.kernel.capacity.adding import add
from kangqu.kernel.capacity.arriving import arrive, finish, leave
from kangqu.kernel.capacity.booking import Booked, Wanted, give_back
from kangqu.kernel.capacity.checks import check_bookings, check_holds, check_seats
from kangqu.kernel.capacity.joining import wait
from kangqu.kernel.capacity.models import Booking, Seat
from kangqu.kernel.capacity.moving import move
from kangqu.kernel.capacity.stopping import rebook, stop
from kangqu.kernel.trace.models import TraceEntry
from tests.capacity.conftest import HEARD, TUESDAY, Clinic, at, later, refused

NEXT = TUESDAY + timedelta(days=1)
WHEN = at("11-25 08:00")


@pytest.fixture(autouse=True)
def agree(clinic: Clinic) -> object:
    yield
    assert [*check_seats(), *check_bookings(), *check_holds()] == []


def test_a_booking_moves_with_its_number_and_its_seat_goes_to_who_waits(clinic: Clinic) -> None:
    session, other = clinic.session({"citizen": 1}), clinic.session({"citizen": 1}, day=NEXT)
    booked = clinic.book(session, "A")
    waits = wait(clinic.person("B"), session.pk, channel="citizen", key="b", by=clinic.desk, at=later(minutes=1))
    moved = move(clinic.person("A"), booked.id, other.pk, by=clinic.desk, at=WHEN, why="有事")
    assert (moved.id, moved.code, moved.session_id, moved.day) == (booked.id, booked.code, other.pk, NEXT)
    assert clinic.status(waits) == "booked"
    assert HEARD[-2].left_session_id == session.pk
    again = move(clinic.person("A"), booked.id, other.pk, by=clinic.desk, at=WHEN)
    assert again.slot_id == moved.slot_id
    assert TraceEntry.objects.filter(action="capacity.move").count() == 1


def test_what_cannot_be_had_leaves_the_booking_where_it_was(clinic: Clinic) -> None:
    session, other = clinic.session({"citizen": 1}), clinic.session({"citizen": 1}, day=NEXT)
    booked = clinic.book(session, "A")
    clinic.book(other, "B", WHEN)
    person = clinic.person("A")
    assert refused(lambda: move(person, booked.id, other.pk, by=clinic.desk, at=WHEN)) == "capacity_full"
    assert refused(lambda: move(person, booked.id, 1, by=clinic.desk, at=WHEN)) == "not_found"
    assert refused(lambda: move(clinic.person("B"), booked.id, other.pk, by=clinic.desk, at=WHEN)) == "not_found"
    assert Booking.objects.get(id=booked.id).session_id == session.pk
    assert Seat.objects.get(booking_id=booked.id).session_id == session.pk


def test_nobody_moves_to_a_day_on_which_she_has_one(clinic: Clinic) -> None:
    session, other = clinic.session({"citizen": 1}), clinic.session({"citizen": 2}, day=NEXT)
    booked, second = clinic.book(session, "A"), clinic.book(other, "A", WHEN)
    assert second.id != booked.id
    asked = lambda: move(clinic.person("A"), booked.id, other.pk, by=clinic.desk, at=WHEN)  # noqa: E731
    assert refused(asked) == "capacity_already_booked"


def test_to_another_time_of_the_same_session(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1}, until=time(10))
    early, late = session.slots.order_by("starts_at")
    booked = clinic.book(session, "A", slot_id=early.pk)
    assert move(clinic.person("A"), booked.id, session.pk, slot_id=late.pk, by=clinic.desk, at=WHEN).slot_id == late.pk
    assert Seat.objects.get(booking_id=None).slot_id == early.pk


def test_an_ended_booking_moves_nowhere(clinic: Clinic) -> None:
    session, other = clinic.session({"citizen": 1}), clinic.session({"citizen": 1}, day=NEXT)
    booked = clinic.book(session, "A")
    give_back(clinic.person("A"), booked.id, by=clinic.desk, at=WHEN)
    asked = lambda: move(clinic.person("A"), booked.id, other.pk, by=clinic.desk, at=WHEN)  # noqa: E731
    assert refused(asked) == "capacity_ended"


def test_who_went_elsewhere_herself_is_not_moved_by_the_hospital(clinic: Clinic) -> None:
    session, chosen = clinic.session({"citizen": 1}), clinic.session({"citizen": 1}, day=NEXT)
    clinic.session({"citizen": 1}, day=NEXT + timedelta(days=1))
    booked = clinic.book(session, "A")
    move(clinic.person("A"), booked.id, chosen.pk, by=clinic.desk, at=WHEN)
    asked = lambda: move(clinic.person("A"), booked.id, session.pk, left=session.pk, by=clinic.desk, at=WHEN)  # noqa: E731
    assert refused(asked) == "capacity_ended"
    stop(session.pk, why="停诊", by=clinic.desk, at=WHEN)
    assert rebook(session.pk, by=clinic.desk, at=WHEN) == (0, 0)
    assert Booking.objects.get(id=booked.id).session_id == chosen.pk


def test_coming_and_being_done(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    booked, person, day = clinic.book(session, "A"), clinic.person("A"), at("12-01 09:00")
    assert refused(lambda: finish(person, booked.id, by=clinic.desk, at=day)) == "capacity_ended"
    assert [arrive(person, booked.id, by=clinic.desk, at=day) for _ in range(2)] == [True, False]
    assert leave(person, booked.id, by=clinic.desk, at=day)
    assert arrive(person, booked.id, by=clinic.desk, at=day)
    assert [finish(person, booked.id, by=clinic.desk, at=day) for _ in range(2)] == [True, False]
    assert clinic.status(booked) == "fulfilled"
    assert refused(lambda: arrive(person, booked.id, by=clinic.desk, at=day)) == "capacity_ended"
    assert refused(lambda: arrive(person, 7, by=clinic.desk, at=day)) == "not_found"


def test_a_doctor_adds_as_many_places_as_the_policy_has_each_for_one_person(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    slot = session.slots.get().pk
    clinic.book(session, "A")
    wait(clinic.person("W"), session.pk, channel="citizen", key="w", by=clinic.desk, at=WHEN)

    def added(who: str) -> Booked:
        wanted = Wanted(
            person_id=clinic.person(who), session_id=session.pk, channel="onsite", key=f"add/{who}", slot_id=slot
        )
        return add(wanted, why="病情急", by=clinic.desk, at=WHEN)

    first, *_ = [added(who) for who in "BCD"]
    assert refused(lambda: added("E")) == "capacity_no_more_added"
    assert added("B").id == first.id
    assert Seat.objects.filter(over=True).count() == 3
    give_back(clinic.person("B"), first.id, by=clinic.desk, at=WHEN)
    assert Seat.objects.filter(over=True).count() == 2
    assert Booking.objects.filter(status="waitlist").count() == 1
    assert Booking.objects.get(person=clinic.person("C")).facts["why"] == "病情急"


def test_nothing_is_added_while_the_time_has_a_place(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    wanted = Wanted(
        person_id=clinic.person("A"), session_id=session.pk, channel="citizen", key="a", slot_id=session.slots.get().pk
    )
    add(wanted, why="x", by=clinic.desk, at=WHEN)
    assert not Seat.objects.filter(over=True).exists()
    other = Wanted(person_id=clinic.person("B"), session_id=session.pk, channel="citizen", key="b", slot_id=1)
    assert refused(lambda: add(other, why="x", by=clinic.desk, at=WHEN)) == "capacity_slot_unknown"
