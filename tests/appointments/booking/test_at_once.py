"""Many at once on the resident's side: the same click twice, two windows, two people for the last place, cancelling while confirming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import time

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.checks import check_bookings, check_holds, check_seats
from kangqu.kernel.capacity.models import Booking, Seat, Session
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.models import News
from tests.appointments.booking.conftest import NOW, Clinics, clinics, family
from tests.cases.test_at_once import all_at_once

__all__ = ["clinics", "family"]
pytestmark = pytest.mark.django_db(transaction=True)
HOUSE = the_house("appointments")


@pytest.fixture(autouse=True)
def seats_and_bookings_agree() -> Iterator[None]:
    yield
    assert [*check_seats(), *check_bookings(), *check_holds()] == []


def takes(person: Person, session: Session, key: str, *, held: bool = False) -> Callable[[], object]:
    def work() -> str:
        asked = taking.Asked(person_id=person.pk, session_id=session.pk, slot_id=None, key=key)
        try:
            return taking.take(asked, held=held, by=HOUSE, at=NOW).code
        except Refused as refused:
            return refused.why.name

    return work


def test_the_same_click_many_times_is_one_booking(clinics: Clinics) -> None:
    session, me = clinics.open("bones"), clinics.family.daughter
    codes = all_at_once([takes(me, session, "same", held=True) for _ in range(6)])
    assert len(set(codes)) == 1 and Booking.objects.count() == 1 and clinics.left(session) == 3


def test_two_windows_of_one_person_are_one_booking(clinics: Clinics) -> None:
    session, me = clinics.open("bones"), clinics.family.daughter
    said = Counter(all_at_once([takes(me, session, f"w{number}") for number in range(6)]))
    assert said["capacity_already_booked"] == 5 and Booking.objects.count() == 1
    assert News.objects.filter(kind="booked").count() == 1


def test_the_last_place_goes_to_one(clinics: Clinics) -> None:
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    home = clinics.family
    people = [home.daughter, home.mother, home.son, home.stranger]
    said = Counter(all_at_once([takes(each, session, "k") for each in people]))
    assert said["capacity_full"] == 3 and Seat.objects.exclude(booking_id=None).count() == 1


def test_held_longer_by_two_clicks_is_once(clinics: Clinics) -> None:
    session, me = clinics.open("bones"), clinics.family.daughter
    mine = clinics.held(me, session)

    def longer() -> object:
        try:
            return taking.hold_longer(mine, by=HOUSE, at=NOW).isoformat()
        except Refused as refused:
            return refused.why.name

    said = Counter(all_at_once([longer] * 4))
    assert said["appointment_held_longer_already"] == 3


def test_cancelled_while_confirmed_is_one_of_the_two(clinics: Clinics) -> None:
    session, me = clinics.open("bones"), clinics.family.daughter
    mine = clinics.held(me, session)

    def confirms() -> object:
        try:
            taking.confirm(mine, by=HOUSE, at=NOW)
        except Refused as refused:
            return refused.why.name
        return "confirmed"

    def cancels() -> object:
        taking.cancel(mine, by=HOUSE, at=NOW)
        return "cancelled"

    all_at_once([confirms, cancels])
    mine.refresh_from_db()
    assert mine.status == "cancelled" and clinics.left(session) == 4
