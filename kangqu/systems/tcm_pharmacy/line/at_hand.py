"""What lies before a station, each read by one prepared statement: the prescription in hand, a drawer, what was weighed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import DEFAULT_DB_ALIAS

from kangqu.kernel.basis.prepared import run
from kangqu.systems.tcm_pharmacy.models import HerbLot, Prescription

_FIELDS: Final = (
    "id", "case_id", "person_id", "hospital_id", "number", "version", "department", "herbs", "doses", "details",
)  # fmt: skip
_PRESCRIPTION: Final = """
SELECT id, case_id, person_id, hospital_id, number, version, department, herbs::text, doses, details::text
  FROM tcm_pharmacy_prescription WHERE case_id = %s::bigint
"""
_LOT_FIELDS: Final = tuple(field.attname for field in HerbLot._meta.concrete_fields)
_LOT: Final = f"""
SELECT {", ".join(_LOT_FIELDS)} FROM tcm_pharmacy_herblot
 WHERE institution_id = %(institution)s::bigint
   AND CASE WHEN %(code)s::text = '' THEN id = %(id)s::bigint ELSE code = %(code)s::text END
"""  # noqa: S608
_LAST: Final = """
SELECT w.round, w.place, w.lot_id, l.number, w.grams, l.blocked_at IS NOT NULL
  FROM tcm_pharmacy_weighing w JOIN tcm_pharmacy_herblot l ON l.id = w.lot_id
 WHERE w.case_id = %(case)s::bigint
   AND w.round = (SELECT max(round) FROM tcm_pharmacy_weighing x WHERE x.case_id = %(case)s::bigint)
"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was weighed of one herb: from which lot, how much, and whether the lot is blocked by now."""

    lot_id: int
    number: str
    grams: Decimal
    blocked: bool


def prescription_of(case_id: int) -> Prescription:
    """The prescription of a case as the line needs it; what else is asked of it is read when it is asked."""
    ((*plain, herbs, doses, details),) = run(_PRESCRIPTION, (case_id,))
    return Prescription.from_db(DEFAULT_DB_ALIAS, _FIELDS, (*plain, json.loads(herbs), doses, json.loads(details)))


def lot_of(institution_id: int, *, lot_id: int = 0, code: str = "") -> HerbLot | None:
    """A lot of the pharmacy, by its number or by its code."""
    rows = run(_LOT, {"institution": institution_id, "code": code, "id": lot_id})
    return HerbLot.from_db(DEFAULT_DB_ALIAS, _LOT_FIELDS, rows[0]) if rows else None


def last_weighed(case_id: int) -> tuple[int, dict[int, Weighed]]:
    """The round that was weighed last, 0 when none was, and what was weighed in it by the herb's place."""
    rows = run(_LAST, {"case": case_id})
    return (rows[0][0] if rows else 0), {row[1]: Weighed(*row[2:]) for row in rows}
