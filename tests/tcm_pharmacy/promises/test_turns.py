"""Whose turn it is at a station: that of the plan the promise was given from, express and ward orders before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.cases.worklists import Where, tasks_of_post
from kangqu.systems.tcm_pharmacy.programme import CODE, PRESCRIPTION
from kangqu.systems.tcm_pharmacy.promises.keeping import keep_promises
from kangqu.systems.tcm_pharmacy.promises.turns import turns_on_arrival
from tests.conftest import NINE
from tests.tcm_pharmacy.promises.conftest import Promises

_PIECES: dict[str, Any] = {"decoct": False}


def _list(promises: Promises, state: str) -> list[str]:
    where = Where((CODE,), (PRESCRIPTION.version,), (state,))
    return [each.number for each in tasks_of_post(where, [promises.pharmacy.centre.pk])]


def test_it_stands_in_the_list_where_the_plan_has_it(promises: Promises) -> None:
    promise = promises.released("RX-1")
    starts = {name: datetime.fromisoformat(start) for name, start, _ in promise.stages}
    assert promises.now(promise).rank_at == starts["DISPENSE"]
    for who, step, stage in (
        ("dispenser", "dispense", "CHECK"), ("pharmacist", "check", "SOAK"), ("decocter", "soak", "DECOCT"),
    ):  # fmt: skip
        take_step(promise.case_id, step, by=promises.pharmacy.people[who], at=promises.at, desk=True)
        assert promises.now(promise).rank_at == starts[stage]
    assert promises.now(promise).due_at == promise.promised_at


def test_pieces_promised_sooner_do_not_go_before_what_still_has_to_boil(promises: Promises) -> None:
    boiled, pieces = promises.released("RX-1"), promises.released("RX-2", **_PIECES)
    assert pieces.promised_at < boiled.promised_at
    assert _list(promises, "released") == ["RX-1", "RX-2"]
    for promise in (pieces, boiled):
        take_step(promise.case_id, "dispense", by=promises.pharmacy.people["dispenser"], at=promises.at, desk=True)
    assert _list(promises, "dispensed") == ["RX-1", "RX-2"]


def test_express_and_ward_orders_come_first_everywhere(promises: Promises) -> None:
    promises.released("RX-1")
    promises.released("RX-W", priority="ward")
    promises.released("RX-X", priority="express")
    assert _list(promises, "released") == ["RX-X", "RX-W", "RX-1"]
    for number, priority in (("RX-2", "ordinary"), ("RX-V", "ward"), ("RX-Y", "express")):
        promises.received(number, priority=priority)
    assert _list(promises, "received") == ["RX-Y", "RX-V", "RX-2"]


def test_only_who_goes_before_others_has_a_turn_before_it_is_planned() -> None:
    assert turns_on_arrival({"priority": "ordinary"}, NINE) == {}
    turns = turns_on_arrival({"priority": "ward"}, NINE)
    assert set(turns) == {"received", "second_signature", "released"}
    assert set(turns.values()) == {(NINE - timedelta(days=1)).isoformat()}


def test_what_is_planned_again_stands_where_it_stood(promises: Promises) -> None:
    first = [promises.released(f"RX-{number}") for number in range(4)]
    before = [promises.now(each).rank_at for each in first]
    promises.at += timedelta(minutes=20)
    keep_promises(promises.at)
    assert [promises.now(each).rank_at for each in first] == before
