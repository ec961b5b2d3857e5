"""The board made of what was read: queues, what is late or will be, what waits for which round. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kangqu.systems.tcm_pharmacy.board.stations import Open, Station, station_of
from kangqu.systems.tcm_pharmacy.planning.model import Round
from kangqu.systems.tcm_pharmacy.promises.capacity import instant_at

NEXT: Final = 4
"""How many of a queue are named."""
LATE: Final = 6
"""How many late ones, and how many at risk, are named."""
ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Queue:
    """A station: how many wait, how many are in hand (None where nobody can tell), how long the oldest has waited,
    how many are late or at risk, the numbers that come next."""

    station: Station
    waiting: int
    in_hand: int | None
    oldest: timedelta | None
    late: int
    at_risk: int
    next: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """One that is late by ``by``, or that will be: expected at ``expected`` (None: no room for it) instead of ``due``."""

    number: str
    station: Station
    due: datetime
    by: timedelta | None
    expected: datetime | None
    promised: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """A courier's next departure: parcels that stand ready for it, those still in the making, how many it takes."""

    name: str
    departs: datetime
    ready: int
    making: int
    takes: int


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything but the pots. ``late`` and ``at_risk`` name the first; ``late_count`` and ``risk_count`` count all."""

    queues: tuple[Queue, ...]
    late: tuple[Marked, ...]
    late_count: int
    at_risk: tuple[Marked, ...]
    risk_count: int
    open: int


def floor_of(rows: Sequence[Open], at: datetime) -> Floor:
    """The floor as it stands at ``at``."""
    placed = [(each, *station_of(each, at)) for each in rows]
    late = sorted(
        (_marked(each, station, by) for each, station, _ in placed if (by := each.late_by(at)) is not None),
        key=lambda one: (one.due, one.number),
    )
    risk = sorted(
        (_marked(each, station, None) for each, station, _ in placed if each.at_risk(at) and each.due is not None),
        key=lambda one: (one.due, one.number),
    )
    queues = tuple(_queue(station, placed, at) for station in Station)
    return Floor(queues, tuple(late[:LATE]), len(late), tuple(risk[:LATE]), len(risk), len(rows))


def _marked(each: Open, station: Station, by: timedelta | None) -> Marked:
    assert each.due is not None
    return Marked(each.number, station, each.due, by, each.expected, each.promised)


def _queue(station: Station, placed: Sequence[tuple[Open, Station, bool]], at: datetime) -> Queue:
    here = [(each, in_hand) for each, where, in_hand in placed if where is station]
    waits = sorted((each for each, in_hand in here if not in_hand), key=lambda each: (each.rank, each.number))
    since = min((_waits_since(each) for each in waits), default=None)
    return Queue(
        station=station,
        waiting=len(waits),
        in_hand=len(here) - len(waits) if station.knows_hands else None,
        oldest=None if since is None else at - since,
        late=sum(each.late_by(at) is not None for each, _ in here),
        at_risk=sum(each.at_risk(at) for each, _ in here),
        next=tuple((each.number, each.late_by(at) is not None) for each in waits[:NEXT]),
    )


def _waits_since(each: Open) -> datetime:
    """What is soaked waits for a pot since it is; anything else since it came."""
    return each.soaked_at if each.state == "soaking" and each.soaked_at is not None else each.since


def departures_of(
    rounds: Sequence[Round], names: dict[int, str], rows: Sequence[Open], at: datetime
) -> tuple[Departure, ...]:
    """The next :data:`ROUNDS` departures, each with what is to go along: a parcel waits for the first of its round."""
    found: list[Departure] = []
    seen: dict[int, datetime] = {}
    for each in sorted(rounds, key=lambda one: (one.departs, one.code)):
        number, departs = int(each.code.split("/")[0]), instant_at(each.departs)
        before = seen.get(number)
        seen[number] = departs
        mine = [row for row in rows if row.round_id == number and row.by_courier and row.state != "on_the_way"]
        ready = sum(row.state == "ready" for row in mine) if before is None else 0
        making = sum(row.state != "ready" and _goes(row, before, departs) for row in mine)
        found.append(Departure(names[number], departs, ready, making, each.parcels))
        if len(found) == ROUNDS:
            break
    return tuple(found)


def _goes(row: Open, before: datetime | None, departs: datetime) -> bool:
    """Whether the plan loads it for this departure: after the one before, no later than this one."""
    when = row.hand_over
    return when is not None and when <= departs and (before is None or when > before)
