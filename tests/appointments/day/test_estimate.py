"""The estimate of the wait: the worked table and its edges."""

from __future__ import annotations

import pytest

from kangqu.systems.appointments.day.estimate import Wait, pace_of, robust, wait_of

USUAL = [6.0] * 20


@pytest.mark.parametrize(
    ("today", "ahead", "room", "doctors", "minutes"),
    [
        ([], 0, [], 1, 0),
        ([], 3, [2.0], 1, 22),
        ([10.0] * 6, 3, [2.0], 1, 30),
        ([10.0] * 6, 3, [2.0], 2, 15),
    ],
)
def test_the_worked_table(today: list[float], ahead: int, room: list[float], doctors: int, minutes: float) -> None:
    wait = wait_of(ahead, pace_of(today, USUAL, 8), in_room=room, doctors=doctors)
    assert wait.minutes == pytest.approx(minutes)
    assert wait.least <= wait.minutes <= wait.most


def test_one_long_consultation_does_not_move_the_pace_much() -> None:
    assert pace_of([5.0] * 19 + [110.0], [], 8).mean < 7
    mean, spread = robust([5.0] * 9 + [9_999.0]) or (0, 0)
    assert mean == 5.0
    assert spread == pytest.approx(14.375)


def test_before_it_begins_the_wait_holds_the_time_until_then() -> None:
    assert wait_of(2, pace_of([], USUAL, 8), begins_in=30).minutes == 42


def test_the_range_is_shown_in_fives() -> None:
    assert Wait(12, 7.2, 16.1).shown == (5, 20)
    assert Wait(0, 0, 0).shown == (0, 5)


def test_whoever_overstays_is_expected_to_leave_soon() -> None:
    assert wait_of(0, pace_of([], USUAL, 8), in_room=[60.0]).minutes == pytest.approx(1.5)
