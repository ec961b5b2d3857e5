"""What is left to do of an order: the step it is in, then the stages ahead with their minutes. Minutes count from the plan's now."""

from __future__ import annotations

from typing import Final, NamedTuple

from kangqu.systems.tcm_pharmacy.planning.model import Batch, Decoction, Order, Stage, State
from kangqu.systems.tcm_pharmacy.planning.timing import Minutes, Timing

Run = tuple[Stage, int, int]
FOREVER = 1 << 60
_TIMED: Final = {
    Stage.REVIEW: "review",
    Stage.DISPENSE: "dispense",
    Stage.CHECK: "check",
    Stage.PACK: "pack",
    Stage.HAND_OUT: "hand_out",
}


class Work(NamedTuple):
    """``running`` is the step the order is in; ``ready`` is when it is done. ``before`` and ``after`` are the stages with hands on
    either side of the pot. ``soak`` is 0 when the herbs soak already; ``batch`` are the minutes until it is drawn off, 0 for none.
    ``held`` is the batch it is in, ``rank`` 0 for 急煎, else the priority.
    """

    order: Order
    running: Run | None
    ready: int
    before: tuple[tuple[Stage, int], ...]
    soak: int
    batch: int
    after: tuple[tuple[Stage, int], ...]
    held: Batch | None
    rank: int


def works(state: State) -> list[Work]:
    """The work of every order. A batch in a pot that has failed, or that is not there, is made anew in another pot."""
    working = {
        (pharmacy.code, pot.code) for pharmacy in state.pharmacies for pot in pharmacy.pots if pot.works(state.now)
    }
    held = {each.order: each for each in state.batches if (each.pharmacy, each.pot) in working}
    return [work(order, state.timing, state.now, held.get(order.code)) for order in state.orders]


def work(order: Order, timing: Timing, now: int, held: Batch | None = None) -> Work:
    """What is left to do of one order."""
    done, ready, running = order.done, max(0, order.ready_from - now), None
    if held is not None:
        drawn_off = max(0, held.until - timing.rinse - now)
        done, ready, running = Stage.DECOCT, drawn_off, (Stage.DECOCT, held.since - now, drawn_off)
    elif order.begun_at is not None and (doing := _next(order)) is not Stage.DECOCT:
        begun = order.begun_at - now
        ready = max(0, begun + _minutes(doing, order, timing))
        done, running = doing, (doing, begun, ready)
    decoction = order.decoction
    return Work(
        order=order,
        running=running,
        ready=ready,
        before=_stages(order, timing, (Stage.REVIEW, Stage.DISPENSE, Stage.CHECK), done),
        soak=_soak(decoction, timing) if decoction is not None and done < Stage.SOAK else 0,
        batch=batch_minutes(decoction, timing) if decoction is not None and done < Stage.DECOCT else 0,
        after=_stages(order, timing, (Stage.PACK, Stage.HAND_OUT), done),
        held=held,
        rank=0 if order.urgent else int(order.priority),
    )


def batch_minutes(decoction: Decoction, timing: Timing) -> int:
    """From charging the pot until the liquor is drawn off; rinsing comes after. Each time something is due at it, it waits for a
    tender: herbs to add, water for the second boil, liquor to draw off."""
    second = timing.between + decoction.boil_second if decoction.boil_second else 0
    waits = 1 + sum(minutes > 0 for minutes in (decoction.first_added, decoction.late_added, decoction.boil_second))
    boils = timing.heat_up + decoction.first_added + decoction.boil_first + second
    return timing.charge + boils + waits * timing.attend


def _next(order: Order) -> Stage:
    """The stage after the one that is done."""
    following = Stage(order.done + 1)
    return Stage.PACK if order.decoction is None and following in (Stage.SOAK, Stage.DECOCT) else following


def _stages(order: Order, timing: Timing, stages: tuple[Stage, ...], done: Stage) -> tuple[tuple[Stage, int], ...]:
    return tuple((stage, _minutes(stage, order, timing)) for stage in stages if stage > done)


def _minutes(stage: Stage, order: Order, timing: Timing) -> int:
    if stage is Stage.SOAK:
        return _soak(order.decoction, timing)
    minutes: Minutes = getattr(timing, _TIMED[stage])
    return minutes.of(order.doses)


def _soak(decoction: Decoction | None, timing: Timing) -> int:
    """Minutes of soaking: as asked, and never less than the norm's (DC2)."""
    return max(decoction.soak, timing.least_soak) if decoction is not None else 0
