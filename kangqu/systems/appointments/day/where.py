"""The sessions of today a viewer may work with: those of her institutions; a doctor's own and those of no doctor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.booking import LETTER
from kangqu.kernel.capacity.models import Session
from kangqu.kernel.places.models import Institution
from kangqu.systems.appointments.day.models import Visit
from kangqu.systems.appointments.day.refusals import NOT_YOUR_SESSION
from kangqu.systems.appointments.kind import APPOINTMENT

_AFTER: Final = timedelta(hours=4)
"""How long a session can still be worked with after its end: who came is seen, also after midnight."""


def places_of(viewer: Viewer, operation: Operation) -> list[Institution]:
    """Where the viewer works in a role of the operation, in order."""
    mine = {held.institution_id for held in viewer.holding(operation.roles)}
    return list(Institution.objects.filter(pk__in=mine).order_by("pk"))


def chosen_place(viewer: Viewer, operation: Operation, code: str) -> tuple[Institution, Held]:
    """The institution chosen by code ("": the first), and the grant. Any other is not found."""
    for place in places_of(viewer, operation):
        if code in ("", place.code):
            return place, next(held for held in viewer.holding(operation.roles) if held.institution_id == place.pk)
    raise Refused(NOT_FOUND)


def sessions_now(institution_ids: list[int], *, at: datetime) -> QuerySet[Session]:
    """The sessions of today, and of last night as long as they are worked with."""
    today = city_day(at)
    now = Q(day=today) | Q(day=today - timedelta(days=1), ends_at__gt=at - _AFTER)
    rows = Session.objects.filter(now, institution_id__in=institution_ids, schedule__kind=APPOINTMENT.code)
    return rows.select_related("schedule__department", "institution").order_by("starts_at", "id")


def my_sessions(viewer: Viewer, operation: Operation, *, at: datetime) -> list[Session]:
    """A doctor's sessions now: his own, and those that belong to no doctor."""
    mine = Q(schedule__practitioner_id=viewer.account_id) | Q(schedule__practitioner_id=None)
    places = [place.pk for place in places_of(viewer, operation)]
    return list(sessions_now(places, at=at).filter(mine)[:100])


def session_for(viewer: Viewer, operation: Operation, code: str) -> tuple[Session, Held]:
    """The same for whoever sees patients: a doctor's own are his alone."""
    session, held = session_for_desk(viewer, operation, code)
    if session.schedule.practitioner_id not in (None, viewer.account_id):
        raise Refused(NOT_YOUR_SESSION)
    return session, held


def session_for_desk(viewer: Viewer, operation: Operation, code: str) -> tuple[Session, Held]:
    """A session by its code, if it is of an institution the viewer works at; any other is not found."""
    rows = Session.objects.filter(code=code[:16].upper(), schedule__kind=APPOINTMENT.code)
    session = rows.select_related("schedule__department", "institution").first()
    held = viewer.reaches(session.institution.path, operation.roles) if session is not None else None
    if session is None or held is None:
        raise Refused(NOT_FOUND)
    return session, held


def visit_for(viewer: Viewer, operation: Operation, code: str) -> tuple[Visit, Held]:
    """A visit by its booking's code, of an institution the viewer works at; any other is not found."""
    known = read_code(code[:40], LETTER)
    rows = Visit.objects.filter(booking_code=known or "-").select_related(
        "person", "session__schedule__department", "session__institution", "institution"
    )
    visit = rows.first()
    held = viewer.reaches(visit.institution.path, operation.roles) if visit is not None else None
    if visit is None or held is None:
        raise Refused(NOT_FOUND)
    return visit, held
