"""The same plan asked of a solver: OR-tools CP-SAT on the orders of one pharmacy, starting from the plan made by rules.

The model is that of ``docs/algorithms/tcm-planning.md`` within one opening span: hands and pots of a size are cumulative resources,
a batch goes into any size that holds it, a tender is bound while it is charged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kangqu.systems.tcm_pharmacy.planning.model import Order, Priority, Stage, State
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan
from kangqu.systems.tcm_pharmacy.planning.room import PotSize, Site, timetable
from kangqu.systems.tcm_pharmacy.planning.work import Work, works

WEIGHTS = {Priority.EXPRESS: 20, Priority.WARD: 5, Priority.ORDINARY: 1}


@dataclass(frozen=True, slots=True)
class Result:
    """Weighted late minutes, mean and last end (minutes from now), what it costs, and what the solver proved no plan can beat."""

    late: int
    mean_end: float
    makespan: int
    cost: int
    bound: float


def cost_of(state: State, ends: dict[str, int], bound: float = 0.0) -> Result:
    """What a plan costs: ten for each weighted late minute, one for each minute until an order is ready."""
    orders = {each.code: each for each in state.orders}
    late = sum(
        WEIGHTS[orders[code].priority] * max(0, end - promised)
        for code, end in ends.items()
        if (promised := orders[code].promised_by) is not None
    )
    waits = [end - state.now for end in ends.values()]
    return Result(late, sum(waits) / len(waits), max(waits), 10 * late + sum(waits), bound)


@dataclass(slots=True)
class _Model:
    model: Any
    horizon: int
    hands: dict[Stage, list[Any]] = field(default_factory=dict)
    pots: dict[int, list[Any]] = field(default_factory=dict)
    cost: list[Any] = field(default_factory=list)
    ends: dict[str, Any] = field(default_factory=dict)


def solve(state: State, start: Plan, what: str, seconds: float, workers: int) -> Result:
    """The best plan found in ``seconds``, by ``what``: ``makespan`` or ``cost``. Raises ``ImportError`` without ``ortools``."""
    from ortools.sat.python import cp_model

    (shop,) = state.pharmacies
    horizon = min(until for _, until in shop.opens if until > state.now) - state.now
    asked = _Model(cp_model.CpModel(), horizon)
    site = Site(shop, state.timing, state.now, horizon, timetable(shop, state.now))
    for each in works(state):
        _add(asked, each, site, state, start)
    for stage, count in shop.hands:
        asked.model.add_cumulative(asked.hands.get(stage, []), [1] * len(asked.hands.get(stage, [])), count)
    for index, size in enumerate(site.sizes):
        found = asked.pots.get(index, []) + [
            asked.model.new_fixed_size_interval_var(0, pot.failed_until - state.now, "")
            for pot in size.pots
            if pot.failed_until is not None
        ]
        asked.model.add_cumulative(found, [1] * len(found), len(size.pots))
    if what == "makespan":
        last = asked.model.new_int_var(0, horizon, "")
        asked.model.add_max_equality(last, list(asked.ends.values()))
        asked.model.minimize(last)
    else:
        asked.model.minimize(sum(asked.cost))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.solve(asked.model)
    ends = {code: solver.value(end) + state.now for code, end in asked.ends.items()}
    return cost_of(state, ends, solver.best_objective_bound)


def _add(asked: _Model, each: Work, site: Site, state: State, start: Plan) -> None:
    """The intervals of one order, one after another."""
    hint = start.of(each.order.code)
    steps = {step.stage: step.start - state.now for step in hint.steps} if hint else {}
    last: Any = each.ready
    for stage, minutes in each.before:
        last = _piece(asked, stage, minutes, last, steps.get(stage, 0))
    if each.batch:
        last = _batch(
            asked, each, site, state, last + each.soak, steps.get(Stage.DECOCT, 0), hint.pot if hint else None
        )
    for stage, minutes in each.after:
        last = _piece(asked, stage, minutes, last, steps.get(stage, 0))
    asked.ends[each.order.code] = last
    asked.cost.append(last)
    _late(asked, each.order, last, state.now)


def _piece(asked: _Model, stage: Stage, minutes: int, ready: Any, hint: int) -> Any:
    begin = asked.model.new_int_var(0, asked.horizon - minutes, "")
    asked.model.add_hint(begin, hint)
    asked.model.add(begin >= ready)
    asked.hands.setdefault(stage, []).append(asked.model.new_fixed_size_interval_var(begin, minutes, ""))
    return begin + minutes


def _batch(asked: _Model, each: Work, site: Site, state: State, ready: Any, hint: int, hinted: str | None) -> Any:
    timing = state.timing
    taken = each.batch + timing.rinse
    begin = asked.model.new_int_var(0, asked.horizon - timing.clear - taken, "")
    asked.model.add_hint(begin, hint)
    asked.model.add(begin >= ready)
    tended = asked.model.new_fixed_size_interval_var(begin, timing.charge, "")
    asked.hands.setdefault(Stage.DECOCT, []).append(tended)
    chosen = []
    for index in _fitting(each.order, site.sizes):
        here = asked.model.new_bool_var("")
        asked.model.add_hint(here, any(pot.code == hinted for pot in site.sizes[index].pots))
        pot = asked.model.new_optional_fixed_size_interval_var(begin, taken, here, "")
        asked.pots.setdefault(index, []).append(pot)
        chosen.append(here)
    asked.model.add_exactly_one(chosen)
    return begin + each.batch


def _fitting(order: Order, sizes: list[PotSize]) -> list[int]:
    decoction = order.decoction
    return [index for index, size in enumerate(sizes) if decoction is not None and size.holds(decoction)]


def _late(asked: _Model, order: Order, end: Any, now: int) -> None:
    if order.promised_by is None:
        return
    late = asked.model.new_int_var(0, asked.horizon, "")
    asked.model.add(late >= end - (order.promised_by - now))
    asked.cost.append(10 * WEIGHTS[order.priority] * late)
