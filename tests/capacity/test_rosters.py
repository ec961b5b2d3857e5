"""Which sessions a roster makes of which day, and that what is booked is never changed behind anybody's back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.capacity.models import RosterException, RosterRow, Seat, Session
from kangqu.kernel.capacity.rosters import Row, sessions_of
from kangqu.kernel.capacity.sessions import Generated, generate
from tests.capacity.conftest import BEFORE, TUESDAY, Clinic

MORNING = Row(5, time(8), time(9, 40), 30, {"citizen": 2})  # Fridays


def hours(day: str, *rows: Row, on_holidays: bool = False, exception: list[Row] | None = None) -> list[str]:
    found = sessions_of(date.fromisoformat(day), rows, on_holidays=on_holidays, exception=exception)
    return [f"{each.starts_at.astimezone(CITY):%H:%M}–{each.ends_at.astimezone(CITY):%H:%M}" for each in found]


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-12-04", True),
        ("2026-12-05", False),
        ("2026-01-02", False),  # a Friday of the New Year holiday
        ("2026-01-04", True),  # the Sunday that makes up for it
        ("2026-02-28", False),  # makes up for a Monday
    ],
)
def test_holidays_close_and_make_up_days_work_as_what_they_make_up_for(day: str, opens: bool) -> None:
    assert hours(day, MORNING) == (["08:00–09:40"] if opens else [])


def test_a_schedule_that_works_on_holidays() -> None:
    assert hours("2026-01-02", MORNING, on_holidays=True) == ["08:00–09:40"]


def test_a_weekend_clinic_goes_by_its_own_rows_on_a_make_up_day() -> None:
    sunday = Row(7, time(14), time(16), 30, {"citizen": 1}, off_peak=True)
    assert hours("2026-01-04", MORNING, sunday) == ["14:00–16:00"]


def test_an_exception_is_instead_of_the_roster() -> None:
    assert hours("2026-12-04", MORNING, exception=[]) == []
    assert hours("2026-12-05", MORNING, exception=[Row(0, time(18), time(19), 20, {"citizen": 1})]) == ["18:00–19:00"]


def test_rows_hold_from_day_to_day() -> None:
    until = Row(5, time(8), time(9), 30, {}, since=date(2026, 12, 4), until=date(2026, 12, 11))
    assert [bool(hours(f"2026-{day}", until)) for day in ("11-27", "12-04", "12-11", "12-18")] == [
        False,
        True,
        True,
        False,
    ]


def test_the_last_slot_is_shorter_where_the_time_does_not_divide() -> None:
    (session,) = sessions_of(date(2026, 12, 4), [MORNING], on_holidays=False)
    assert [(ends - starts) / timedelta(minutes=1) for starts, ends in session.slots] == [30, 30, 30, 10]


def again(clinic: Clinic) -> Generated:
    return generate(clinic.schedule.pk, until=TUESDAY, by=clinic.desk, at=BEFORE)


def test_generating_again_changes_nothing(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 2, "onsite": 1}, until=time(11))
    assert Seat.objects.filter(session=session).count() == 12
    assert again(clinic) == Generated()


def test_a_session_nobody_booked_follows_its_roster(clinic: Clinic) -> None:
    clinic.session({"citizen": 2})
    RosterRow.objects.update(quotas={"citizen": 3})
    assert again(clinic) == Generated(anew=1)
    assert Seat.objects.count() == 3
    RosterRow.objects.all().delete()
    assert again(clinic) == Generated(gone=1)
    assert not Session.objects.exists()


def test_what_is_booked_stays_and_is_named(clinic: Clinic) -> None:
    session = clinic.session({"citizen": 2})
    clinic.book(session, "A")
    RosterException.objects.create(schedule=clinic.schedule, day=TUESDAY, reason="外出会诊")
    assert again(clinic) == Generated(differing=(session.pk,))
    assert Seat.objects.filter(session=session).count() == 2


def test_an_ended_schedule_makes_nothing(clinic: Clinic) -> None:
    clinic.schedule.ended_at = datetime(2026, 11, 1, tzinfo=CITY)
    clinic.schedule.save()
    RosterRow.objects.create(
        schedule=clinic.schedule,
        weekday=2,
        begins=time(8),
        ends=time(9),
        slot_minutes=30,
        quotas={"citizen": 1},
        since=TUESDAY,
    )
    assert again(clinic) == Generated()
