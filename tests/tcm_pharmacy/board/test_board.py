"""The board counts what is there, marks what is late against its promise, names nobody, and asks the same questions
however much is open."""

from __future__ import annotations

import time
from datetime import UTC, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.board import reads
from kangqu.systems.tcm_pharmacy.board.reads import Board, Today, board_of
from kangqu.systems.tcm_pharmacy.board.stations import STATES, Open, Station, station_of
from kangqu.systems.tcm_pharmacy.models import Pot, Promise, Reading
from kangqu.systems.tcm_pharmacy.programme import CODE, PRESCRIPTION
from kangqu.systems.tcm_pharmacy.promises.keeping import keep_promises
from tests.access import cast
from tests.basis.plans import generic_plan
from tests.conftest import NINE
from tests.tcm_pharmacy.board.conftest import Promises, client_of
from tests.tcm_pharmacy.crowds import cleanings, copies, past, statistics


def board(promises: Promises) -> Board:
    return board_of(promises.pharmacy.centre.pk, promises.at)


def told(promises: Promises) -> dict[str, tuple[int, int | None]]:
    found = board(promises).floor.queues
    return {each.station.value: (each.waiting, each.in_hand) for each in found if each.waiting or each.in_hand}


def test_every_open_state_stands_at_a_station() -> None:
    assert {each.code for each in PRESCRIPTION.states} - set(STATES) == set(PRESCRIPTION.final)
    for state in STATES:
        for delivery in ("fetch", "courier"):
            station_of(Open("1", state, NINE, None, NINE, delivery=delivery), NINE)


def test_it_follows_a_prescription_down_the_line(promises: Promises) -> None:
    people = promises.pharmacy.people
    case = promises.received("RX-1")
    assert told(promises) == {"review": (1, 0)}
    promises.approve(case)
    deliver_due(promises.at)
    assert told(promises) == {"dispense": (1, 0)}
    for who, step, station in (("dispenser", "dispense", "check"), ("pharmacist", "check", "soak")):
        take_step(case.id, step, by=people[who], at=promises.at, desk=True)
        assert told(promises)[station][0] == 1
    take_step(case.id, "soak", by=people["decocter"], at=promises.at, desk=True)
    assert told(promises) == {"soak": (0, 1)}
    promises.at += timedelta(minutes=42)
    assert told(promises) == {"boil": (1, 0)}
    waits = next(each for each in board(promises).floor.queues if each.station is Station.BOIL)
    assert (waits.oldest, waits.next) == (timedelta(minutes=12), (("RX-1", False),))
    Pot.objects.filter(name="1号机").update(case_id=case.id)
    take_step(case.id, "boil", by=people["decocter"], at=promises.at, desk=True)
    assert told(promises) == {"boil": (0, 1)}
    pots = {pot.name: (pot.kind, pot.number) for pot in board(promises).pots}
    assert pots == {"1号机": ("boil", "RX-1"), "2号机": ("free", "")}


def test_how_long_it_waits_is_not_shortened_by_its_promise(promises: Promises) -> None:
    case = promises.received("RX-1")
    promises.approve(case)
    promises.at += timedelta(minutes=7)
    deliver_due(promises.at)
    assert Case.objects.get(pk=case.id).changed_at == promises.at.astimezone(UTC)
    promises.at += timedelta(minutes=1)
    queue = next(each for each in board(promises).floor.queues if each.station is Station.DISPENSE)
    assert queue.oldest == timedelta(minutes=8)


def test_late_is_past_the_promise_and_at_risk_is_what_the_plan_says(promises: Promises) -> None:
    promise = promises.released("RX-1")
    Pot.objects.update(failed_at=promises.at)
    keep_promises(promises.at)
    found = board(promises).floor
    assert [(each.number, each.expected) for each in found.at_risk] == [("RX-1", None)]
    assert (found.late_count, found.risk_count) == (0, 1)
    promises.at = promise.promised_at + timedelta(minutes=35)
    found = board(promises).floor
    assert [(each.number, each.by) for each in found.late] == [("RX-1", timedelta(minutes=35))]
    assert (found.late_count, found.risk_count) == (1, 0)
    Case.objects.filter(pk=promise.case_id).update(state="ready")
    assert board(promises).floor.late_count == 0, "made: whoever fetches it may come when she likes"
    Case.objects.filter(pk=promise.case_id).update(closed_at=promises.at, act_at=None)
    assert board(promises).floor.open == 0


def test_rounds_say_what_waits_for_them(promises: Promises) -> None:
    promises.round(690, [("370302", 40)], parcels=1)
    to = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号", "district": "370302"}
    first, second = (promises.released(number, delivery=to) for number in ("RX-1", "RX-2"))
    assert {first.round_id, second.round_id} != {None}
    rounds = board(promises).rounds
    assert [(each.name, each.ready, each.takes) for each in rounds[:2]] == [("690", 0, 1), ("690", 0, 1)]
    assert sum(each.making for each in rounds) == 2
    Case.objects.filter(pk=first.case_id).update(state="ready")
    rounds = board(promises).rounds
    assert rounds[0].ready == 1
    assert sum(each.making for each in rounds) == 1
    Promise.objects.filter(pk=first.pk).update(round=None)
    assert board(promises).unbound == 1


