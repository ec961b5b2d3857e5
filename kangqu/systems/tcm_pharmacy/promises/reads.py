"""The state of all pharmacies with a floor as the planner takes it: two statements, whatever is open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from kangqu.kernel.basis.prepared import run
from kangqu.systems.tcm_pharmacy.planning.model import LONGEST_HORIZON, WITH_HANDS, Pharmacy, Pot, State
from kangqu.systems.tcm_pharmacy.planning.timing import usual_timing
from kangqu.systems.tcm_pharmacy.programme import CODE
from kangqu.systems.tcm_pharmacy.promises.capacity import departures, minute_of, spans
from kangqu.systems.tcm_pharmacy.promises.orders import DONE, Open, batch_of, order_of

_FLOORS: Final = """
SELECT f.institution_id, f.takes_outside, f.hours::text,
       ARRAY[f.reviewers, f.dispensers, f.checkers, f.tenders, f.packers, f.counters]::int[],
       (SELECT json_agg(json_build_array(p.id, p.grams, p.ml, p.external) ORDER BY p.id)
          FROM tcm_pharmacy_pot p WHERE p.institution_id = f.institution_id)::text,
       (SELECT json_agg(json_build_array(r.id, r.weekdays, r.departs, r.parcels, r.reaches) ORDER BY r.id)
          FROM tcm_pharmacy_round r WHERE r.institution_id = f.institution_id AND r.ended_at IS NULL)::text,
       ARRAY(SELECT p.id FROM tcm_pharmacy_pot p WHERE p.institution_id = f.institution_id AND p.failed_at IS NOT NULL)
  FROM tcm_pharmacy_floor f JOIN places_institution i ON i.id = f.institution_id AND i.status = 'open'
 ORDER BY f.institution_id
"""
_OPEN: Final = """
SELECT c.id, c.institution_id, c.state, floor(extract(epoch FROM c.opened_at) / 60)::bigint, c.facts::text,
       floor(extract(epoch FROM m.promised_at) / 60)::bigint, m.broken_at IS NOT NULL, t.id, t.failed_at IS NOT NULL,
       floor(extract(epoch FROM c.rank_at) / 60)::bigint
  FROM cases_case c
  LEFT JOIN tcm_pharmacy_promise m ON m.case_id = c.id
  LEFT JOIN tcm_pharmacy_pot t ON t.case_id = c.id
 WHERE c.programme = %(programme)s::text AND c.closed_at IS NULL
   AND c.institution_id = ANY(%(pharmacies)s::bigint[]) AND c.state = ANY(%(states)s::text[])
"""


class FloorRow(NamedTuple):
    """A pharmacy's floor as it was read: ``hours``, ``pots`` and ``rounds`` are JSON, ``failed`` the pots that do not work."""

    institution_id: int
    takes_outside: bool
    hours: str
    hands: list[int]
    pots: str | None
    rounds: str | None
    failed: list[int]

    @property
    def said(self) -> tuple[Any, ...]:
        """All that is not a matter of the moment."""
        return self[:6]


Floors = Sequence[FloorRow]


@dataclass(frozen=True, slots=True)
class Found:
    """The state to plan, the open prescriptions by their codes in it, and which pharmacies take what others prescribe."""

    state: State
    open: dict[str, Open]
    outside: frozenset[str]


def floors() -> Floors:
    """The floors of all open pharmacies that have one."""
    return [FloorRow(*row) for row in run(_FLOORS)]


def found_at(at: datetime, known: Floors | None = None) -> Found | None:
    """Everything that is open at pharmacies whose floor is known, as it stands at ``at``; None where none is. ``known`` are the
    floors, if they were read."""
    rows = known if known is not None else floors()
    return _found(rows, at) if rows else None


def _found(rows: Floors, at: datetime) -> Found:
    asked = {"programme": CODE, "pharmacies": [row.institution_id for row in rows], "states": list(DONE)}
    read = (_open(row) for row in run(_OPEN, asked))
    waiting = {each.code: each for each in read if not each.waits_to_be_fetched}
    timing = usual_timing()
    batches = (batch_of(each, timing) for each in waiting.values())
    state = State(
        now=minute_of(at),
        pharmacies=tuple(_pharmacy(row, at) for row in rows),
        orders=tuple(order_of(each, timing) for each in waiting.values()),
        batches=tuple(batch for batch in batches if batch is not None),
        timing=timing,
    )
    return Found(state, waiting, frozenset(str(row.institution_id) for row in rows if row.takes_outside))


def _open(row: Sequence[Any]) -> Open:
    pot = None if row[7] is None else str(row[7])
    failed = pot is not None and row[8]
    return Open(row[0], str(row[1]), row[2], row[3], json.loads(row[4]), row[5], row[6], pot, failed, row[9])


def _pharmacy(row: FloorRow, at: datetime) -> Pharmacy:
    """A pot that failed is counted out until it is mended."""
    out, failed = minute_of(at) + LONGEST_HORIZON, set(row.failed)
    pots = tuple(
        Pot(str(number), grams, ml, "external" if external else "internal", out if number in failed else None)
        for number, grams, ml, external in json.loads(row.pots or "[]")
    )
    return Pharmacy(
        code=str(row.institution_id),
        opens=spans(json.loads(row.hours), at),
        pots=pots,
        hands=tuple(zip(WITH_HANDS, row.hands, strict=True)),
        rounds=departures(json.loads(row.rounds or "[]"), at),
    )
