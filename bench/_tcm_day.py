"""A made day of decoction orders: six pharmacies, orders as they come, from a seed."""

from __future__ import annotations

import random
from dataclasses import replace

from kangqu.systems.tcm_pharmacy.planning.model import Decoction, Order, Pharmacy, Pot, Priority, Round, Stage, State
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan
from kangqu.systems.tcm_pharmacy.planning.timing import usual_boils

DAY = 24 * 60
SEVEN = 7 * 60
TEN = 10 * 60
DISTRICTS = tuple(f"D{number}" for number in range(1, 7))
CLASSES = ("GENERAL", "EXTERIOR", "HEAT_CLEARING", "TONIC")


def pharmacy(number: int, pots: int = 36, days: int = 4) -> Pharmacy:
    """A centre open from 06:00 to 23:00, two thirds of its pots for a week's doses, a round an hour to every district."""
    opens = tuple((day * DAY + 6 * 60, day * DAY + 23 * 60) for day in range(days))
    machines = tuple(Pot(f"K{each:02}", *((2500, 10000) if each % 3 else (5000, 20000))) for each in range(pots))
    share = pots / 36
    hands = tuple(
        (stage, max(1, round(count * share)))
        for stage, count in (
            (Stage.REVIEW, 4),
            (Stage.DISPENSE, 20),
            (Stage.CHECK, 8),
            (Stage.DECOCT, 4),
            (Stage.PACK, 18),
            (Stage.HAND_OUT, 4),
        )
    )
    rounds = tuple(
        Round(
            f"R{day}{hour:02}",
            day * DAY + hour * 60,
            150,
            tuple((each, 20 + 8 * abs(number - place)) for place, each in enumerate(DISTRICTS, 1)),
        )
        for day in range(days)
        for hour in range(8, 24)
    )
    return Pharmacy(f"P{number}", opens, machines, hands, rounds)


def order(code: str, ready_from: int, shops: tuple[str, ...], rng: random.Random, *, decocted: float = 1.0) -> Order:
    """One order of the kind that comes: 3 to 14 doses, one in twenty express, one in seven from a ward."""
    doses = rng.choice((3, 5, 7, 7, 7, 14))
    category = rng.choice(CLASSES)
    first, second = usual_boils(category)
    herbs = doses * rng.randrange(90, 230)
    decoction = Decoction(
        herbs,
        herbs * 5 // 4 + doses * 400,
        rng.choice((30, 30, 30, 45, 60)),
        first,
        second,
        first_added=rng.choice((0, 0, 0, 15)),
        late_added=rng.choice((0, 0, 5)),
        category=category,
    )
    return Order(
        code,
        ready_from,
        shops,
        doses,
        decoction if rng.random() < decocted else None,
        rng.choices((Priority.EXPRESS, Priority.WARD, Priority.ORDINARY), (5, 15, 80))[0],
        rng.random() < 0.01,
        rng.choice((None, *DISTRICTS)),
    )


def open_orders(count: int, seed: int) -> State:
    """Six pharmacies at ten o'clock with ``count`` orders waiting, all decocted, any pharmacy may make them."""
    rng = random.Random(seed)
    shops = tuple(pharmacy(number) for number in range(1, 7))
    codes = tuple(each.code for each in shops)
    orders = tuple(order(f"O{each:05}", TEN - rng.randrange(180), codes, rng) for each in range(count))
    return State(TEN, shops, orders)


def slice_of_a_day(count: int, pots: int, seed: int) -> State:
    """One pharmacy at seven o'clock and the ``count`` orders of its day, as many as its pots can just make; all are fetched."""
    rng = random.Random(seed)
    shop = pharmacy(1, pots, days=2)
    window = count * 90 // pots
    orders = [
        replace(order(f"O{each:03}", SEVEN + rng.randrange(window), ("P1",), rng), district=None, urgent=False)
        for each in range(count)
    ]
    return State(SEVEN, (shop,), tuple(orders))


def promised(state: State, plan: Plan) -> State:
    """The state with every promise given that ``plan`` makes."""
    promises = {each.order: each.promise for each in plan.planned}
    return replace(state, orders=tuple(replace(each, promised_by=promises.get(each.code)) for each in state.orders))


def with_failed_pots(state: State, share: int, minutes: int) -> State:
    """Every ``share``-th pot fails now, for so many minutes."""
    until = state.now + minutes
    shops = tuple(
        replace(
            shop,
            pots=tuple(
                replace(pot, failed_until=until) if place % share == 0 else pot for place, pot in enumerate(shop.pots)
            ),
        )
        for shop in state.pharmacies
    )
    return replace(state, pharmacies=shops)
