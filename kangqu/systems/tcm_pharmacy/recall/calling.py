"""Reaching those whose medicine is called back: every try is kept; who was reached, or why nobody was, settles the line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.refusals import CLOSED
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import RecallContact, RecallTry
from kangqu.systems.tcm_pharmacy.refusals import RECALL_BAGS, RECALL_REASON, RECALL_SETTLED

REACHED: Final = ("reached", "visited")
MISSED: Final = ("no_answer", "wrong_number", "refused")
RETURNED, GIVEN_UP = "returned", "given_up"
OUTCOMES: Final = (*REACHED, *MISSED, RETURNED, GIVEN_UP)
_STATE: Final = RecallContact.State


def note(
    contact_id: int,
    outcome: str,
    *,
    institution_ids: Collection[int],
    by: Actor,
    at: datetime,
    took: int | None = None,
    returned: int | None = None,
    words: str = "",
) -> None:
    """Write down what came of a try to reach somebody, or bags that were brought later.

    ``reached`` by phone and ``visited`` settle the line; of two who settle it at once one does. ``given_up`` needs its reason.
    """
    assert outcome in OUTCOMES
    with transaction.atomic():
        contact = (
            RecallContact.objects.select_related("recall")
            .filter(pk=contact_id, institution_id__in=institution_ids)
            .first()
        )
        if contact is None:
            raise Refused(NOT_FOUND)
        if contact.recall.closed_at is not None:
            raise Refused(CLOSED)
        if outcome == GIVEN_UP and not words.strip():
            raise Refused(RECALL_REASON, field="note")
        _settle(contact, outcome, took, returned, words, by, at)
        kept = {"took": took, "returned": returned, "note": words.strip()[:200]}
        RecallTry.objects.create(contact=contact, outcome=outcome, by_id=by.account_id, at=at, **kept)
        facts = {"outcome": outcome, "took": took, "returned": returned, "recall": contact.recall.code}
        record(
            by.did(
                "tcm.recall.try", at=at, person_id=contact.person_id, object_type="case", object_id=contact.case_id,
                reason=words.strip()[:200], facts=facts,
            )
        )  # fmt: skip


def _settle(
    contact: RecallContact,
    outcome: str,
    took: int | None,
    returned: int | None,
    words: str,
    by: Actor,
    at: datetime,
) -> None:
    """The conditional UPDATE behind each outcome."""
    mine = RecallContact.objects.filter(pk=contact.pk)
    if outcome == RETURNED:
        _fits(contact, contact.took or 0, returned or 0)
        if not mine.filter(state=_STATE.REACHED).update(returned=returned or 0):
            raise Refused(RECALL_SETTLED)
        return
    # Whoever was given up may turn up after all.
    opened = mine.filter(state__in=(_STATE.OPEN, _STATE.GIVEN_UP) if outcome in REACHED else (_STATE.OPEN,))
    changed: dict[str, Any] = {"tries": F("tries") + 1}
    if outcome in REACHED:
        _fits(contact, took or 0, returned or 0)
        changed |= {"state": _STATE.REACHED, "took": took, "returned": returned}
    if outcome == GIVEN_UP:
        changed |= {"state": _STATE.GIVEN_UP, "reason": words.strip()[:200]}
    if "state" in changed:
        changed |= {"settled_at": at, "settled_by": by.account_id}
    if not opened.update(**changed):
        raise Refused(RECALL_SETTLED)


def _fits(contact: RecallContact, took: int, returned: int) -> None:
    if took + returned > contact.bags:
        raise Refused(RECALL_BAGS, field="returned", bags=contact.bags)
