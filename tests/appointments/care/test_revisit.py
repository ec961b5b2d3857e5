"""Free revisits: worked example 14, every reason against, closed days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kangqu.systems.appointments.care.revisit import Again, First, judge

FIRST = First(day=date(2026, 5, 7), institution_id=1, department_id=10, level="general", tests_pending=True)
AGAIN = Again(day=date(2026, 5, 9), institution_id=1, department_id=10, level="general")


@pytest.mark.parametrize(
    ("first", "again", "rule"),
    [
        ({}, {}, "FR0"),
        ({}, {"day": date(2026, 5, 7)}, "FR0"),
        ({}, {"day": date(2026, 5, 10)}, "FR9"),
        ({}, {"day": date(2026, 5, 8), "level": "expert"}, "FR5"),
        ({}, {"level": "special"}, "FR5"),
        ({}, {"department_id": 11}, "FR2"),
        ({"department_id": None}, {"department_id": None}, "FR2"),
        ({}, {"institution_id": 2}, "FR1"),
        ({"level": "expert"}, {}, "FR4"),
        ({"tests_pending": False}, {}, "FR7"),
        ({"finished": True}, {}, "FR6"),
        ({}, {"emergency": True}, "FR3"),
        ({"emergency": True}, {}, "FR3"),
        ({}, {"day": date(2026, 5, 6)}, "FR8"),
    ],
)
def test_the_worked_table(first: dict[str, Any], again: dict[str, Any], rule: str) -> None:
    verdict = judge(replace(FIRST, **first), replace(AGAIN, **again))
    assert verdict.rule == rule
    assert verdict.free == (rule == "FR0")
    assert verdict.why.zh and verdict.why.en and "{" not in verdict.why.zh + verdict.why.en
    assert verdict.source.mark != "V"


def test_closed_on_the_last_day_it_holds_until_the_next_open_one() -> None:
    closed = {date(2026, 5, 9), date(2026, 5, 10)}
    assert judge(FIRST, replace(AGAIN, day=date(2026, 5, 11)), closed=closed).free
    assert not judge(FIRST, replace(AGAIN, day=date(2026, 5, 12)), closed=closed).free
    assert not judge(FIRST, replace(AGAIN, day=date(2026, 5, 10)), closed={date(2026, 5, 8)}).free


def test_a_department_that_never_opens_again_extends_nothing() -> None:
    closed = {date(2026, 5, day) for day in range(8, 32)}
    assert judge(FIRST, AGAIN, closed=closed).until == date(2026, 5, 9)


def test_the_days_are_a_policy() -> None:
    assert judge(FIRST, replace(AGAIN, day=date(2026, 5, 11)), days=5).free
