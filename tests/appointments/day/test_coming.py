"""Checking in: in time, early, late, twice, elsewhere, on another day, on site, after midnight."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from kangqu.kernel.access.models import Encounter
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.booking import give_back
from kangqu.kernel.capacity.models import Booking, Session, Slot
from kangqu.kernel.capacity.stopping import stop
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes.keys import ensure_keys
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.appointments.day import coming
from kangqu.systems.appointments.day.models import Visit
from tests.appointments.day.conftest import Hall, at


def why(call: object) -> str:
    with pytest.raises(Refused) as refused:
        call()  # type: ignore[operator]
    return refused.value.why.code


def test_numbers_go_up_and_the_booking_has_arrived(hall: Hall) -> None:
    one, two = hall.book("王一"), hall.book("王二")
    first, second = hall.come(one), hall.come(two)
    assert (first.label, second.label) == (f"{first.label[0]}001", f"{first.label[0]}002")
    one.refresh_from_db()
    assert one.status == "arrived"
    assert first.fee_fen == 1000 and first.fee_why["zh"]
    assert first.told_minutes is not None
    assert Encounter.objects.filter(person_id=one.person_id, institution_id=hall.world.place.pk).exists()
    assert TraceEntry.objects.filter(action="appointments.check_in", person_id=one.person_id).count() == 1


def test_twice_is_once(hall: Hall) -> None:
    booking = hall.book("王一")
    first = hall.come(booking)
    again = coming.check_in(booking, institution_id=hall.world.place.pk, by=hall.desk, at=hall.now)
    assert not again.fresh and again.visit.id == first.id and again.ahead == 0
    assert Visit.objects.count() == 1


def test_too_early_too_late_and_what_to_do(hall: Hall) -> None:
    early, late, gone = hall.book("王一", 1), hall.book("王二"), hall.book("王三")
    assert why(lambda: hall.come(early, "07:20")) == "KQ-3561"
    visit = hall.come(late, "09:55")
    assert visit.turn_at == at("12-01 09:30")
    late.refresh_from_db()
    assert late.facts["late"] is True
    assert why(lambda: hall.come(gone, "10:05")) == "KQ-3562"
    gone.refresh_from_db()
    assert gone.status == "booked" and Visit.objects.count() == 1


def test_another_hospital_and_another_day(hall: Hall) -> None:
    booking = hall.book("王一")
    assert why(lambda: hall.come(booking, institution_id=hall.world.other.pk)) == "KQ-3563"
    hall.clock.move_to(at("11-30 09:00"))
    assert why(lambda: hall.come(booking)) == "KQ-3564"
    hall.come(booking, "08:50")
    assert why(lambda: hall.come(booking, institution_id=hall.world.other.pk)) == "KQ-3563"


def test_cancelled_and_stopped(hall: Hall) -> None:
    booking, other = hall.book("王一"), hall.book("王二")
    give_back(booking.person_id, booking.id, by=the_house(), at=hall.now)
    booking.refresh_from_db()
    assert why(lambda: hall.come(booking)) == "KQ-3565"
    stop(hall.session.pk, why="医生生病", by=the_house(), at=hall.now)
    fresh = coming.bookings().get(id=other.id)
    assert why(lambda: hall.come(fresh)) == "KQ-3569"


def test_nobodys_code_and_a_bookings_code(hall: Hall) -> None:
    booking = hall.book("王一")
    came = coming.check_in_text(
        f" {booking.code.lower()} ", institution_id=hall.world.place.pk, by=hall.desk, at=hall.now
    )
    assert came.fresh and came.visit.booking_id == booking.id
    for text in ("", "KQ1:NONSENSE", "\x00", "9" * 3000, "A0000000"):
        with pytest.raises(Refused):
            coming.check_in_text(text, institution_id=hall.world.place.pk, by=hall.desk, at=hall.now)


def test_a_card_shown_finds_the_booking_of_today_here(hall: Hall) -> None:
    mother = hall.world.family.mother
    booking = hall.book_for(mother)
    ensure_keys(hall.now - timedelta(days=1))
    card = cards.issue_card(mother.pk, CardKind.PAPER, by=the_house(), at=hall.now, rng=random.Random(3))
    text = cards.paper_code(card, at=hall.now).code
    came = coming.check_in_text(text, institution_id=hall.world.place.pk, by=hall.desk, at=hall.now)
    assert came.visit.booking_id == booking.id
    with pytest.raises(Refused) as refused:
        coming.check_in_text(text, institution_id=hall.world.other.pk, by=hall.desk, at=hall.now)
    assert refused.value.why.code == "KQ-3563"


def test_walking_in_books_on_site_and_checks_in(hall: Hall) -> None:
    person = hall.world.family.mother
    hall.clock.move_to(at("12-01 08:50"))
    came = coming.walk_in(person.pk, hall.session.pk, key="w1", household_id=None, by=hall.desk, at=hall.now)
    booking = Booking.objects.get(person=person)
    assert (booking.channel, booking.status, came.visit.channel) == ("onsite", "arrived", "onsite")
    again = coming.walk_in(person.pk, hall.session.pk, key="w1", household_id=None, by=hall.desk, at=hall.now)
    assert again.visit.id == came.visit.id


def test_after_midnight_a_night_clinics_day_is_the_day_it_began(hall: Hall) -> None:
    """23:30–00:30: whoever comes at 00:05 is of the evening's day."""
    session, booking = hall.session, hall.book("王一")
    shift = timedelta(hours=14, minutes=30)
    Session.objects.filter(pk=session.pk).update(starts_at=session.starts_at + shift, ends_at=session.ends_at + shift)
    for slot in Slot.objects.filter(session=session):
        Slot.objects.filter(pk=slot.pk).update(starts_at=slot.starts_at + shift, ends_at=slot.ends_at + shift)
    fresh = coming.bookings().get(id=booking.id)
    hall.clock.move_to(at("12-02 00:05"))
    found = coming.booking_now(booking.person_id, institution_id=hall.world.place.pk, at=hall.now)
    visit = hall.come(found)
    assert visit.day.isoformat() == "2026-12-01" and fresh.day == visit.day
    assert visit.turn_at is not None
