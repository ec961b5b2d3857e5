"""Who of a pool does what: pieces of work in order of their start, each given to the one that is free.

A pool never holds more pieces at once than it has members, so there is always one free (the graph of intervals is coloured with as many
colours as overlap); what is at work already keeps its pot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

from kangqu.systems.tcm_pharmacy.planning.model import Batch, Pot, Stage, State
from kangqu.systems.tcm_pharmacy.planning.place import Place
from kangqu.systems.tcm_pharmacy.planning.room import Site

T = TypeVar("T")
Hands = dict[tuple[str, Stage], int]
Pots = dict[str, str]


def assign(pieces: Iterable[tuple[int, int, T]], free: Iterable[str], bound: Iterable[tuple[int, str]]) -> dict[T, str]:
    """A member for each piece (start, end, key): of those free at its start the first by name. ``bound`` are (until, name)."""
    ready, busy = list(free), list(bound)
    heapify(ready)
    heapify(busy)
    given: dict[T, str] = {}
    for start, end, key in sorted(pieces, key=lambda piece: piece[:2]):
        while busy and busy[0][0] <= start:
            heappush(ready, heappop(busy)[1])
        name = heappop(ready)
        given[key] = name
        heappush(busy, (end, name))
    return given


def name_hands(places: Sequence[Place], charge: int) -> Hands:
    """Which pair of hands does what, by order and stage, counted from 1 within a stage of a pharmacy."""
    pieces: dict[tuple[str, Stage], list[tuple[int, int, str]]] = defaultdict(list)
    for place in places:
        runs = place.runs if place.work.running is None else (place.work.running, *place.runs)
        for stage, start, end in runs:
            if stage is not Stage.SOAK:
                until = start + charge if stage is Stage.DECOCT else end
                pieces[place.site.pharmacy.code, stage].append((start, until, place.work.order.code))
    hands: Hands = {}
    for (_, stage), found in pieces.items():
        _number(sorted(found), stage, hands)
    return hands


def _number(pieces: list[tuple[int, int, str]], stage: Stage, hands: Hands) -> None:
    """Number the hands of one stage, the lowest free number first; work begun by more hands than there are counts on."""
    ready: list[int] = []
    busy: list[tuple[int, int]] = []
    most = 0
    for start, end, order in pieces:
        while busy and busy[0][0] <= start:
            heappush(ready, heappop(busy)[1])
        if ready:
            hand = heappop(ready)
        else:
            most = hand = most + 1
        hands[order, stage] = hand
        heappush(busy, (end, hand))


def name_pots(state: State, sites: Sequence[Site], places: Sequence[Place], rinse: int) -> Pots:
    """Which pot each batch ahead goes into, by order."""
    pieces: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for place in places:
        for stage, start, end in place.runs:
            if stage is Stage.DECOCT:
                pieces[id(place.size)].append((start, end + rinse, place.work.order.code))
    held = {(each.pharmacy, each.pot): each for each in state.batches}
    pots: Pots = {}
    for site in sites:
        for size in site.sizes:
            until = {pot.code: _bound(pot, held.get((site.pharmacy.code, pot.code)), state.now) for pot in size.pots}
            bound = [(end - state.now, code) for code, end in until.items() if end > state.now]
            free = [code for code, end in until.items() if end <= state.now]
            pots |= assign(pieces[id(size)], free, bound)
    return pots


def _bound(pot: Pot, held: Batch | None, now: int) -> int:
    """Until when a pot is bound by its failure, or by what is in it."""
    if not pot.works(now):
        return pot.failed_until or now
    return held.until if held is not None else now
