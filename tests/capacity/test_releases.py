"""A release by lot: announced, entered, drawn once, published so that a stranger comes to the same; a script gains nothing."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from kangqu.kernel.capacity import draw as lots
from kangqu.kernel.capacity.booking import Booked, Wanted, book, give_back
from kangqu.kernel.capacity.checks import check_bookings, check_holds, check_seats
from kangqu.kernel.capacity.limits import Hoarder, hoarders, keep_within, note_asking
from kangqu.kernel.capacity.models import Booking, Entry, Release, Session
from kangqu.kernel.capacity.releases import Drawn, announce, enter, hold_draw, published, withdraw
from kangqu.kernel.trace.models import TraceEntry
from tests.capacity.conftest import BEFORE, TUESDAY, Clinic, at, make_clinic, refused
from tests.cases.test_at_once import all_at_once

OPENS, CLOSES = at("11-25 08:00"), at("11-25 12:00")
DURING = at("11-25 09:00")


def two_sessions(clinic: Clinic) -> list[Session]:
    return [clinic.session({"citizen": 3}), clinic.session({"citizen": 2}, day=TUESDAY + timedelta(days=1))]


def announced(clinic: Clinic, sessions: list[Session], of_household: int = 1) -> Release:
    return announce(
        [each.pk for each in sessions], title="HPV 疫苗", opens_at=OPENS, closes_at=CLOSES, of_household=of_household,
        by=clinic.desk, at=BEFORE,
    )  # fmt: skip


def enters(clinic: Clinic, release: Release, who: str, *wishes: Session, household: int | None = None) -> Entry:
    codes = [each.code for each in wishes]
    return enter(clinic.person(who), release.pk, wishes=codes, household_id=household, by=clinic.desk, at=DURING)


def test_from_announcing_to_what_is_published(clinic: Clinic) -> None:
    first, second = two_sessions(clinic)
    release = announced(clinic, [first, second])
    assert clinic.refused(first, "X", DURING) == "capacity_not_released"
    assert published(release.pk).keys() == {"code", "title", "opens_at", "closes_at", "of_household", "digest"}
    for number in range(8):
        enters(clinic, release, f"P{number}", first, second)
    enters(clinic, release, "H1", first, second, household=7)
    enters(clinic, release, "H2", first, second, household=7)
    assert refused(lambda: hold_draw(release.pk, at=DURING)) == "capacity_not_drawn"
    drawn = hold_draw(release.pk, at=CLOSES)
    assert drawn == Drawn(10, 5, 0)
    assert hold_draw(release.pk, at=at("11-25 13:00")) == drawn, "once"
    assert Booking.objects.filter(status="booked").count() == 5
    assert clinic.refused(first, "X", at("11-25 13:00")) == "capacity_full"
    told = published(release.pk)
    assert lots.digest_of(told["seed"]) == release.digest
    entries = [lots.Entry(each["code"], tuple(each["wishes"]), each["household"]) for each in told["entries"]]
    again = lots.draw(entries, told["places"], told["seed"], of_household=told["of_household"])
    assert again == {each["code"]: each["given"] for each in told["entries"] if each["given"]}
    assert "7" not in {each["household"] for each in told["entries"]}
    assert [*check_seats(), *check_bookings(), *check_holds()] == []
    assert TraceEntry.objects.get(action="capacity.draw").facts["seed"] == told["seed"]


def test_what_nobody_wished_for_goes_to_whoever_comes_first(clinic: Clinic) -> None:
    first, second = two_sessions(clinic)
    release = announced(clinic, [first, second])
    enters(clinic, release, "A", first)
    hold_draw(release.pk, at=CLOSES)
    assert clinic.book(second, "X", at("11-25 12:01")).status == "booked"


def test_entering_again_is_the_same_entry(clinic: Clinic) -> None:
    first, second = two_sessions(clinic)
    release = announced(clinic, [first, second])
    entry = enters(clinic, release, "A", first)
    for _ in range(100):
        enters(clinic, release, "A", second, first)
    withdraw(clinic.person("A"), release.pk, by=clinic.desk, at=DURING)
    assert hold_wishes(release) == []
    assert enters(clinic, release, "A", second).code == entry.code
    assert hold_wishes(release) == [[second.code]]


def hold_wishes(release: Release) -> list[list[str]]:
    return list(Entry.objects.filter(release=release, withdrawn_at=None).values_list("wishes", flat=True))


def test_a_client_that_sends_a_hundred_times_as_much_has_no_better_chance(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 1})
    entries = [lots.Entry(f"E{number}", (session.code,)) for number in range(20)]
    script = [entries[0]] * 100
    won = sum("E0" in lots.draw(entries + script, {session.code: 5}, f"seed {n}", of_household=1) for n in range(2_000))
    assert 400 < won < 600, "five places for twenty: one in four"


def test_who_has_one_of_that_day_leaves_the_place(clinic: Clinic) -> None:
    first = clinic.session({"citizen": 1})
    release = announced(clinic, [first])
    enters(clinic, release, "A", first)
    other = clinic.schedule
    other.pk, other.code = None, "W-other"
    other.save(force_insert=True)
    elsewhere = Clinic(clinic.place, other, clinic.desk, clinic.people)
    elsewhere.book(elsewhere.session({"citizen": 1}), "A", DURING)
    assert hold_draw(release.pk, at=CLOSES) == Drawn(1, 1, 1)
    assert clinic.book(first, "B", at("11-25 12:01")).status == "booked"


@pytest.mark.parametrize(
    ("opens", "closes", "why"),
    [
        ("11-19 08:00", "11-25 12:00", "capacity_release_window"),
        ("11-25 12:00", "11-25 12:00", "capacity_release_window"),
        ("11-25 08:00", "12-01 09:00", "capacity_release_window"),
    ],
)
def test_what_cannot_be_announced(clinic: Clinic, opens: str, closes: str, why: str) -> None:
    session = clinic.session({"citizen": 1})

    def asked(number: int = session.pk) -> object:
        return announce(
            [number], title="t", opens_at=at(opens), closes_at=at(closes), of_household=1, by=clinic.desk, at=BEFORE
        )

    assert refused(asked) == why
    assert refused(lambda: asked(2**40)) == "not_found"


def test_what_is_booked_or_given_away_already_is_not_announced(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 2})
    clinic.book(session, "A")
    assert refused(lambda: announced(clinic, [session])) == "capacity_release_taken"
    other = clinic.session({"citizen": 2}, day=TUESDAY + timedelta(days=1))
    announced(clinic, [other])
    assert refused(lambda: announced(clinic, [other])) == "capacity_release_taken"


def test_not_outside_the_window_nor_for_what_is_not_given_away(clinic: Clinic) -> None:
    first, second = two_sessions(clinic)
    release = announced(clinic, [first])

    def entering(when: str, *wishes: str) -> str:
        return refused(lambda: enter(clinic.person("A"), release.pk, wishes=wishes, by=clinic.desk, at=at(when)))

    assert entering("11-25 07:59", first.code) == entering("11-25 12:00", first.code) == "capacity_release_closed"
    assert entering("11-25 08:00", second.code) == entering("11-25 08:00") == "capacity_wish_unknown"


@pytest.mark.django_db(transaction=True)
def test_two_who_draw_at_once_draw_once() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 2})
    release = announced(clinic, [session])
    for number in range(6):
        enters(clinic, release, f"P{number}", session)
    said = all_at_once([lambda: hold_draw(release.pk, at=CLOSES) for _ in range(4)])
    assert said == {str(Drawn(6, 2, 0)): 4}
    assert Booking.objects.count() == 2


def test_an_account_that_asks_too_often_is_refused_and_shown(db: None) -> None:
    begun = at("11-24 07:00")
    for number in range(30):
        note_asking(5, at=begun + timedelta(seconds=number))
    for _ in range(3):
        assert refused(lambda: note_asking(5, at=begun + timedelta(seconds=59))) == "too_many"
    note_asking(5, at=begun + timedelta(seconds=60))
    note_asking(6, at=begun)
    assert hoarders(begun, begun + timedelta(hours=1)) == [Hoarder(5, 3, 1)]


def test_so_many_of_a_person_and_of_a_household(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 9}, until=time(10))

    def booked(who: str, household: int | None) -> Booked:
        keep_within(clinic.person(who), household, kind="test_clinic", session_id=session.pk, at=DURING)
        wanted = Wanted(
            person_id=clinic.person(who), session_id=session.pk, channel="citizen", key=who, household_id=household
        )
        return book(wanted, by=clinic.desk, at=DURING)

    given = [booked(f"H{number}", 7) for number in range(4)]
    assert refused(lambda: booked("H4", 7)) == "capacity_too_many_of_household"
    give_back(clinic.person("H0"), given[0].id, by=clinic.desk, at=DURING)
    booked("H4", 7)
    for number in range(5):
        wait_day = clinic.session({"citizen": 1}, day=TUESDAY + timedelta(days=1 + number))
        clinic.book(wait_day, "A", at("11-30 12:00"))
    assert refused(lambda: booked("A", None)) == "capacity_too_many_bookings"
