"""Whose turn it is at a station: lists follow the plan from which the promise was given, express and ward orders first.

By promise alone, what is promised soon goes before what still has hours of soaking and boiling ahead, and that is late
in the end. The plan that promised both had found a place for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.planning.model import Priority, Stage
from kangqu.systems.tcm_pharmacy.planning.outcome import Planned, Step
from kangqu.systems.tcm_pharmacy.promises.capacity import instant_at

_AHEAD: Final = timedelta(days=1)
_WAITS_FOR: Final = {
    "released": (Stage.DISPENSE,),
    "dispensed": (Stage.CHECK,),
    "checked": (Stage.SOAK, Stage.PACK),
    "soaking": (Stage.DECOCT,),
    "drawn_off": (Stage.PACK,),
    "packed": (Stage.HAND_OUT,),
}
"""The stage that a prescription in a state waits for: the first of these that it has."""
_IN_THE_POT: Final = ("decocting", "decocting_again")
_PRIORITIES: Final = {"express": Priority.EXPRESS, "ward": Priority.WARD}

Turns = dict[str, str]
"""The instant (ISO 8601) of its turn, by state."""


def priority_of(facts: Mapping[str, Any]) -> Priority:
    """加急, 病区 or 普通, as the facts of a prescription have it."""
    return _PRIORITIES.get(facts.get("priority", ""), Priority.ORDINARY)


def turns_on_arrival(facts: Mapping[str, Any], at: datetime) -> Turns:
    """The turns of what has just come in: express and ward orders go before whatever waits, others by their deadline."""
    first = _first(facts)
    return {state: (at - first).isoformat() for state in ("received", "second_signature", "released")} if first else {}


def turns_of(planned: Planned, facts: Mapping[str, Any]) -> Turns:
    """The turns of what was planned: when each stage ahead begins in the plan, and when the pot is drawn off."""
    first = _first(facts)
    steps = {state: _step(planned, stages) for state, stages in _WAITS_FOR.items()}
    turns = {state: _turn(step.start, first) for state, step in steps.items() if step is not None}
    boils = planned.step(Stage.DECOCT)
    return turns | ({state: _turn(boils.end, first) for state in _IN_THE_POT} if boils is not None else {})


def _step(planned: Planned, stages: tuple[Stage, ...]) -> Step | None:
    return next((step for stage in stages if (step := planned.step(stage)) is not None), None)


def _turn(minute: int, first: timedelta) -> str:
    return (instant_at(minute) - first).isoformat()


def _first(facts: Mapping[str, Any]) -> timedelta:
    """How far before its time it is ranked: a day for each kind of order that it goes before."""
    return (Priority.ORDINARY - priority_of(facts)) * _AHEAD
