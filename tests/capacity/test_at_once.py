"""No oversell and no false refusal, by many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from kangqu.kernel.capacity.booking import give_back
from kangqu.kernel.capacity.checks import check_bookings, check_holds, check_seats
from kangqu.kernel.capacity.joining import wait
from kangqu.kernel.capacity.models import Booking, Seat, Session
from tests.capacity.conftest import RELEASED, Clinic, later, make_clinic
from tests.cases.test_at_once import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def books(clinic: Clinic, session: Session, who: str, at: datetime) -> Callable[[], object]:
    return lambda: clinic.book(session, who, at).status


def gives_back(clinic: Clinic, who: str, booking_id: int) -> Callable[[], object]:
    return lambda: give_back(clinic.person(who), booking_id, by=clinic.desk, at=later(hours=1))


@pytest.fixture(autouse=True)
def seats_and_bookings_agree() -> Iterator[None]:
    yield
    assert [*check_seats(), *check_bookings(), *check_holds()] == []


def test_of_many_who_want_few_exactly_so_many_are_given_one() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 9, "referral": 1})
    people = [f"P{number}" for number in range(24)]
    for each in people:
        clinic.person(each)

    works = [books(clinic, session, people[number % 24], RELEASED) for number in range(48)]
    said = Counter[str]()
    for start in range(0, 48, 16):
        said += all_at_once(works[start : start + 16])
    assert said["booked"] == 9
    assert said["capacity_full"] + said["capacity_already_booked"] == 39
    assert Booking.objects.filter(status="booked").values("person").distinct().count() == 9
    assert clinic.left(session) == {"referral": 1}


def test_one_person_at_sixteen_windows_has_one_booking() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 20})
    clinic.person("A")
    said = all_at_once([lambda: clinic.book(session, "A").status for _ in range(16)])
    assert said == {"booked": 1, "capacity_already_booked": 15}
    assert clinic.left(session) == {"citizen": 19}


def test_two_clicks_are_one_booking() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 20})
    clinic.person("A")
    said = all_at_once([lambda: clinic.book(session, "A", key="click").id for _ in range(8)])
    assert len(said) == 1
    assert clinic.left(session) == {"citizen": 19}


def test_places_given_back_while_many_try_are_all_sold_again() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 6})
    given = [clinic.book(session, f"O{number}") for number in range(6)]
    waits = [
        wait(
            clinic.person(f"W{number}"),
            session.pk,
            channel="citizen",
            key=f"w{number}",
            by=clinic.desk,
            at=later(minutes=1),
        )
        for number in range(4)
    ]
    for number in range(8):
        clinic.person(f"N{number}")
    works = [gives_back(clinic, f"O{number}", each.id) for number, each in enumerate(given)]
    works += [books(clinic, session, f"N{number}", later(hours=1)) for number in range(8)]
    all_at_once(works)
    assert {clinic.status(each) for each in waits} == {"booked"}, "who waited comes first"
    late = [clinic.person(f"N{number}") for number in range(8)]
    newcomers = Booking.objects.filter(person__in=late, status="booked").count()
    assert newcomers + Seat.objects.filter(booking_id=None).count() == 2


def test_a_hold_that_runs_out_is_taken_by_one() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 1})
    clinic.book(session, "A", hold=timedelta(minutes=15))
    for number in range(12):
        clinic.person(f"N{number}")
    works = [books(clinic, session, f"N{number}", later(minutes=15)) for number in range(12)]
    assert all_at_once(works) == {"booked": 1, "capacity_full": 11}
