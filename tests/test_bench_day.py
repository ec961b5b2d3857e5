"""The replayed day is judged by what the trace says: what is left out, too early or out of order is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bench._day_checks import Day, _one
from bench._day_floor import Slipped, Tally
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from tests.conftest import NINE

FACTS: dict[str, Any] = {
    "decocted": True, "twice": True, "delivery": "fetch", "first_minutes": 15, "late_minutes": 5, "soak_minutes": 30,
    "boil_minutes": 20, "boil_again_minutes": 14,
}  # fmt: skip
WHOLE = [
    ("approve", 0), ("dispense", 10), ("check", 12), ("soak", 13), ("boil", 43), ("add_rest", 58), ("add_late", 70),
    ("boil_again", 78), ("draw_off", 92), ("pack", 96), ("release_bags", 98), ("hand_out", 120),
]  # fmt: skip


def judged(
    way: list[tuple[str, int]], *, state: str = "handed_out", promised: int = 98, weighed: int = 9, **facts: Any
) -> Day:
    day = Day()
    steps = [(name, (NINE + timedelta(minutes=minute)).isoformat()) for name, minute in way]
    promise: datetime = NINE + timedelta(minutes=promised)
    _one((7, FACTS | facts, state, 3, promise, steps, weighed, 9), day)
    return day


def test_a_whole_way_is_right_and_kept_when_it_was_ready_in_time() -> None:
    day = judged(WHOLE)
    assert (day.wrong, day.handed_over, day.kept, day.late) == ({}, 1, 1, [])
    assert (day.taken, day.places) == ({"ordinary": [98.0]}, {3: 1})
    late = judged(WHOLE, promised=90)
    assert (late.kept, late.late) == (0, [8.0])


@pytest.mark.parametrize("left_out", [name for name, _ in WHOLE if name != "release_bags"])
def test_a_step_that_is_left_out_is_found(left_out: str) -> None:
    assert judged([each for each in WHOLE if each[0] != left_out]).wrong


def test_what_is_out_of_order_too_early_or_not_weighed_is_found() -> None:
    assert judged([*WHOLE[:2], WHOLE[3], WHOLE[2], *WHOLE[4:]]).wrong
    assert judged([(name, minute - (name == "boil")) for name, minute in WHOLE]).wrong == {7: "soak"}
    assert judged([(name, minute - (name == "draw_off")) for name, minute in WHOLE]).wrong == {7: "again"}
    assert judged(WHOLE, weighed=8).wrong == {7: "8 of 9 herbs weighed within the tolerance"}
    assert judged(WHOLE, delivery="courier").wrong


def test_what_was_scrapped_begins_again_at_the_drawers() -> None:
    made_anew = [*WHOLE[:5], ("scrap", 50), *((name, minute + 60) for name, minute in WHOLE[1:])]
    assert (judged(made_anew).wrong, judged(made_anew).scrapped) == ({}, 1)
    assert judged([*WHOLE[:5], ("scrap", 50), *WHOLE[5:]]).wrong


def test_wrong_scans_must_be_refused_and_for_their_own_reason() -> None:
    tally = Tally()
    with pytest.raises(Slipped):
        tally.wrong("scan", {"bad_input"}, lambda: None)

    def refused() -> None:
        raise Refused(BAD_INPUT, detail="x")

    tally.wrong("scan", {BAD_INPUT.name}, refused)
    assert tally.refused[BAD_INPUT.name] == 1
    with pytest.raises(Refused):
        tally.wrong("scan", {"something_else"}, refused)