def test_readings_out_of_range_and_cleaning_are_shown(promises: Promises) -> None:
    promise = promises.released("RX-1")
    pot = Pot.objects.get(name="1号机")
    promises.boiling(promise, pot)
    promises.at += timedelta(minutes=12)
    Reading.objects.create(pot=pot, case_id=promise.case_id, at=promises.at, celsius="71.5", received_at=promises.at)
    assert [(each.name, each.heat, each.celsius) for each in board(promises).out_of_range] == [("1号机", "low", 71.5)]
    Pot.objects.filter(name="2号机").update(emptied_at=promises.at)
    by = promises.pharmacy.people["decocter"]
    assert {each.name: each.kind for each in board(promises).pots}["2号机"] == "dirty"
    facts = {"what": "pot", "name": "2号机", "kind": "wash"}
    later = promises.at + timedelta(minutes=1)
    open_case("tcm_cleaning", key="c1", institution_id=promises.pharmacy.centre.pk, by=by, at=later, facts=facts)
    assert {each.name: each.kind for each in board(promises).pots}["2号机"] == "free"


def test_today_begins_at_midnight_in_the_city(promises: Promises) -> None:
    promises.at = NINE.replace(hour=23, minute=50)
    yesterday, other = promises.received("RX-1", extension_days=3), promises.received("RX-2", extension_days=3)
    assert board(promises).today == Today(2, 0, 0)
    promises.at += timedelta(minutes=20)
    promises.received("RX-3", issued_on="2026-11-24")
    why = {"ground": "dose", "reason": "请核对"}
    take_step(other.id, "return_to_doctor", by=promises.pharmacy.people["second"], at=promises.at, values=why)
    Case.objects.filter(pk=yesterday.id).update(state="delivered", closed_at=promises.at, act_at=None)
    assert board(promises).today == Today(1, 1, 1)


def test_a_scrapped_prescription_leaves_its_pot(promises: Promises) -> None:
    promise = promises.released("RX-1")
    promises.boiling(promise, Pot.objects.get(name="1号机"))
    by = promises.pharmacy.people["manager"]
    take_step(promise.case_id, "scrap", by=by, at=promises.at, values={"why": "糊锅"})
    deliver_due(promises.at)
    pot = Pot.objects.get(name="1号机")
    assert (pot.case_id, pot.emptied_at) == (None, promises.at.astimezone(UTC))


def test_the_page_names_no_patient_and_no_herb(promises: Promises, manager: Client) -> None:
    promises.released("RX-77")
    page = manager.get("/c/tcm/board").content.decode()
    assert "RX-77" in page
    assert not any(word in page for word in ("王秀英", "黄芪", "当归", "李医生"))


@pytest.mark.parametrize("who", ["pharmacist", "dispenser", "decocter", "courier", "manager"])
def test_who_works_there_sees_it_and_others_do_not(promises: Promises, who: str) -> None:
    assert client_of(promises.pharmacy, who).get("/c/tcm/board").status_code == 200
    doctor = client_of(promises.pharmacy, "doctor")
    assert doctor.get("/c/tcm/board").status_code == 403
    assert Client().get("/c/tcm/board").status_code == 302


def test_another_pharmacys_board_is_not_found(promises: Promises, manager: Client) -> None:
    other = promises.pharmacy.elsewhere
    for asked in (other.code, "G", "%00", "x" * 5_000):
        assert manager.get(f"/c/tcm/board?at={asked}").status_code in (404, 422)
    cast.staff("stranger", Role.PHARMACY_MANAGER, other, at=promises.pharmacy.now)
    promises.released("RX-1")
    page = client_of(promises.pharmacy, "stranger").get("/c/tcm/board").content.decode()
    assert "RX-1" not in page


def test_questions_do_not_grow_with_what_is_open(promises: Promises, manager: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as questions:
            assert manager.get("/c/tcm/board").status_code == 200
        return len(questions)

    assert manager.get("/c/tcm/board").status_code == 200, "an empty pharmacy has a board"
    promise = promises.released("RX-1")
    few = asked()
    copies(promise.case_id, 3_000, list(STATES))
    assert asked() == few <= 12
    begun = time.perf_counter()
    assert board(promises).floor.open == 3_001
    assert time.perf_counter() - begun < 2, "a board is looked at every few seconds"


@pytest.mark.parametrize(
    ("statement", "given", "by"),
    [
        (
            reads.OPEN,
            {"programme": CODE, "states": list(STATES)},
            ("(state)::text = s.state", "object_id_at_idx", "weighed_once"),
        ),
        (reads.POTS, {"since": NINE}, ("reading_once",)),
        (reads.CLEANED, {"since": NINE}, ("case_of_institution",)),
        (reads.TODAY, {"programme": CODE, "midnight": NINE, "since": NINE}, ("case_of_",)),
        (reads.ROUNDS, {}, ("tcm_pharmacy_round",)),
    ],
)
def test_plans_use_indexes(promises: Promises, statement: str, given: Any, by: tuple[str, ...]) -> None:
    case_id = promises.released("RX-1").case_id
    copies(case_id, 3_000, list(STATES))
    past(case_id)
    cleanings()
    statistics()
    with transaction.atomic():
        plan = generic_plan(statement, {"pharmacy": promises.pharmacy.centre.pk, **given})
    assert all(each in plan for each in by), plan
    assert "Seq Scan" not in plan
