"""Stopping a session: its sale ends at once; finding other times for its people is a job that goes on after a kill."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.models import Session
from kangqu.kernel.capacity.sessions import LETTER
from kangqu.kernel.capacity.stopping import stop
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.kind import APPOINTMENT
from kangqu.systems.appointments.rosters.refusals import OVER, WHY_STOP

LONGEST: Final = 100


def session_at(institution_id: int, code: str) -> Session:
    """A session of one of the institution's clinics by its public code; of another one it is not found."""
    found = Session.objects.select_related("schedule", "institution").filter(
        code=read_code(code[:40], LETTER) or "", institution_id=institution_id, schedule__kind=APPOINTMENT.code
    )
    session = found.first()
    if session is None:
        raise Refused(NOT_FOUND)
    return session


def stop_session(session: Session, *, why: str, by: Actor, at: datetime) -> bool:
    """End the sale of a session and have its people found another time; whether it was open. Pressing twice is pressing once."""
    from kangqu.systems.appointments.stopping.tasks import rebook_session

    reason = why.strip()[:LONGEST]
    if not reason:
        raise Refused(WHY_STOP, field="why")
    if session.ends_at <= at:
        raise Refused(OVER)
    with transaction.atomic():
        fresh = stop(session.pk, why=reason, by=by, at=at)
        rebook_session.configure(lock=f"rebook/{session.pk}").defer(session_id=session.pk)
    return fresh
