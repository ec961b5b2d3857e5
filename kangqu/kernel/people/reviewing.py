"""Pairs of records that may be one person, and what humans decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from kangqu.kernel.people.models import Review


def open_review(left_id: int, right_id: int, *, probability: float, reasons: Sequence[str], at: datetime) -> bool:
    """Put a pair before the review desk; True when it was not there yet.

    A pair is stored once, so what a human decided about it stands: proposing it again changes nothing.
    """
    if left_id == right_id:
        return False
    low, high = sorted((left_id, right_id))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_review (left_id, right_id, probability, reasons, state, found_at, note)"
            " VALUES (%s, %s, %s, to_jsonb(%s::text[]), %s, %s, '') ON CONFLICT (left_id, right_id) DO NOTHING",
            [low, high, probability, list(reasons), Review.State.OPEN, at],
        )
        return cursor.rowcount == 1
