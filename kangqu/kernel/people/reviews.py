"""The review desk: deciding whether two records are one person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.merging import join, roots_of
from kangqu.kernel.people.models import Review
from kangqu.kernel.people.refusals import REVIEW_DECIDED
from kangqu.kernel.people.register import LARGEST_ID, bounded, tell
from kangqu.kernel.trace.actor import Actor


def decide_same(review_id: int, *, by: Actor, at: datetime, reason: str, survivor_id: int | None = None) -> Review:
    """The pair is one person: merge the two. ``survivor_id`` says which of the two speaks; else the older record."""
    with transaction.atomic():
        review = _known(review_id)
        roots = roots_of((review.left_id, review.right_id))
        left, right = roots[review.left_id], roots[review.right_id]
        if left != right:
            # People are locked before the pair, here as in merge and unmerge, so that none waits for the other.
            survivor = right if survivor_id is not None and survivor_id in (review.right_id, right) else left
            join(survivor_id=survivor, absorbed_id=left + right - survivor, by=by, at=at, reason=reason)
        return _claim(review_id, Review.State.SAME, by=by, at=at, note=reason)


def decide_different(review_id: int, *, by: Actor, at: datetime, reason: str = "") -> Review:
    """The pair is two people. It is never proposed again."""
    with transaction.atomic():
        _known(review_id)
        review = _claim(review_id, Review.State.DIFFERENT, by=by, at=at, note=reason)
        facts = {"left": review.left_id, "right": review.right_id}
        for person_id in (review.left_id, review.right_id):
            tell(
                by.did(
                    "people.review_different",
                    at=at,
                    person_id=person_id,
                    object_type="review",
                    object_id=review.pk,
                    reason=review.note,
                    facts=facts,
                )
            )
        return review


def _claim(review_id: int, state: Review.State, *, by: Actor, at: datetime, note: str) -> Review:
    """Take the decision of an open pair: of two people deciding at once, one does and the other is refused."""
    text = bounded(note, 200, "reason")
    fresh = Review.objects.filter(pk=review_id, state=Review.State.OPEN)
    if fresh.update(state=state, decided_at=at, decided_by=by.account_id, note=text) == 0:
        raise Refused(REVIEW_DECIDED)
    return Review.objects.get(pk=review_id)


def _known(review_id: int) -> Review:
    review = Review.objects.filter(pk=review_id).first() if 0 < review_id <= LARGEST_ID else None
    if review is None:
        raise Refused(NOT_FOUND)
    if review.state != Review.State.OPEN:
        raise Refused(REVIEW_DECIDED)
    return review
