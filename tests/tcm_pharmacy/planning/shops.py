"""Small pharmacies and orders to plan with."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

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
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan, Planned

NINE = 9 * 60
DAY = 24 * 60


def minute(clock: str) -> int:
    """``"09:30"`` as a minute of the day."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def three_pots(*, failed: str = "", until: int = 0, hands: int = 1) -> Pharmacy:
    """The pharmacy of the worked table."""
    pots: tuple[Pot, ...] = (Pot("K1", 2000, 8000), Pot("K2", 2000, 8000), Pot("K3", 4000, 16000))
    pots = tuple(replace(pot, failed_until=until) if pot.code == failed else pot for pot in pots)
    return Pharmacy("P1", ((8 * 60, 20 * 60),), pots, tuple((stage, hands) for stage in WITH_HANDS))


def order(code: str, arrives: str, doses: int = 7, *, boils: tuple[int, int] = (30, 20), **more: object) -> Order:
    herbs, water = more.pop("herbs", 1400), more.pop("water", 6000)
    decoction = Decoction(herbs, water, 30, *boils)  # type: ignore[arg-type]
    return replace(Order(code, minute(arrives), ("P1",), doses, decoction), **more)  # type: ignore[arg-type]


FIVE = (
    order("A", "09:00"),
    order("B", "09:01", boils=(60, 40)),
    order("C", "09:03", 5, boils=(20, 15), herbs=1000, water=5000, priority=Priority.EXPRESS),
    order("D", "09:04", 10, herbs=2500, water=9000),
    order("E", "09:06"),
)


def at_work(plan: Plan, state: State, at: int) -> State:
    """The state at ``at`` when everything went as planned and what could be promised was promised."""
    places = {each.order: each for each in plan.planned}
    orders = [_begun(each, places[each.code], at) for each in state.orders if each.code in places]
    batches = [
        Batch(each.order, each.pharmacy, each.pot, step.start, each.pot_until)
        for each in plan.planned
        if (step := each.step(Stage.DECOCT))
        and step.start <= at
        and each.pot
        and each.pot_until
        and each.pot_until > at
    ]
    return replace(state, now=at, orders=tuple(each for each in orders if each is not None), batches=tuple(batches))


def _begun(order: Order, place: Planned, at: int) -> Order | None:
    begun = [step for step in place.steps if step.start <= at]
    done = [step for step in begun if step.end <= at]
    last = done[-1].stage if done else order.done
    if last is Stage.HAND_OUT:
        return None
    return replace(
        order,
        pharmacies=(place.pharmacy,),
        promised_by=place.promise,
        done=last,
        begun_at=begun[-1].start if len(begun) > len(done) else None,
    )


@st.composite
def pharmacies(draw: st.DrawFn, code: str = "P1", districts: tuple[str, ...] = ("D1", "D2")) -> Pharmacy:
    opens = tuple(
        (day * DAY + draw(st.integers(420, 560)), day * DAY + draw(st.integers(1000, 1300))) for day in range(3)
    )
    pots = tuple(
        Pot(
            f"K{index}",
            draw(st.sampled_from((1500, 3000))),
            draw(st.sampled_from((6000, 12000))),
            draw(st.sampled_from(("internal", "internal", "external"))),
            draw(st.sampled_from((None, None, None, NINE - 60, NINE + 200))),
        )
        for index in range(draw(st.integers(1, 4)))
    )
    hands = tuple((stage, draw(st.integers(1, 3))) for stage in WITH_HANDS)
    rounds = tuple(
        Round(f"R{index}", departs, draw(st.integers(0, 3)), tuple((each, 20 + 5 * index) for each in districts))
        for index, departs in enumerate(draw(st.lists(st.integers(NINE, 2 * DAY), max_size=4)))
    )
    return Pharmacy(code, opens, pots, hands, rounds)


@st.composite
def orders(draw: st.DrawFn, code: str, shops: tuple[str, ...] = ("P1", "P2"), *, promised: bool = True) -> Order:
    decoction = Decoction(
        draw(st.integers(200, 3200)),
        draw(st.integers(1000, 12500)),
        draw(st.integers(0, 60)),
        draw(st.integers(15, 60)),
        draw(st.sampled_from((0, 15, 40))),
        first_added=draw(st.sampled_from((0, 0, 15))),
        kind=draw(st.sampled_from(("internal", "internal", "internal", "external"))),
    )
    begun = draw(st.sampled_from(list(Stage)[:5]))
    at_work = begun >= Stage.DISPENSE
    begun_at = NINE - draw(st.integers(0, 20)) if at_work and draw(st.booleans()) else None
    arrives = NINE + draw(st.integers(-60, 200))
    return Order(
        code,
        arrives if begun_at is None else min(arrives, begun_at),
        (draw(st.sampled_from(shops)),) if at_work else tuple(draw(st.permutations(shops))),
        draw(st.integers(1, 14)),
        decoction if draw(st.integers(0, 5)) else None,
        draw(st.sampled_from(Priority)),
        draw(st.integers(0, 9)) == 0,
        draw(st.sampled_from((None, None, "D1", "D2"))),
        NINE + draw(st.integers(30, 900)) if promised and draw(st.booleans()) else None,
        begun,
        begun_at,
    )


@st.composite
def states(draw: st.DrawFn, *, promised: bool = True, most: int = 12) -> State:
    shops = (draw(pharmacies("P1")), draw(pharmacies("P2")))
    open_orders = tuple(draw(orders(f"O{index:02}", promised=promised)) for index in range(draw(st.integers(1, most))))
    batches = tuple(
        Batch(f"X{shop.code}{pot.code}", shop.code, pot.code, NINE - 30, NINE + draw(st.integers(0, 60)))
        for shop in shops
        for pot in shop.pots
        if draw(st.integers(0, 4)) == 0
    )
    return State(NINE, shops, open_orders, batches)
