"""A dose that was written down wrongly: it stays, struck out and with a reason; everything else is judged without it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.certificates.actions import revoke_of
from kangqu.kernel.people.reads import person_of_id
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.models import Dose, DoseStatus
from kangqu.systems.vaccination.records.giving import LETTER
from kangqu.systems.vaccination.records.known import count_again, known, lock
from kangqu.systems.vaccination.refusals import NOT_OURS, STRUCK_OUT, WHY_NEEDED

OBJECT = "dose"
"""What certificates and trace call a dose."""


def strike(code: str, *, why: str, institution_id: int, by: Actor, at: datetime) -> Dose:
    """Strike out a dose this institution recorded. Its certificates are revoked with it; its vial is not given back."""
    reason = why.strip()[:200]
    if not reason:
        raise Refused(WHY_NEEDED, field="why")
    found = Dose.objects.filter(code=read_code(code[:40], LETTER) or "").first()
    if found is None:
        raise Refused(NOT_FOUND)
    if found.institution_id != institution_id:
        raise Refused(NOT_OURS)
    root = person_of_id(found.person_id).pk
    with transaction.atomic():
        lock([root])
        standing = Dose.objects.filter(person_id=found.person_id, id=found.id, status=DoseStatus.COMPLETED)
        if not standing.update(status=DoseStatus.ENTERED_IN_ERROR, status_why=reason):
            raise Refused(STRUCK_OUT)
        count_again(list(known([root]).values()), city_day(at))
        revoke_of(found.person_id, (OBJECT, found.id), why=reason, by=by, at=at)
        told = {"vaccine": found.vaccine, "on": found.given_on.isoformat()}
        record(
            by.did("dose.strike", at=at, person_id=found.person_id, object_type=OBJECT, object_id=found.id, reason=reason, facts=told)
        )  # fmt: skip
    found.refresh_from_db()
    return found
