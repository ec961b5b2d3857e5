"""Pairs of records that may be one person, and what humans decided about them.

A pair is stored once, lower number first. What a human decided stands: a rerun of the matcher proposes nothing that
was decided, for the pair itself or for records merged with either of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from kangqu.kernel.people.models import Review
from kangqu.kernel.trace.actor import Actor

_PROPOSE: Final = """
INSERT INTO people_review (left_id, right_id, probability, reasons, state, found_at, note)
SELECT %(low)s, %(high)s, %(probability)s, to_jsonb(%(reasons)s::text[]), 'open', %(at)s, ''
WHERE NOT EXISTS (
    SELECT 1 FROM people_review r
    WHERE r.state = 'different'
      AND r.left_id IN (SELECT id FROM people_person WHERE id IN (%(low)s, %(high)s) OR merged_into_id IN (%(low)s, %(high)s))
      AND r.right_id IN (SELECT id FROM people_person WHERE id IN (%(low)s, %(high)s) OR merged_into_id IN (%(low)s, %(high)s))
      AND (SELECT coalesce(merged_into_id, id) FROM people_person WHERE id = r.left_id)
       <> (SELECT coalesce(merged_into_id, id) FROM people_person WHERE id = r.right_id)
)
ON CONFLICT (left_id, right_id) DO NOTHING
"""


def open_review(left_id: int, right_id: int, *, probability: float, reasons: Sequence[str], at: datetime) -> bool:
    """Put a pair of records that speak for themselves before the review desk; True when it was not known yet.

    Nothing happens when the pair was proposed before, whatever came of it, or when a human found a record of the one
    and a record of the other different.
    """
    if left_id == right_id:
        return False
    low, high = sorted((left_id, right_id))
    facts: dict[str, Any] = {"low": low, "high": high, "probability": probability, "reasons": list(reasons), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_PROPOSE, facts)
        return cursor.rowcount == 1


def settle(left_id: int, right_id: int, state: Review.State, *, by: Actor, at: datetime, note: str = "") -> None:
    """Write down what was decided about a pair, whether it was proposed before or not."""
    low, high = sorted((left_id, right_id))
    Review.objects.update_or_create(
        left_id=low,
        right_id=high,
        defaults={"state": state, "decided_at": at, "decided_by": by.account_id, "note": note},
        create_defaults={
            "state": state,
            "decided_at": at,
            "decided_by": by.account_id,
            "note": note,
            "probability": 1.0 if state == Review.State.SAME else 0.0,
            "reasons": ["desk"],
            "found_at": at,
        },
    )
