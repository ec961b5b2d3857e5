"""Planning decoctions: seconds for a plan and a quotation, and the rules beside a solver on the days of one pharmacy."""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import replace

from bench._tcm_day import TEN, open_orders, order, promised, slice_of_a_day, with_failed_pots
from bench._tcm_solver import Result, cost_of, solve
from bench.measure import Figure, Peer, options, percentile, report, seconds_of
from kangqu.systems.tcm_pharmacy.planning.model import State
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan
from kangqu.systems.tcm_pharmacy.planning.plan import Backlog, accept, plan, quote

SLICES = ((60, 8), (120, 16), (200, 30))  # orders of the day, pots
MISSING = "!!! ortools is not installed: no solver to compare with. Install the group bench: pip install --group bench"


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "tcm_planning",
        "Plan the open orders of six pharmacies; quote new ones; compare the rules with a solver.",
        argv,
        ("--orders", {"type": int, "default": 3_000, "help": "open orders"}),
        ("--seconds", {"type": float, "default": 20.0, "help": "time limit of the solver for each question"}),
        ("--workers", {"type": int, "default": 2, "help": "threads of the solver"}),
        ("--seed", {"type": int, "default": 1}),
    )
    figures = [*_planning(asked), *_a_day(asked.seed)]
    try:
        import ortools  # noqa: F401
    except ImportError:
        print(MISSING, file=sys.stderr)
        figures.append(Figure("solver missing, nothing compared", 0, "slices"))
    else:
        for count, pots in SLICES:
            figures += _beside_the_solver(count, pots, asked)
    return report("tcm_planning", asked, figures)


def _planning(asked: argparse.Namespace) -> list[Figure]:
    """Plans of all open orders: as they are, and with promises to keep after a failure."""
    state = open_orders(asked.orders, asked.seed)
    first = plan(state)
    failed = with_failed_pots(promised(state, first), 6, 240)
    plain = percentile([seconds_of(lambda: plan(state)) for _ in range(max(3, asked.runs))], 0.5)
    again = percentile([seconds_of(lambda: plan(failed)) for _ in range(max(3, asked.runs))], 0.5)
    backlog, rng = Backlog(state), random.Random(asked.seed)
    codes = tuple(each.code for each in state.pharmacies)
    new = [order(f"N{each}", TEN, codes, rng) for each in range(500)]
    quoted = [seconds_of(lambda each=each: quote(each, backlog)) * 1000 for each in new]  # type: ignore[misc]
    return [
        Figure(f"plan {asked.orders} open orders of 6 pharmacies", plain, "s", at_most=1.0),
        Figure("plan them again, a sixth of the pots failed, other ways tried", again, "s", at_most=1.0),
        Figure("promises of them broken by the failure", len(plan(failed).broken), ""),
        Figure("quote a new order, median", percentile(quoted, 0.5), "ms", at_most=1.0),
        Figure("quote a new order, p99", percentile(quoted, 0.99), "ms", at_most=1.0),
    ]


def _a_day(seed: int) -> list[Figure]:
    """16,000 orders quoted and taken one by one, one in seven decocted: as many as 216 pots can make in a day."""
    state, rng = replace(open_orders(0, seed), now=6 * 60), random.Random(seed)
    codes = tuple(each.code for each in state.pharmacies)
    orders = [order(f"O{each:05}", 6 * 60 + each * 900 // 16_000, codes, rng, decocted=0.14) for each in range(16_000)]
    backlog = Backlog(state)
    taken = seconds_of(lambda: [accept(each, backlog) for each in orders])
    same_day = sum(each.ready < 24 * 60 for each in backlog.plan().planned)
    return [
        Figure("a day of 16,000 orders, quoted and taken one by one", taken, "s"),
        Figure("of them ready the same day", 100 * same_day / 16_000, "%"),
    ]


def _beside_the_solver(count: int, pots: int, asked: argparse.Namespace) -> list[Figure]:
    """A day of one pharmacy: its last end and mean end; then a quarter of its pots fails for four hours, promises given."""
    state = slice_of_a_day(count, pots, asked.seed)
    first = plan(state)
    shortest = solve(state, first, what="makespan", seconds=asked.seconds, workers=asked.workers)
    quickest = solve(state, first, what="cost", seconds=asked.seconds, workers=asked.workers)
    failed = with_failed_pots(promised(state, first), 4, 240)
    second = plan(failed)
    kept = solve(failed, second, what="cost", seconds=asked.seconds, workers=asked.workers)
    rules, after = _rules(state, first), _rules(failed, second)
    day = f"{count} orders, {pots} pots"
    return [
        Figure(f"{day}: the plan by rules", seconds_of(lambda: plan(state)) * 1000, "ms"),
        Figure(f"{day}: last end", rules.makespan, "min", Peer("solver", shortest.makespan), at_most=1.1),
        Figure(f"{day}: last end beside what is proved possible", rules.makespan, "min", Peer("bound", shortest.bound)),
        Figure(f"{day}: mean end", rules.mean_end, "min", Peer("solver", quickest.mean_end), at_most=1.1),
        Figure(f"{day}: mean end beside what is proved possible", rules.cost, "min", Peer("bound", quickest.bound)),
        Figure(f"{day}, failure: weighted late minutes an order", after.late / count, "min"),
        Figure(f"{day}, failure: the solver's", kept.late / count, "min"),
        Figure(f"{day}, failure: mean end", after.mean_end, "min", Peer("solver", kept.mean_end), at_most=1.1),
    ]


def _rules(state: State, made: Plan) -> Result:
    return cost_of(state, {each.order: each.ready for each in made.planned})
