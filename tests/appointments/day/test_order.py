"""The order of calling: the worked table, and what holds whatever happens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kangqu.systems.appointments.day.order import Rules, Waiting, in_order, letter_of, turn_of, written

RULES = Rules()


def t(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-01T{text}+08:00")


SLOTS = [t("09:00"), t("09:30"), t("10:00")]


def one(number: int, slot: str, came: str, **more: Any) -> Waiting:
    return Waiting(number=number, slot_at=t(slot), came_at=t(came), **more)


def numbers(*waiting: Waiting, rules: Rules = RULES) -> list[int]:
    return [each.number for each in in_order(waiting, rules)]


WORKED = (
    one(1, "09:00", "08:50", back=True, since=t("09:44")),
    one(2, "09:30", "09:10"),
    one(3, "09:30", "09:12"),
    one(4, "10:00", "09:20", green=True),
    one(5, "10:00", "09:30"),
    one(6, "09:00", "09:40", turn_at=turn_of(t("09:00"), t("09:40"), SLOTS)),
    one(7, "09:00", "08:55", passes=3, since=t("09:20")),
)


def test_the_worked_table() -> None:
    assert numbers(*WORKED) == [4, 2, 3, 1, 6, 5, 7]


def test_late_has_her_old_place_where_the_policy_says_so() -> None:
    assert numbers(*WORKED, rules=Rules(late_behind=False)) == [4, 6, 2, 1, 3, 5, 7]


def test_calls_made_meanwhile_bring_one_forward() -> None:
    plain = [one(n, "09:00", f"08:{n:02}") for n in range(1, 6)]
    back = one(9, "09:00", "08:00", back=True, since=t("09:10"))
    assert numbers(*plain, back) == [1, 2, 9, 3, 4, 5]
    later = one(9, "09:00", "08:00", back=True, since=t("09:10"), calls_since=1)
    assert numbers(*plain[1:], later) == [2, 9, 3, 4, 5]
    passed = one(8, "09:00", "08:00", passes=1, since=t("09:00"), calls_since=0)
    assert numbers(*plain, passed) == [1, 2, 3, 8, 4, 5]
    assert numbers(passed) == [8]


def test_late_ones_keep_slot_order_among_themselves() -> None:
    a = one(1, "09:30", "10:10", turn_at=t("10:00"))
    b = one(2, "09:00", "10:20", turn_at=t("10:00"))
    assert numbers(a, b, one(3, "10:00", "10:25")) == [3, 2, 1]


_WAITING = st.builds(
    Waiting,
    number=st.integers(1, 999),
    slot_at=st.sampled_from(SLOTS),
    came_at=st.integers(0, 120).map(lambda n: t("08:00") + timedelta(minutes=n)),
    turn_at=st.none() | st.sampled_from(SLOTS),
    green=st.booleans(),
    back=st.booleans(),
    passes=st.integers(0, 5),
    since=st.integers(0, 120).map(lambda n: t("08:30") + timedelta(minutes=n)),
    calls_since=st.integers(0, 9),
)


@given(st.lists(_WAITING, max_size=30, unique_by=lambda each: each.number))
def test_nobody_is_lost_and_green_is_first(waiting: list[Waiting]) -> None:
    found = in_order(waiting, RULES)
    assert sorted(each.number for each in found) == sorted(each.number for each in waiting)
    green = [n for n, each in enumerate(found) if each.green and not each.back and not each.passes]
    assert green == list(range(len(green)))
    assert in_order(reversed(waiting), RULES) == found


@given(st.lists(_WAITING, max_size=30, unique_by=lambda each: each.number))
def test_back_from_tests_never_lets_more_than_n_others_by(waiting: list[Waiting]) -> None:
    found = [each for each in in_order(waiting, RULES) if not each.green or each.back or each.passes]
    again = [each for each in found if each.back]
    for place, each in enumerate(found):
        if each.back:
            others = [before for before in found[:place] if not before.back and not before.passes]
            assert len(others) <= max(0, RULES.back_after - each.calls_since), again


def test_numbers_and_letters() -> None:
    assert written(12, "A") == "A012"
    assert written(1000, "B") == "B1000"
    assert [letter_of(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
