"""What the board asks: five statements, whatever is open. No person and no herb is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.basis.prepared import run
from kangqu.systems.tcm_pharmacy.board.floor import Departure, Floor, departures_of, floor_of
from kangqu.systems.tcm_pharmacy.board.pots import Bounds, PotRead, PotShown, pot_of
from kangqu.systems.tcm_pharmacy.board.stations import STATES, Open
from kangqu.systems.tcm_pharmacy.policy import number
from kangqu.systems.tcm_pharmacy.programme import CODE
from kangqu.systems.tcm_pharmacy.promises.capacity import departures

# When a case came to its state is told by its last step: a promise given or moved changes the case, too.
OPEN: Final = """
SELECT c.number, c.code, c.state, coalesce(came.at, c.opened_at), coalesce(p.promised_at, c.due_at), c.rank_at, c.facts::text,
       p.id IS NOT NULL, p.expected_at, p.broken_at IS NOT NULL, c.suspended_at IS NOT NULL, c.holder_id IS NOT NULL,
       c.state = 'released' AND EXISTS (SELECT FROM tcm_pharmacy_weighing w
         WHERE w.case_id = c.id AND w.at >= coalesce(came.at, c.opened_at)),
       p.round_id, (p.stages -> -1 ->> 2)::timestamptz
  FROM unnest(%(states)s::text[]) AS s(state)
  JOIN cases_case c ON c.closed_at IS NULL AND c.institution_id = %(pharmacy)s::bigint AND c.programme = %(programme)s::text
   AND c.state = s.state
  LEFT JOIN tcm_pharmacy_promise p ON p.case_id = c.id
  LEFT JOIN LATERAL (
    SELECT t.at FROM trace_entry t
     WHERE t.object_type = 'case' AND t.stream = 'step' AND t.object_id = c.id AND t.action IN ('case.step', 'case.roll_back')
       AND t.at >= c.opened_at AND t.at <= c.changed_at
     ORDER BY t.at DESC LIMIT 1) AS came ON true
"""
POTS: Final = """
SELECT t.name, t.external, t.failed_at, t.emptied_at, coalesce(c.number, ''), coalesce(c.state, ''), c.facts::text,
       r.at, r.celsius::float
  FROM tcm_pharmacy_pot t
  LEFT JOIN cases_case c ON c.id = t.case_id
  LEFT JOIN LATERAL (SELECT r.at, r.celsius FROM tcm_pharmacy_reading r WHERE r.pot_id = t.id AND r.at >= %(since)s::timestamptz
     ORDER BY r.at DESC LIMIT 1) AS r ON true
 WHERE t.institution_id = %(pharmacy)s::bigint ORDER BY t.external, length(t.name), t.name
"""
CLEANED: Final = """
SELECT DISTINCT ON (c.facts ->> 'name') c.facts ->> 'name', c.opened_at, c.closed_at IS NULL AND c.facts ? 'why'
  FROM cases_case c
 WHERE c.institution_id = %(pharmacy)s::bigint AND c.programme = 'tcm_cleaning' AND c.opened_at >= %(since)s::timestamptz
   AND c.facts ->> 'what' = 'pot'
 ORDER BY c.facts ->> 'name', c.opened_at DESC
"""
ROUNDS: Final = """
SELECT r.id, r.weekdays, r.departs, r.parcels, r.reaches::text, r.name FROM tcm_pharmacy_round r
 WHERE r.institution_id = %(pharmacy)s::bigint AND r.ended_at IS NULL
"""
TODAY: Final = """
SELECT count(*) FILTER (WHERE c.opened_at >= %(midnight)s::timestamptz),
       count(*) FILTER (WHERE c.closed_at >= %(midnight)s::timestamptz AND c.state IN ('handed_out', 'delivered')),
       count(*) FILTER (WHERE c.closed_at >= %(midnight)s::timestamptz AND c.state = 'returned')
  FROM cases_case c
 WHERE c.institution_id = %(pharmacy)s::bigint AND c.programme = %(programme)s::text AND c.opened_at >= %(since)s::timestamptz
