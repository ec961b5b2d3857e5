"""Lineage: which prescriptions hold something of a lot, and which lots a prescription is made of. Two indexed reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from kangqu.kernel.basis.prepared import run
from kangqu.systems.tcm_pharmacy.recall.lots import KEY_SQL

_OF_LOTS: Final = """
SELECT w.case_id, c.code, c.number, c.state, c.person_id, c.institution_id, sum(w.grams), min(w.at), c.closed_at,
       (c.facts ->> 'packs')::int, coalesce((c.facts ->> 'doses')::int, 1)
  FROM tcm_pharmacy_weighing w JOIN cases_case c ON c.id = w.case_id
 WHERE w.lot_id = ANY(%s::bigint[])
 GROUP BY w.case_id, c.code, c.number, c.state, c.person_id, c.institution_id, c.closed_at, c.facts
 ORDER BY min(w.at), w.case_id
"""
# What a patient has is of the last round: what was scrapped before stayed in the pharmacy.
_UNTOLD: Final = _OF_LOTS.replace(
    " GROUP BY",
    """   AND c.state IN ('handed_out', 'delivered')
   AND w.round = (SELECT max(m.round) FROM tcm_pharmacy_weighing m WHERE m.case_id = w.case_id)
   AND NOT EXISTS (SELECT FROM tcm_pharmacy_recallcontact r WHERE r.recall_id = %s::bigint AND r.case_id = w.case_id)
 GROUP BY""",
)
# What lies in a pharmacy and no recall has marked yet.
_UNHELD: Final = _OF_LOTS.replace(
    " GROUP BY",
    """   AND c.closed_at IS NULL AND c.facts ->> 'recalled' IS NULL
   AND w.round = (SELECT max(m.round) FROM tcm_pharmacy_weighing m WHERE m.case_id = w.case_id)
 GROUP BY""",
)
_COUNTED: Final = "SELECT institution_id, count(*) FROM ({0}) u GROUP BY institution_id"
_UNTOLD_AT: Final = _COUNTED.format(_UNTOLD)
_UNHELD_AT: Final = _COUNTED.format(_UNHELD)
_RECALL_OF: Final = f"""
SELECT r.code FROM tcm_pharmacy_weighing w
  JOIN tcm_pharmacy_herblot l ON l.id = w.lot_id AND l.blocked_at IS NOT NULL
  JOIN cases_case r ON r.programme = 'tcm_recall' AND r.key = {KEY_SQL}
 WHERE w.case_id = %(case)s::bigint
   AND w.round = (SELECT max(m.round) FROM tcm_pharmacy_weighing m WHERE m.case_id = %(case)s::bigint)
 ORDER BY r.id LIMIT 1
"""  # noqa: S608 - of constants
_OF_CASE: Final = """
SELECT w.round, w.place, w.herb, w.grams, w.at, l.code, l.number, l.maker, l.expires_on::text, l.blocked_at IS NOT NULL
  FROM tcm_pharmacy_weighing w JOIN tcm_pharmacy_herblot l ON l.id = w.lot_id
 WHERE w.case_id = %s::bigint ORDER BY w.round, w.place
"""


@dataclass(frozen=True, slots=True)
class Use:
    """A prescription that holds something of the lots: who it is for, where it stands, how much, in how many bags or doses."""

    case_id: int
    code: str
    number: str
    state: str
    person_id: int
    institution_id: int
    grams: Decimal
    weighed_at: datetime
    closed_at: datetime | None
    packs: int | None
    doses: int


@dataclass(frozen=True, slots=True)
class Part:
    """One herb of a prescription and the lot it came from. ``round`` counts how often it was made anew."""

    round: int
    place: int
    herb: str
    grams: Decimal
    at: datetime
    lot: str
    number: str
    maker: str
    expires: str
    blocked: bool


def uses_of(lot_ids: Sequence[int]) -> list[Use]:
    """Every prescription with something of the lots in it, also one that was made anew since; first weighed first."""
    return [Use(*row) for row in run(_OF_LOTS, (list(lot_ids),))]


def untold(lot_ids: Sequence[int], recall_id: int) -> list[Use]:
    """What was handed out with something of the lots in it and has no line on the recall's call lists yet."""
    return [Use(*row) for row in run(_UNTOLD, (list(lot_ids), recall_id))]


def unheld(lot_ids: Sequence[int]) -> list[Use]:
    """What lies in a pharmacy with something of the lots in it, as it was made last, and is not marked as held."""
    return [Use(*row) for row in run(_UNHELD, (list(lot_ids),))]


def untold_at(lot_ids: Sequence[int], recall_id: int) -> dict[int, int]:
    """How many ``untold`` finds at each institution."""
    return dict(run(_UNTOLD_AT, (list(lot_ids), recall_id)))


def unheld_at(lot_ids: Sequence[int]) -> dict[int, int]:
    """How many ``unheld`` finds at each institution."""
    return dict(run(_UNHELD_AT, (list(lot_ids),)))


def recall_of(case_id: int) -> str:
    """The code of the recall of something the prescription was made of last; "" when nothing of it is called back."""
    rows = run(_RECALL_OF, {"case": case_id})
    return str(rows[0][0]) if rows else ""


def parts_of(case_id: int) -> list[Part]:
    """The lots of a prescription, herb by herb. The caller has passed the case's door."""
    return [Part(*row) for row in run(_OF_CASE, (case_id,))]
