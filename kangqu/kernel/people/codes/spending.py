"""Spending a code: where showing it has an effect that must not happen twice, one showing has it once.

Verifying a code only says whose it is; a code may be verified again and again. What hands something over for it spends it:
the code's own row of use says so, and of two who spend it at once one does.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.people.codes.limits import limits_at

_SPEND: Final = """
INSERT INTO people_code_use AS u (issued_at, handle, place_id, institution_id, at, uses, spent_at)
VALUES (%(issued_at)s::timestamptz, %(handle)s::bigint, %(institution)s::bigint, %(institution)s::bigint, %(at)s::timestamptz, 1,
        %(at)s::timestamptz)
ON CONFLICT (issued_at, handle) DO UPDATE
   SET previous_place_id = u.place_id, previous_institution_id = u.institution_id, previous_at = u.at,
       place_id = EXCLUDED.place_id, institution_id = EXCLUDED.institution_id, at = EXCLUDED.at, uses = u.uses + 1,
       spent_at = EXCLUDED.spent_at
 WHERE u.spent_at IS NULL
RETURNING previous_institution_id, previous_at
"""


class Spent(StrEnum):
    """What came of it: spent now; spent before; or shown at another institution within the minute, which spends nothing."""

    NOW = "now"
    BEFORE = "before"
    ELSEWHERE = "elsewhere"


def spend(*, handle: int, issued_at: datetime, institution_id: int, at: datetime) -> Spent:
    """Spend the code of a card's ``handle`` issued at ``issued_at``, in the caller's transaction.

    What is not ``NOW`` is for the caller to refuse, and to roll back: then nothing is written of it. Somebody else who spends
    the same code meanwhile waits until that transaction ends.
    """
    asked = {"handle": handle, "issued_at": issued_at, "institution": institution_id, "at": at}
    rows = run(_SPEND, asked)
    if not rows:
        return Spent.BEFORE
    where, when = rows[0]
    near = when is not None and abs(at - when) <= limits_at(at).replay
    return Spent.ELSEWHERE if near and where != institution_id else Spent.NOW
