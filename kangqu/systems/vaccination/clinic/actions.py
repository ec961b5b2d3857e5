"""Asking before a dose, and ending an observation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.ids import take_ids
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.models import Observation, ObservationEnd, PreCheck
from kangqu.systems.vaccination.records.giving import pre_check_of
from kangqu.systems.vaccination.records.questions import sentence, unanswered
from kangqu.systems.vaccination.refusals import NOT_WATCHED, STILL_WATCHED, UNANSWERED, WHY_NEEDED


def ask_before(
    person_id: int, answers: Mapping[str, bool], *, institution_id: int, by: Actor, at: datetime
) -> PreCheck:
    """Keep the answers of today; every question is answered. The latest of a day count. The caller has passed her door."""
    if lacking := unanswered(answers):
        raise Refused(UNANSWERED, questions=sentence(lacking))
    row = pre_check_of(person_id, institution_id, answers, by, at)
    with transaction.atomic():
        (row.id,) = take_ids(1)
        row.save(force_insert=True)
        told = {"stops": row.stops}
        record(
            by.did(
                "vaccination.pre_check",
                at=at,
                person_id=person_id,
                object_type="pre_check",
                object_id=row.id,
                facts=told,
            )
        )
    return row


def end_observation(
    observation_id: int, how: ObservationEnd, *, why: str = "", institution_id: int, by: Actor, at: datetime
) -> Observation:
    """End an observation of the institution: released when its minutes are over, left against advice or with a reaction before.

    Of two who end it one does; a further dose meanwhile moves the end, and then it is too early again.
    """
    reason = why.strip()[:200]
    if how is not ObservationEnd.RELEASED and not reason:
        raise Refused(WHY_NEEDED, field="why")
    found = Observation.objects.filter(id=observation_id, institution_id=institution_id).first()
    if found is None:
        raise Refused(NOT_FOUND)
    with transaction.atomic():
        mine = Observation.objects.filter(person_id=found.person_id, id=observation_id, ended_at=None)
        ready = mine.filter(until__lte=at) if how is ObservationEnd.RELEASED else mine
        if not ready.update(ended_at=at, ended_how=how, ended_why=reason, ended_by=by.account_id):
            until = mine.values_list("until", flat=True).first()
            if until is None:
                raise Refused(NOT_WATCHED)
            raise Refused(STILL_WATCHED, until=f"{until.astimezone(CITY):%H:%M}")
        entry = by.did(
            "vaccination.observe_end", at=at, person_id=found.person_id, object_type="observation", object_id=observation_id,
            reason=reason, facts={"how": how.value},
        )  # fmt: skip
        record(entry)
    found.refresh_from_db()
    return found