"""
_LOOKS_BACK: Final = timedelta(days=30)
"""How far back a cleaning is looked for, and a prescription that was handed over today."""


@dataclass(frozen=True, slots=True)
class Today:
    """Since midnight in the city: received, handed over, returned to their doctors."""

    received: int
    handed: int
    returned: int


@dataclass(frozen=True, slots=True)
class Board:
    """The board of one pharmacy as it stands at ``at``. ``unbound``: parcels for a courier that no round takes."""

    at: datetime
    floor: Floor
    pots: tuple[PotShown, ...]
    rounds: tuple[Departure, ...]
    unbound: int
    today: Today

    @property
    def out_of_range(self) -> list[PotShown]:
        return [each for each in self.pots if each.heat]


def board_of(pharmacy_id: int, at: datetime) -> Board:
    """Read and make the board. The caller has passed the door of the pharmacy."""
    asked = {"pharmacy": pharmacy_id, "programme": CODE, "states": list(STATES)}
    rows = [_open(row) for row in run(OPEN, asked)]
    rounds = run(ROUNDS, {"pharmacy": pharmacy_id})
    leaving = departures([(*row[:4], json.loads(row[4])) for row in rounds], at)
    names = {row[0]: row[5] for row in rounds}
    unbound = sum(each.state == "ready" and each.by_courier and each.round_id not in names for each in rows)
    return Board(
        at,
        floor_of(rows, at),
        _pots(pharmacy_id, at),
        departures_of(leaving, names, rows, at),
        unbound,
        _today(pharmacy_id, at),
    )


def _today(pharmacy_id: int, at: datetime) -> Today:
    asked = {
        "pharmacy": pharmacy_id,
        "programme": CODE,
        "midnight": day_starts(city_day(at)),
        "since": at - _LOOKS_BACK,
    }
    ((received, handed, returned),) = run(TODAY, asked)
    return Today(received, handed, returned)


def _open(row: Sequence[Any]) -> Open:
    facts = json.loads(row[6])
    soaked = facts.get("soak_from") if row[2] == "soaking" else None
    return Open(
        number=row[0] or row[1],
        state=row[2],
        since=row[3],
        due=row[4],
        rank=row[5],
        decocted=bool(facts.get("decocted")),
        delivery=str(facts.get("delivery") or "fetch"),
        soaked_at=_soaked(soaked, facts),
        promised=row[7],
        expected=row[8],
        broken=row[9],
        suspended=row[10],
        claimed=row[11],
        begun=row[12],
        round_id=row[13],
        hand_over=row[14],
    )


def _soaked(since: Any, facts: dict[str, Any]) -> datetime | None:
    if not isinstance(since, str):
        return None
    return datetime.fromisoformat(since) + timedelta(minutes=float(facts.get("soak_minutes") or 30))


def bounds_at(at: datetime) -> Bounds:
    """The policies in force that the pots are judged by."""
    names = ("board.celsius_least", "board.celsius_most", "line.heat_up", "board.silent", "board.clean_hours")
    return Bounds(*(number(f"tcm.{name}", at) for name in names))


def _pots(pharmacy_id: int, at: datetime) -> tuple[PotShown, ...]:
    since = at - _LOOKS_BACK
    cleaned = {row[0]: (row[1], bool(row[2])) for row in run(CLEANED, {"pharmacy": pharmacy_id, "since": since})}
    bounds = bounds_at(at)
    rows = run(POTS, {"pharmacy": pharmacy_id, "since": at - timedelta(days=1)})
    return tuple(pot_of(_pot(row, *cleaned.get(row[0], (None, False))), bounds, at) for row in rows)


def _pot(row: Sequence[Any], cleaned_at: datetime | None, sent_back: bool) -> PotRead:
    facts = json.loads(row[6]) if row[6] else {}
    name, external, failed_at, emptied_at, rx, state = row[:6]
    return PotRead(name, external, failed_at, emptied_at, rx, state, facts, row[7], row[8], cleaned_at, sent_back)
