"""Telling whoever is near that her turn comes: once a visit, in the app, to her and to those who book for her."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kangqu.kernel.access.roles import Right
from kangqu.kernel.capacity.models import Session
from kangqu.kernel.notices.actions import Message, write_many
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.receivers import told_of
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.day.models import Visit
from kangqu.systems.appointments.day.policy import number
from kangqu.systems.appointments.day.reads import queue_of

TEMPLATE: Final = "appointment_queue_near"


def tell_near(session: Session, *, by: Actor, at: datetime) -> int:
    """Tell those with at most so many before them (a policy) who have not been told; how many. In the caller's transaction."""
    near = [
        (ahead, visit)
        for ahead, visit in enumerate(queue_of(session, at=at).waiting[: number("tell_ahead", at) + 1])
        if visit.near_told_at is None
    ]
    fresh = [
        (ahead, visit)
        for ahead, visit in near
        if Visit.objects.filter(person_id=visit.person_id, id=visit.id, near_told_at=None).update(near_told_at=at)
    ]
    people = told_of([visit.person_id for _, visit in fresh], at=at, right=Right.BOOK.value) if fresh else {}
    for ahead, visit in fresh:
        whom = people.get(visit.person_id)
        if whom is not None:
            values = {"name": whom.name, "label": visit.label, "ahead": str(ahead), "clinic": session.schedule.title}
            inside = [Message(f"queue-{visit.id}-{reader}", values, person_id=reader) for reader in whom.readers]
            write_many(inside, channel=Channel.IN_APP, template=TEMPLATE, by=by, at=at)
    return len(fresh)
