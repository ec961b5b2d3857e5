"""Pots in words: every state of one, at the minute it turns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.systems.tcm_pharmacy.board.pots import Bounds, PotRead, pot_of
from tests.conftest import NINE

BOUNDS = Bounds(least=90, most=102, heat_up=10, silent=5, clean_hours=12)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def pot(**changed: Any) -> PotRead:
    usual: dict[str, Any] = {
        "name": "1号机", "external": False, "failed_at": None, "emptied_at": None, "number": "", "state": "", "facts": {},
        "read_at": None, "celsius": None, "cleaned_at": None, "sent_back": False,
    }  # fmt: skip
    return PotRead(**usual | changed)


def facts(**changed: Any) -> dict[str, Any]:
    return {"boil_from": NINE.isoformat(), "boil_minutes": 20} | changed


REST = (NINE + minutes(15)).isoformat()


@pytest.mark.parametrize(
    ("state", "given", "after", "kind", "until", "late"),
    [
        ("decocting", {}, 19.9, "boil", 20, None),
        ("decocting", {}, 20, "done", 20, None),
        ("decocting", {"first_minutes": 15}, 16, "first", 15, None),
        ("decocting", {"first_minutes": 15, "rest_from": REST}, 16, "boil", 35, None),
        ("decocting", {"late_minutes": 5, "late_earliest": 10}, 5, "boil", 20, 10),
        ("decocting", {"late_minutes": 5, "late_earliest": 10, "late_from": REST}, 16, "boil", 20, None),
        ("decocting_again", {"boil_again_from": REST, "boil_again_minutes": 14}, 20, "again", 29, None),
        ("decocting_again", {"boil_again_from": REST, "boil_again_minutes": 14}, 29, "done", 29, None),
    ],
)
def test_what_boils(state: str, given: Any, after: float, kind: str, until: float, late: float | None) -> None:
    shown = pot_of(pot(state=state, facts=facts(**given), number="RX-1"), BOUNDS, NINE + minutes(after))
    assert (shown.kind, shown.until) == (kind, NINE + minutes(until))
    assert shown.late_from == (None if late is None else NINE + minutes(late))


@pytest.mark.parametrize(
    ("emptied", "cleaned", "kind"),
    [
        (None, None, "free"),
        (-10, None, "dirty"),
        (-10, -5, "free"),
        (-10, -60, "free"),
        (-10, -721, "dirty"),
        (-900, -800, "free"),
    ],
)
def test_a_pot_is_to_be_cleaned_once_its_last_cleaning_is_over(emptied: Any, cleaned: Any, kind: str) -> None:
    def ago(number: int | None) -> Any:
        return None if number is None else NINE + minutes(number)

    assert pot_of(pot(emptied_at=ago(emptied), cleaned_at=ago(cleaned)), BOUNDS, NINE).kind == kind
    assert pot_of(pot(cleaned_at=NINE, sent_back=True), BOUNDS, NINE).kind == "dirty"
    assert pot_of(pot(failed_at=NINE, sent_back=True), BOUNDS, NINE).kind == "failed"


@pytest.mark.parametrize(
    ("celsius", "read", "after", "heat"),
    [
        (100.0, 12, 12, ""),
        (102.0, 12, 12, ""),
        (102.1, 12, 12, "high"),
        (103.0, 2, 3, "high"),
        (60.0, 3, 5, ""),
        (89.9, 10, 11, "low"),
        (90.0, 10, 11, ""),
        (98.0, 6, 11, ""),
        (98.0, 6, 11.1, "silent"),
        (60.0, 9, 11, ""),
    ],
)
def test_readings_out_of_range(celsius: float, read: float, after: float, heat: str) -> None:
    now = NINE + minutes(after)
    given = pot(state="decocting", facts=facts(), read_at=NINE + minutes(read), celsius=celsius)
    assert pot_of(given, BOUNDS, now).heat == heat
    idle = pot(read_at=now - minutes(30), celsius=25.0)
    assert pot_of(idle, BOUNDS, now).heat == ""


@pytest.mark.parametrize(("since", "heat"), [(9, ""), (10, "low")])
def test_the_second_boil_heats_new_water(since: int, heat: str) -> None:
    begun = NINE + minutes(60)
    again = facts() | {"boil_again_from": begun.isoformat()}
    now = begun + minutes(since)
    assert pot_of(pot(state="decocting_again", facts=again, read_at=now, celsius=30.0), BOUNDS, now).heat == heat
