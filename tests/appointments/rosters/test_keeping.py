"""Clinics and their rosters: what follows for sessions, what is refused, two keepers at once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.booking import Wanted, book
from kangqu.kernel.capacity.models import RosterRow, Schedule, Seat, Session
from kangqu.kernel.places.models import Department, Institution
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.appointments.rosters.keeping import (
    NewClinic,
    clinic_at,
    copy_week,
    end_clinic,
    generate_all,
    make_clinic,
    put_day,
    put_rows,
    rows_of,
    try_rows,
    version_of,
)
from kangqu.systems.appointments.rosters.rows import Asked
from kangqu.systems.appointments.rosters.tasks import make_sessions
from tests.access import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 10, 0, tzinfo=CITY)  # a Thursday
MONDAY = date(2026, 11, 30)


@pytest.fixture
def place() -> Institution:
    return cast.institution("市中心医院", "hospital", cast.region("3703", "淄博市"))


@pytest.fixture
def by(place: Institution) -> Actor:
    return Actor(cast.staff("keeper", Role.INSTITUTION_MANAGER, place, at=NOW).pk, "institution_manager", place.pk)


@pytest.fixture
def clinic(place: Institution, by: Actor) -> Schedule:
    department = Department.objects.create(institution=place, name="骨科", code="04.03")
    new = NewClinic(department_id=department.pk, title="骨科普通门诊", fee_fen=600)
    return make_clinic(new, institution_id=place.pk, by=by, at=NOW)


def row(weekday: int = 1, begins: int = 8, ends: int = 12, seats: int = 2, **more: object) -> Asked:
    given = {"slot_minutes": 30, "quotas": {"citizen": seats}, "since": date(2026, 1, 1), **more}
    return Asked(weekday=weekday, begins=time(begins), ends=time(ends), **given)  # type: ignore[arg-type]


def why(work: object) -> str:
    with pytest.raises(Refused) as refused:
        work()  # type: ignore[operator]
    return refused.value.why.name


def days() -> list[str]:
    return [each.isoformat() for each in Session.objects.order_by("starts_at").values_list("day", flat=True)]


def test_a_roster_makes_the_sessions_of_the_days_ahead(clinic: Schedule, by: Actor) -> None:
    done = put_rows(clinic, [row(1), row(2, seats=1)], seen=0, by=by, at=NOW)
    assert (done.made, days()) == (2, ["2026-11-30", "2026-12-01"])
    assert Seat.objects.count() == 8 * 2 + 8
    again = put_rows(clinic, [row(1), row(2, seats=1)], seen=1, by=by, at=NOW)
    assert (again.made, again.anew, again.gone) == (0, 0, 0)
    assert version_of(clinic) == 2
    assert TraceEntry.objects.filter(action="capacity.roster").count() == 2


def test_what_would_follow_is_said_before_anything_is_kept(clinic: Schedule, by: Actor) -> None:
    found = try_rows(clinic, [row(1)], seen=0, by=by, at=NOW)
    assert found.made == 1
    assert not RosterRow.objects.exists()
    assert not Session.objects.exists()
    assert version_of(Schedule.objects.get(pk=clinic.pk)) == 0


def test_what_is_booked_stays_and_is_named(clinic: Schedule, by: Actor) -> None:
    put_rows(clinic, [row(1)], seen=0, by=by, at=NOW)
    session = Session.objects.get()
    Session.objects.update(released_at=NOW)
    person = cast.resident("甲", at=NOW).pk
    Seat.objects.update(opens={"citizen": NOW.isoformat()})
    book(Wanted(person_id=person, session_id=session.pk, channel="citizen", key="k"), by=by, at=NOW)
    done = put_rows(clinic, [row(2)], seen=1, by=by, at=NOW)
    assert done.differing == (session.pk,)
    assert days() == ["2026-11-30", "2026-12-01"]
    ended = end_clinic(clinic, by=by, at=NOW)
    assert ended.differing == (session.pk,)
    assert days() == ["2026-11-30"]
    assert why(lambda: end_clinic(clinic, by=by, at=NOW)) == "clinic_ended"
    assert why(lambda: put_rows(clinic, [], seen=2, by=by, at=NOW)) == "clinic_ended"


def test_of_two_keepers_the_second_is_told(clinic: Schedule, by: Actor) -> None:
    put_rows(clinic, [row(1)], seen=0, by=by, at=NOW)
    assert why(lambda: put_rows(clinic, [row(3)], seen=0, by=by, at=NOW)) == "stale"
    assert [each.weekday for each in rows_of(clinic)] == [1]


def test_a_day_of_its_own_closed_and_as_before(clinic: Schedule, by: Actor) -> None:
    put_rows(clinic, [row(1)], seen=0, by=by, at=NOW)
    done = put_day(clinic, MONDAY, [], why="学术会议", seen=1, by=by, at=NOW)
    assert (done.gone, days()) == (1, [])
    put_day(clinic, MONDAY, [row(0, 14, 15)], why="改到下午", seen=2, by=by, at=NOW)
    assert Session.objects.get().starts_at == datetime(2026, 11, 30, 14, tzinfo=CITY)
    put_day(clinic, MONDAY, None, why="", seen=3, by=by, at=NOW)
    assert Session.objects.get().starts_at == datetime(2026, 11, 30, 8, tzinfo=CITY)


def test_a_week_is_copied_to_the_next_ones(clinic: Schedule, by: Actor) -> None:
    last = MONDAY + timedelta(days=6)
    put_rows(clinic, [row(1, until=last), row(3, since=MONDAY + timedelta(days=7))], seen=0, by=by, at=NOW)
    copy_week(clinic, MONDAY, 2, seen=1, by=by, at=NOW)
    kept = [(each.weekday, each.since, each.until) for each in rows_of(clinic)]
    assert kept == [
        (1, date(2026, 1, 1), MONDAY + timedelta(days=20)),
        (3, MONDAY + timedelta(days=21), None),
    ]


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([row(0)], "clinic_bad_row"), ([row(8)], "clinic_bad_row"), ([row(1, 12, 12)], "clinic_bad_row"),
        ([row(slot_minutes=31)], "clinic_bad_row"), ([row(slot_minutes=1)], "clinic_bad_row"), ([row(seats=0)], "clinic_bad_row"),
        ([row(seats=51)], "clinic_bad_row"), ([row(quotas={"vip": 1})], "clinic_bad_row"), ([row(until=date(2025, 1, 1))], "clinic_bad_row"),
        ([row(1), row(1, 11, 13)], "clinic_rows_overlap"), ([row(number % 7 + 1, 8 + number // 7) for number in range(61)], "clinic_bad_row"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_roster(clinic: Schedule, by: Actor, rows: list[Asked], refused: str) -> None:
    assert why(lambda: put_rows(clinic, rows, seen=0, by=by, at=NOW)) == refused
    assert not Session.objects.exists()


def test_rows_that_follow_each_other_do_not_overlap(clinic: Schedule, by: Actor) -> None:
    until = date(2026, 12, 31)
    put_rows(
        clinic,
        [row(1, 8, 12), row(1, 12, 14), row(2, until=until), row(2, since=date(2027, 1, 1))],
        seen=0,
        by=by,
        at=NOW,
    )
    assert len(rows_of(clinic)) == 4


def test_departments_and_doctors_are_the_institutions_own(clinic: Schedule, place: Institution, by: Actor) -> None:
    other = cast.institution("别的医院", "hospital", cast.region("3703", "淄博市"))
    foreign = Department.objects.create(institution=other, name="骨科")
    stranger = cast.staff("stranger", Role.DOCTOR, other, at=NOW)

    def made(department_id: int, title: str = "x", doctor_id: int | None = None) -> str:
        new = NewClinic(department_id=department_id, title=title, doctor_id=doctor_id)
        return why(lambda: make_clinic(new, institution_id=place.pk, by=by, at=NOW))

    assert made(foreign.pk) == "clinic_department_unknown"
    assert made(clinic.department_id or 0, doctor_id=stranger.pk) == "clinic_doctor_unknown"
    assert made(clinic.department_id or 0, "骨科普通门诊") == "clinic_twice"
    assert why(lambda: clinic_at(other.pk, clinic.code)) == "not_found"
    assert clinic_at(place.pk, clinic.code.lower()).pk == clinic.pk


def test_the_nightly_job_makes_what_has_come_into_reach(clinic: Schedule, by: Actor) -> None:
    put_rows(clinic, [row(1)], seen=0, by=by, at=NOW)
    assert generate_all(by=by, at=NOW) == 0
    assert generate_all(by=by, at=NOW + timedelta(days=7)) == 1
    assert generate_all(by=by, at=datetime(2026, 12, 4, 0, 0, 1, tzinfo=CITY)) == 0
    make_sessions(0)
