"""A look at two residents at once is two looks, each in the trace of the one it was at."""

from __future__ import annotations

from datetime import datetime

from kangqu.kernel.people.reads import Pair
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream


def look_at_pair(pair: Pair, *, by: Actor, at: datetime) -> None:
    """Leave a row for each of the pair: who compared them, and for which review."""
    facts = {"relation": "index"}
    record(
        *(
            by.did(
                "person.compare",
                at=at,
                person_id=person.merged_into_id or person.pk,
                object_type="review",
                object_id=pair.review.pk,
                stream=Stream.LOOK,
                result=Result.SEEN,
                facts=facts,
            )
            for person in (pair.left, pair.right)
        )
    )
