"""When an arrival is late, what bars and until when: worked examples 12 and 13 of the domain's services page, and the edges."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from kangqu.systems.appointments.noshow.rules import (
    Arrival,
    Kind,
    Miss,
    Origin,
    Profile,
    Scope,
    arrival,
    banned,
    bans,
    blocks,
)

YEAR = Profile(window_days=365, count=3, ban_days=30)
BEGINS, ENDS = datetime.fromisoformat("2026-12-01T09:00+08:00"), datetime.fromisoformat("2026-12-01T09:30+08:00")


def misses(*days: str, kind: Kind = Kind.NO_SHOW, place: int = 1) -> list[Miss]:
    return [Miss(date.fromisoformat(day), number, place, kind) for number, day in enumerate(days)]


@pytest.mark.parametrize(
    ("arrived", "origin", "expected"),
    [
        ("09:25", Origin.START, Arrival.ON_TIME),
        ("09:25", Origin.END, Arrival.ON_TIME),
        ("09:50", Origin.START, Arrival.NO_SHOW),  # 50 minutes after the start
        ("09:50", Origin.END, Arrival.LATE),  # 20 minutes after the end
        ("09:30", Origin.START, Arrival.ON_TIME),
        ("10:00", Origin.END, Arrival.LATE),
        ("10:01", Origin.END, Arrival.NO_SHOW),
        ("08:00", Origin.START, Arrival.ON_TIME),
    ],
)
def test_example_12_late_by_the_profiles_origin(arrived: str, origin: Origin, expected: Arrival):
    profile = Profile(window_days=365, count=3, ban_days=30, grace_minutes=30, origin=origin)
    at = datetime.fromisoformat(f"2026-12-01T{arrived}+08:00")
    assert arrival(BEGINS, ENDS, at, profile) is expected


def test_example_13_three_in_a_year_bar_thirty_days():
    (ban,) = bans(misses("2026-01-10", "2026-03-02", "2026-05-20"), YEAR)
    assert (ban.since, ban.until) == (date(2026, 5, 20), date(2026, 6, 18))
    assert (
        ban.holds(date(2026, 6, 18), 1) and not ban.holds(date(2026, 6, 19), 1) and not ban.holds(date(2026, 5, 19), 1)
    )
    assert not ban.holds(date(2026, 6, 1), 2)  # another hospital


def test_the_window_ends():
    first = date(2025, 5, 21)
    assert bans(misses(first.isoformat(), "2026-03-02", "2026-05-20"), YEAR)  # the 365th day
    assert not bans(misses((first - timedelta(1)).isoformat(), "2026-03-02", "2026-05-20"), YEAR)


def test_two_are_not_three_and_other_hospitals_count_apart():
    assert not bans(misses("2026-01-10", "2026-03-02"), YEAR)
    apart = [*misses("2026-01-10", "2026-03-02"), *misses("2026-05-20", place=2)]
    assert not bans(apart, YEAR)
    whole = Profile(window_days=365, count=3, ban_days=30, scope=Scope.PLATFORM)
    assert banned(apart, whole, day=date(2026, 5, 25), institution_id=99) is not None


def test_what_led_to_a_ban_does_not_lead_to_another():
    rows = misses("2026-01-10", "2026-01-11", "2026-01-12", "2026-03-01", "2026-03-02")
    assert len(bans(rows, YEAR)) == 1
    assert len(bans([*rows, Miss(date(2026, 3, 3), 9, 1)], YEAR)) == 2


def test_only_what_the_profile_counts():
    late = misses("2026-01-10", "2026-01-11", "2026-01-12", kind=Kind.LATE)
    assert not bans(late, YEAR)
    strict = Profile(window_days=90, count=3, ban_days=90, counts=frozenset(Kind))
    assert bans(late, strict)[0].until == date(2026, 4, 11)


def test_the_order_of_noting_does_not_matter():
    rows = misses("2026-05-20", "2026-01-10", "2026-03-02")
    assert bans(rows, YEAR)[0].since == date(2026, 5, 20)


def test_emergency_and_desks_are_never_blocked():
    assert blocks("citizen", emergency=False, online={"citizen"})
    assert not blocks("citizen", emergency=True, online={"citizen"})
    assert not any(
        blocks(each, emergency=False, online={"citizen"}) for each in ("onsite", "green", "referral", "over")
    )
