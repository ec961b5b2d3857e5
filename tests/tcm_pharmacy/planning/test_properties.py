"""What holds for every plan, whatever the state."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.systems.tcm_pharmacy.planning.model import WITH_HANDS, Priority, Stage, State
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan, Planned
from kangqu.systems.tcm_pharmacy.planning.plan import plan
from kangqu.systems.tcm_pharmacy.planning.work import batch_minutes
from tests.tcm_pharmacy.planning.shops import NINE, at_work, states

pytestmark = pytest.mark.slow


def _apart(pieces: list[tuple[int, int]]) -> bool:
    return all(before[1] <= after[0] for before, after in pairwise(sorted(pieces)))


@given(states())
def test_pots_hold_one_batch_that_fits(state: State):
    made = plan(state)
    shops = {each.code: each for each in state.pharmacies}
    orders = {each.code: each for each in state.orders}
    bound: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for shop in state.pharmacies:
        for pot in shop.pots:
            if not pot.works(state.now):
                bound[shop.code, pot.code].append((state.now, pot.failed_until or 0))
    for batch in state.batches:
        if not bound[batch.pharmacy, batch.pot] and batch.until > state.now:
            bound[batch.pharmacy, batch.pot].append((state.now, batch.until))
    for each in made.planned:
        step, decoction = each.step(Stage.DECOCT), orders[each.order].decoction
        if step is None or decoction is None:
            assert each.pot is None
            continue
        (pot,) = (one for one in shops[each.pharmacy].pots if one.code == each.pot)
        assert (
            decoction.herb_grams <= pot.herb_grams and decoction.water_ml <= pot.water_ml and decoction.kind == pot.kind
        )
        assert step.end - step.start == batch_minutes(decoction, state.timing)
        assert each.pot_until is not None and each.pot_until == step.end + state.timing.rinse
        bound[each.pharmacy, pot.code].append((step.start, each.pot_until))
    assert all(_apart(pieces) for pieces in bound.values())


@given(states())
def test_hands_do_one_thing_at_a_time_in_opening_hours(state: State):
    made = plan(state)
    bound: dict[tuple[str, Stage, int], list[tuple[int, int]]] = defaultdict(list)
    at_work: Counter[tuple[str, Stage]] = Counter()
    orders = {each.code: each for each in state.orders}
    shops = {each.code: each for each in state.pharmacies}
    for each in made.planned:
        for step in each.steps:
            if step.stage is Stage.SOAK:
                assert step.hand == 0
                continue
            until = step.start + state.timing.charge if step.stage is Stage.DECOCT else step.end
            bound[each.pharmacy, step.stage, step.hand].append((step.start, until))
            begun = step.start < state.now or step.start == orders[each.order].begun_at
            at_work[each.pharmacy, step.stage] += begun
            assert begun or any(a <= step.start and step.end <= b for a, b in shops[each.pharmacy].opens)
    assert all(_apart(pieces) for pieces in bound.values())
    for shop in state.pharmacies:
        for stage, count in shop.hands:
            numbers = {hand for (code, which, hand) in bound if (code, which) == (shop.code, stage)}
            assert numbers <= set(range(1, max(count, at_work[shop.code, stage]) + 1))


@given(states())
def test_stages_follow_each_other_and_herbs_soak(state: State):
    orders = {each.code: each for each in state.orders}
    for each in plan(state).planned:
        order = orders[each.order]
        assert all(before.end <= after.start and before.stage < after.stage for before, after in pairwise(each.steps))
        assert each.steps[-1].stage is Stage.HAND_OUT and each.ready >= each.steps[-1].end
        assert order.begun_at is not None or each.steps[0].start >= max(order.ready_from, state.now)
        wanted = [one for one in (*WITH_HANDS, Stage.SOAK) if one > order.done]
        if order.decoction is None:
            wanted = [one for one in wanted if one not in (Stage.SOAK, Stage.DECOCT)]
        assert sorted(wanted) == [step.stage for step in each.steps]
        soak = each.step(Stage.SOAK)
        if soak is not None and order.decoction is not None:
            assert soak.end - soak.start >= max(order.decoction.soak, 30)
            decoct = each.step(Stage.DECOCT)
            assert decoct is not None and decoct.start == soak.end


@given(states())
def test_promises_are_told_not_changed(state: State):
    made = plan(state)
    orders = {each.code: each for each in state.orders}
    assert {each.order for each in made.planned} | {each.order for each in made.unplanned} == set(orders)
    broken = set()
    for each in made.planned:
        given_before = orders[each.order].promised_by
        if given_before is None:
            assert each.promise >= each.ready and each.promise % 5 == 0 and not each.late
        else:
            assert each.promise == given_before and each.late == max(0, each.ready - given_before)
            broken |= {each.order} if each.late else set()
    broken |= {each.order for each in made.unplanned if orders[each.order].promised_by is not None}
    assert set(made.broken) == broken


@given(states())
def test_rounds_take_no_more_parcels_than_they_have_room_for(state: State):
    made = plan(state)
    orders = {each.code: each for each in state.orders}
    rounds = {(shop.code, each.code): each for shop in state.pharmacies for each in shop.rounds}
    parcels: Counter[tuple[str, str]] = Counter()
    for each in made.planned:
        district = orders[each.order].district
        assert (district is None) == (each.round is None)
        if district is not None and each.round is not None:
            parcels[each.pharmacy, each.round] += 1
            going = rounds[each.pharmacy, each.round]
            assert going.departs >= each.steps[-1].end and each.ready == going.departs + dict(going.reaches)[district]
    assert all(count <= rounds[which].parcels for which, count in parcels.items())


def _express(plan: Plan, state: State) -> list[Planned]:
    express = {each.code for each in state.orders if each.priority is Priority.EXPRESS or each.urgent}
    return [each for each in plan.planned if each.order in express]


@given(states(promised=False, most=16))
def test_ordinary_orders_never_delay_express_ones(state: State):
    waiting = replace(state, orders=tuple(each for each in state.orders if each.begun_at is None))
    alone = replace(
        waiting, orders=tuple(each for each in waiting.orders if each.priority is Priority.EXPRESS or each.urgent)
    )
    with_all, by_themselves = plan(waiting), plan(alone)
    times = {each.order: (each.pharmacy, each.ready) for each in _express(with_all, waiting)}
    assert times == {each.order: (each.pharmacy, each.ready) for each in by_themselves.planned}


@given(states(), st.randoms(use_true_random=False))
def test_the_same_state_gives_the_same_plan(state: State, rng: random.Random):
    def shuffled(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(rng.sample(parts, len(parts)))

    made = plan(state)
    assert plan(state) == made
    other = State(state.now, shuffled(state.pharmacies), shuffled(state.orders), shuffled(state.batches), state.timing)
    assert plan(other) == made


@given(states(promised=False))
def test_a_promise_given_out_of_a_plan_is_kept_when_planned_again(state: State):
    made = plan(state)
    promised = {each.order: each.promise for each in made.planned}
    orders = tuple(replace(each, promised_by=promised.get(each.code)) for each in state.orders)
    assert plan(replace(state, orders=orders)).broken == ()


@given(states(promised=False), st.integers(1, 400))
def test_when_all_goes_as_planned_no_promise_is_broken(state: State, later: int):
    waiting = replace(state, batches=())
    made = plan(waiting)
    again = plan(at_work(made, waiting, NINE + later))
    assert again.broken == ()
