"""The worked table of docs/algorithms/tcm-planning.md, re-planning, quotations, and what has no place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kangqu.systems.tcm_pharmacy.planning.model import (
    WITH_HANDS,
    Batch,
    Decoction,
    Order,
    Pharmacy,
    Pot,
    Priority,
    Round,
    Stage,
    State,
)
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan, Planned, Unplanned, Why
from kangqu.systems.tcm_pharmacy.planning.plan import Backlog, accept, plan, quote
from kangqu.systems.tcm_pharmacy.planning.timing import Minutes, usual_boils, usual_timing
from kangqu.systems.tcm_pharmacy.planning.work import batch_minutes
from tests.tcm_pharmacy.planning.shops import FIVE, NINE, at_work, clock, minute, order, three_pots

FIRST = """
| A | 09:00 | 09:09 | 09:15 | 09:17 | 09:47–11:00 | K2 | 11:00 | 11:06 | 11:25 |
| B | 09:01 | 09:15 | 09:21 | 09:23 | 09:53–11:56 | K3 | 11:56 | 12:02 | 12:30 |
| C | 09:03 | 09:04 | 09:09 | 09:11 | 09:41–10:39 | K1 | 10:39 | 10:44 | 10:55 |
| D | 09:04 | 09:21 | 09:27 | 11:31 | 12:01–13:14 | K3 | 13:14 | 13:20 | 14:55 |
| E | 09:06 | 09:27 | 09:33 | 10:14 | 10:44–11:57 | K1 | 12:01 | 12:07 | 13:00 |
"""
AFTER_THE_FAILURE = """
| A | | 10:44–11:57 | K1 | 11:57 | 12:03 | 11:25 | 38 |
| B | | 09:53–11:56 | K3 | 12:02 | 12:08 | 12:30 | |
| C | | 09:41–10:39 | K1 | 10:39 | 10:44 | 10:55 | |
| D | 12:49 | 13:19–14:32 | K3 | 14:32 | 14:38 | 14:55 | |
| E | 11:31 | 12:01–13:14 | K3 | 13:14 | 13:20 | 13:00 | 20 |
"""


def _start(place: Planned, stage: Stage) -> str:
    step = place.step(stage)
    return clock(step.start) if step else ""


def _decoct(place: Planned) -> str:
    step = place.step(Stage.DECOCT)
    return f"{clock(step.start)}–{clock(step.end)}" if step else ""


def _line(*cells: object) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _first_table(made: Plan) -> str:
    before = (Stage.REVIEW, Stage.DISPENSE, Stage.CHECK, Stage.SOAK)
    return "\n".join(
        _line(
            each.order,
            *(_start(each, stage) for stage in before),
            _decoct(each),
            each.pot,
            _start(each, Stage.PACK),
            clock(each.ready),
            clock(each.promise),
        )
        for each in made.planned
    )


def _second_table(made: Plan) -> str:
    return "\n".join(
        _line(
            each.order,
            _start(each, Stage.SOAK),
            _decoct(each),
            each.pot,
            _start(each, Stage.PACK),
            clock(each.ready),
            clock(each.promise),
            each.late,
        )
        for each in made.planned
    )


def test_the_worked_table():
    state = State(NINE, (three_pots(),), FIVE)
    first = plan(state)
    assert _first_table(first) == FIRST.strip()

    later = at_work(first, state, minute("10:00"))
    assert [each.pot for each in later.batches] == ["K2", "K3", "K1"]
    failed = replace(later, pharmacies=(three_pots(failed="K2", until=minute("13:00")),))
    second = plan(failed)
    assert _second_table(second) == AFTER_THE_FAILURE.strip()
    assert second.broken == ("A", "E")


def test_the_tables_are_those_of_the_documentation(request):
    page = (request.config.rootpath / "docs" / "algorithms" / "tcm-planning.md").read_text(encoding="utf-8")
    assert FIRST.strip() in page and AFTER_THE_FAILURE.strip() in page


def test_without_a_failure_the_plan_goes_on_as_it_was():
    state = State(NINE, (three_pots(),), FIVE)
    first = plan(state)
    again = plan(at_work(first, state, minute("10:00")))
    assert again.broken == ()
    assert [(each.order, each.pot, each.ready, each.promise) for each in again.planned] == [
        (each.order, each.pot, each.ready, each.promise) for each in first.planned
    ]


def test_a_pot_that_works_again_is_used_again():
    state = State(NINE, (three_pots(failed="K1", until=minute("09:50")),), (order("A", "09:00"), order("B", "09:00")))
    pots = {each.order: (each.pot, _decoct(each)[:5]) for each in plan(state).planned}
    assert pots == {"A": ("K2", "09:39"), "B": ("K3", "09:45")}
    busy = replace(
        state, batches=(Batch("X", "P1", "K3", NINE, minute("11:00")), Batch("Y", "P1", "K2", NINE, minute("11:00")))
    )
    assert {each.pot for each in plan(busy).planned} == {"K1", "K2"}
    assert min(_decoct(each)[:5] for each in plan(busy).planned) == "09:50"


def test_a_promise_given_goes_before_priority_when_it_would_break():
    promised = order("A", "09:00", promised_by=minute("11:05"))
    rival = order("B", "09:00", boils=(60, 40), priority=Priority.EXPRESS)
    shop = replace(three_pots(), pots=(Pot("K1", 2000, 8000),))
    made = plan(State(NINE, (shop,), (promised, rival)))
    assert made.broken == ()
    first, second = made.planned
    assert first.ready <= minute("11:05") and second.ready > first.ready
    without = plan(State(NINE, (shop,), (replace(promised, promised_by=None), rival)))
    assert without.planned[1].ready < without.planned[0].ready


@pytest.mark.parametrize(("boils", "starts"), [((20, 0), "10:00"), ((30, 20), "11:58")])
def test_an_ordinary_order_goes_before_an_express_one_only_where_that_takes_nothing_from_it(boils, starts):
    shop = replace(three_pots(hands=2), pots=(Pot("K1", 2000, 8000),))
    express = order("A", "10:40", priority=Priority.EXPRESS, done=Stage.SOAK)
    ordinary = order("B", "10:00", boils=boils, done=Stage.SOAK)
    made = plan(State(NINE, (shop,), (express, ordinary)))
    assert [_decoct(each)[:5] for each in made.planned] == ["10:40", starts]


def test_orders_are_spread_and_the_road_counts():
    here = replace(three_pots(), rounds=(Round("here", minute("13:00"), 9, (("D1", 60),)),))
    near = replace(here, code="P2", rounds=(Round("near", minute("13:00"), 1, (("D1", 20),)),))
    both = ("P1", "P2")
    many = tuple(order(f"O{index}", "09:00", district="D1", pharmacies=both) for index in range(2))
    made = plan(State(NINE, (here, near), many))
    assert [(each.pharmacy, each.round, clock(each.ready)) for each in made.planned] == [
        ("P2", "near", "13:20"),  # one parcel goes from near by
        ("P1", "here", "14:00"),
    ]
    fetched = tuple(replace(each, district=None) for each in many)
    assert [each.pharmacy for each in plan(State(NINE, (here, near), fetched)).planned] == ["P1", "P2"]


@pytest.mark.parametrize(("departs", "goes", "promised"), [("11:10", "11:10", "11:40"), ("11:09", "11:09", "12:40")])
def test_a_parcel_is_promised_for_a_round_it_makes_even_when_it_is_made_late(departs, goes, promised):
    rounds = tuple(Round(each, minute(each), 9, (("D1", 20),)) for each in (departs, "12:10"))
    made = plan(State(NINE, (replace(three_pots(), rounds=rounds),), (order("A", "09:00", district="D1"),))).planned[0]
    assert (made.round, clock(made.promise)) == (goes, promised), "made at 10:58, twelve minutes of slack"
    assert made.ready == minute(departs) + 20


def test_nothing_soaks_over_night():
    shop = replace(three_pots(), opens=((480, 720), (1440 + 480, 1440 + 720)))
    late = plan(State(minute("11:00"), (shop,), (order("A", "11:00"),))).planned[0]
    soak, decoct = late.step(Stage.SOAK), late.step(Stage.DECOCT)
    assert soak and decoct and (soak.start, decoct.start) == (1440 + 480, 1440 + 510)
    assert late.steps[0].start == minute("11:00")  # it is reviewed the day before


def test_pieces_that_leave_as_they_are_need_no_pot():
    shop = replace(three_pots(), pots=())
    made = plan(State(NINE, (shop,), (order("A", "09:00", decoction=None),))).planned[0]
    assert [each.stage.name for each in made.steps] == ["REVIEW", "DISPENSE", "CHECK", "PACK", "HAND_OUT"]
    assert made.pot is None and made.pot_until is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"pharmacies": ("P9",)}, Why.NO_PHARMACY),
        ({"decoction": Decoction(9000, 6000, 30, 30)}, Why.NO_POT),
        ({"decoction": Decoction(1000, 6000, 30, 30, kind="external")}, Why.NO_POT),
        ({"district": "D9"}, Why.NO_ROUND),
        ({"decoction": Decoction(1000, 6000, 30, 900)}, Why.NO_ROOM),
    ],
)
def test_what_has_no_place_says_why(changed, why):
    asked = replace(order("A", "09:00", promised_by=minute("12:00")), **changed)
    made = plan(State(NINE, (three_pots(),), (asked,)))
    assert made.planned == () and made.unplanned == (Unplanned("A", why, minute("12:00")),)
    assert made.broken == ("A",)
    assert quote(asked, Backlog(State(NINE, (three_pots(),), ()))) == made.unplanned[0]


def test_a_quotation_moves_nobody_and_is_kept():
    backlog = Backlog(State(NINE, (three_pots(),), FIVE))
    before = backlog.plan()
    new = order("N", "09:10", priority=Priority.EXPRESS)
    offered = quote(new, backlog)
    assert isinstance(offered, Planned) and offered.pot is None
    assert backlog.plan() == before
    assert accept(new, backlog) == offered
    after = backlog.plan()
    assert [each for each in after.planned if each.order != "N"] == list(before.planned)
    placed = after.of("N")
    assert placed and placed.pot and (placed.ready, placed.promise) == (offered.ready, offered.promise)
    promised = tuple(replace(each, promised_by=after.of(each.code).promise) for each in (*FIVE, new))  # type: ignore[union-attr]
    assert plan(State(NINE, (three_pots(),), promised)).broken == ()


def test_urgent_decoctions_say_when_two_hours_do_not_suffice():
    quick = order("A", "09:00", boils=(20, 10), urgent=True)
    slow = order("B", "09:00", boils=(60, 40), urgent=True)
    quick_place, slow_place = plan(State(NINE, (three_pots(hands=2),), (quick, slow))).planned
    assert quick_place.urgent_late == 0
    assert slow_place.urgent_late == slow_place.ready - NINE - 120 > 0


def test_minutes_and_promises():
    timing = usual_timing()
    assert Minutes(3, 3).of(7) == 6  # 3 + 2.1, rounded up
    assert (
        batch_minutes(Decoction(1, 1, 30, 30, 20, first_added=15, late_added=5), timing)
        == 3 + 10 + 15 + 30 + 8 + 20 + 4
    )
    assert batch_minutes(Decoction(1, 1, 30, 30), timing) == 3 + 10 + 30 + 1
    assert timing.promise(600, 540) == 610  # ten minutes at least
    assert timing.promise(741, 540) == 765  # 21 minutes, rounded up to five
    assert usual_boils("TONIC") == (60, 42) and usual_boils("EXTERIOR") == (20, 14)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Decoction(1000, 5000, 30, 20, late_added=25),
        lambda: Decoction(1000, 5000, -1, 20),
        lambda: Pot("K1", 0, 1),
        lambda: Order("A", 0, ("P1",), 0),
        lambda: Order("A", 0, ("P1",), 7, done=Stage.HAND_OUT),
        lambda: Order("A", 0, ("P1", "P2"), 7, done=Stage.DISPENSE),
        lambda: Order("A", 9, ("P1",), 7, begun_at=8),
        lambda: Pharmacy("P1", ((0, 10), (5, 20)), (), tuple((each, 1) for each in WITH_HANDS)),
        lambda: Pharmacy("P1", ((0, 10),), (), ()),
        lambda: State(0, (), (order("A", "09:00"), order("A", "09:00"))),
        lambda: State(0, (), (), (Batch("A", "P1", "K1", 0, 9), Batch("B", "P1", "K1", 0, 9))),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        wrong()
