"""The manager says what her pharmacy can do, sees what will be late, and moves it; nobody else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.models import Floor, Promise, PromiseMove, Round
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS, add_round
from kangqu.systems.tcm_pharmacy.promises.keeping import keep_promises
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.promises.conftest import Promises
from tests.tcm_pharmacy.store.test_store import browser

HOURS = {f"day{number}": "08:00-20:00" for number in range(1, 6)} | {"day6": "20:00-06:00", "day7": ""}
FLOOR = {**HOURS, **dict.fromkeys(HANDS, "3"), "takes_outside": "on"}
ROUND = {
    "name": "上午班",
    "weekdays": ["1", "7"],
    "departs": "11:30",
    "parcels": "80",
    "reaches": "370302 40\n370303 75\n",
}


def test_a_manager_sets_hours_hands_and_rounds(pharmacy: Pharmacy) -> None:
    client = browser(pharmacy, "manager")
    assert client.post("/c/tcm/floor/hours", FLOOR).status_code == 302
    floor = Floor.objects.get()
    assert (floor.hours[0], floor.hours[5], floor.hours[6]) == ([480, 1200], [1200, 1800], None)
    assert client.post("/c/tcm/floor/hours", {**FLOOR, "packers": "9"}).status_code == 302
    assert Floor.objects.get().packers == 9
    assert "20:00-06:00" in client.get("/c/tcm/floor/hours").content.decode()
    assert client.post("/c/tcm/floor/rounds/new", ROUND).status_code == 302
    again = client.post("/c/tcm/floor/rounds/new", ROUND)
    assert again.status_code == 422 and "KQ-3242" in again.content.decode()
    row = Round.objects.get()
    assert (row.weekdays, row.departs, row.reaches) == ("17", 690, [["370302", 40], ["370303", 75]])
    page = client.get("/c/tcm/floor").content.decode()
    assert "上午班" in page and "11:30" in page and "20:00-06:00" in page
    assert client.post(f"/c/tcm/floor/rounds/{row.pk}/end", {"reason": "停运"}).status_code == 302
    assert Round.objects.get().ended_at is not None
    assert TraceEntry.objects.get(action="tcm.round.end").reason == "停运"
    assert client.post("/c/tcm/floor/rounds/new", ROUND).status_code == 302, "the name is free again"


@pytest.mark.parametrize(
    "wrong",
    [
        {"day1": "8-20"}, {"day1": "25:00-26:00"}, {"day1": "08:00-20:00\x00"}, {"packers": "-1"}, {"packers": "201"},
        {"packers": "9" * 400}, {"tenders": ""}, {"day2": "0" * 5000},
    ],
)  # fmt: skip
def test_a_floor_that_cannot_be_is_refused(pharmacy: Pharmacy, wrong: dict[str, str]) -> None:
    assert browser(pharmacy, "manager").post("/c/tcm/floor/hours", {**FLOOR, **wrong}).status_code == 422
    assert not Floor.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reaches": "370302"}, {"reaches": "370302 x"}, {"reaches": "370302 4\n370302 5"}, {"reaches": "370302 99999"},
        {"reaches": ""}, {"reaches": "3703０2 5"}, {"departs": "25:00"}, {"parcels": "0"}, {"weekdays": ["8"]}, {"weekdays": []},
        {"name": "x" * 41},
    ],
)  # fmt: skip
def test_a_round_that_cannot_be_is_refused(pharmacy: Pharmacy, wrong: dict[str, Any]) -> None:
    assert browser(pharmacy, "manager").post("/c/tcm/floor/rounds/new", {**ROUND, **wrong}).status_code == 422
    assert not Round.objects.exists()


@pytest.mark.parametrize("who", ["pharmacist", "courier", "doctor"])
def test_the_floor_is_the_managers(pharmacy: Pharmacy, who: str) -> None:
    client = browser(pharmacy, who)
    assert {client.get(f"/c/tcm/floor{rest}").status_code for rest in ("", "/hours", "/rounds/new")} == {403}


def test_what_will_be_late_is_shown_and_moved(promises: Promises) -> None:
    given = promises.released("RX-77")
    promises.at += timedelta(hours=3)
    keep_promises(promises.at)
    client = browser(promises.pharmacy, "manager")
    code = promises.now(given).code
    page = client.get("/c/tcm/floor").content.decode()
    assert "RX-77" in page and f"/c/tcm/promises/{code}/move" in page
    assert client.post(f"/c/tcm/promises/{code}/move", {"reason": "停电"}).status_code == 302
    assert PromiseMove.objects.get().reason == "停电"
    assert Promise.objects.get().first_promised_at == given.promised_at
    assert "RX-77" not in client.get("/c/tcm/floor").content.decode()
    for unknown in ("K0000000000000", "x", code[:-1]):
        assert client.get(f"/c/tcm/promises/{unknown}/move").status_code == 404


def test_another_pharmacys_rounds_and_promises_are_not_found(promises: Promises) -> None:
    pharmacy = promises.pharmacy
    row = add_round(
        pharmacy.elsewhere.pk, name="x", weekdays="1", departs=0, parcels=1, reaches=[("370302", 1)],
        by=pharmacy.people["manager"], at=promises.at,
    )  # fmt: skip
    given = promises.released("RX-1")
    Promise.objects.update(pharmacy=pharmacy.elsewhere)
    client = browser(pharmacy, "manager")
    for path in (
        f"floor/rounds/{row.pk}/end",
        f"floor/rounds/{10**30}/end",
        f"promises/{promises.now(given).code}/move",
    ):
        assert client.get(f"/c/tcm/{path}").status_code == 404
