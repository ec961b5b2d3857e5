"""The clinic day over the API, in FHIR's names: Encounter. A connected system works with the sessions of its own institution and
all under it; an encounter is addressed by its appointment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, TypeAdapter

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.booking import LETTER
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.appointments.day import calling, coming
from kangqu.systems.appointments.day.models import Visit, VisitState
from kangqu.systems.appointments.day.operations import ENCOUNTERS
from kangqu.systems.appointments.day.reads import queue_of
from kangqu.systems.appointments.day.where import session_for_desk, visit_for
from kangqu.web.api import Item, Limit, PublicCode, Schema, Text, json_answer, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["appointments"])
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
Step = Literal["again", "pass", "enter", "tests", "back", "finish", "finish-pending", "leave"]
_FHIR: Final[Mapping[str, str]] = {
    VisitState.IN_ROOM: "in-progress", VisitState.OUT_FOR_TESTS: "onleave", VisitState.FINISHED: "finished", VisitState.LEFT: "cancelled",
}  # fmt: skip
_STEPS: Final[Mapping[str, Callable[..., Visit]]] = {
    "again": calling.call_again, "pass": calling.passed, "enter": calling.enter, "tests": calling.send_for_tests,
    "back": calling.come_back, "finish": calling.finish, "finish-pending": calling.finish_pending, "leave": calling.leave,
}  # fmt: skip


class EncounterIn(Item):
    """The appointment somebody has come for."""

    appointment: PublicCode


class NextIn(Item):
    """To which room the next patient is called; the clinic's own when left out."""

    room: Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")] = ""


class EncounterOut(Schema):
    """``status`` is FHIR's, ``state`` the house's own. ``ahead`` and ``wait`` (minutes from, to) while she waits. ``fee_fen`` is due."""

    appointment: str
    patient: str
    session: str
    status: str
    state: str
    number: str
    room: str
    arrived: datetime
    called: datetime | None
    ended: datetime | None
    ahead: int | None
    wait: list[int] | None
    fee_fen: int
    fee_reason: dict[str, str]


class EncountersOut(Schema):
    items: list[EncounterOut]


class QueueOut(Schema):
    """A session's queue: the numbers in the order in which they will be called, those called and those inside."""

    session: str
    waiting: list[str]
    called: list[str]
    in_room: list[str]
    minutes_each: float


_IN: Final = TypeAdapter(EncounterIn)
_NEXT: Final = TypeAdapter(NextIn)


def _takes(shape: TypeAdapter[Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape.json_schema()}}}}


@router.post("/encounters", response={200: EncounterOut, 201: EncounterOut}, openapi_extra=_takes(_IN))
@serves(ENCOUNTERS)
def post_encounter(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Check somebody in. Again: the same encounter; back from tests, she waits again."""
    at = instant_of(request)
    code = read_code(read_body(request, _IN).appointment, LETTER)
    booking = coming.bookings().filter(code=code or "-").first()
    held = viewer.reaches(booking.session.institution.path, ENCOUNTERS.roles) if booking is not None else None
    if booking is None or held is None:
        raise Refused(NOT_FOUND)
    by = viewer.actor(held=held, purpose=ENCOUNTERS.purpose)
    came = coming.check_in(booking, institution_id=booking.session.institution_id, by=by, at=at)
    return json_answer(_out(came.visit, at), status=201 if came.fresh else 200)


@router.get("/encounters", response=EncountersOut)
@serves(ENCOUNTERS)
def get_encounters(request: HttpRequest, viewer: Viewer, day: Day | None = None, session: Text = "", limit: Limit = 100) -> HttpResponse:  # fmt: skip
    """The encounters of a day (today), in the order of their numbers."""
    at, held = instant_of(request), viewer.holding(ENCOUNTERS.roles)[0]
    rows = Visit.objects.filter(institution__path__startswith=held.path, day=day or city_day(at))
    rows = rows.filter(session__code=session) if session else rows
    by = viewer.actor(held=held, purpose=ENCOUNTERS.purpose)
    record(by.did("appointments.day_list", at=at, stream=Stream.LOOK))
    found = rows.select_related("person", "session__schedule").order_by("department_id", "number", "id")[:limit]
    return json_answer({"items": [_told(each) for each in found]})


@router.get("/encounters/{appointment}", response=EncounterOut)
@serves(ENCOUNTERS)
def get_encounter(request: HttpRequest, viewer: Viewer, appointment: PublicCode) -> HttpResponse:
    """One encounter as it is now, with its place in the queue."""
    at = instant_of(request)
    visit, held = visit_for(viewer, ENCOUNTERS, appointment)
    by = viewer.actor(held=held, purpose=ENCOUNTERS.purpose)
    record(by.did("appointments.queue", at=at, person_id=visit.person_id, object_type="visit", object_id=visit.id, stream=Stream.LOOK))  # fmt: skip
    return json_answer(_out(visit, at))


@router.post("/encounters/{appointment}/{step}", response=EncounterOut)
@serves(ENCOUNTERS)
def post_step(request: HttpRequest, viewer: Viewer, appointment: PublicCode, step: Step) -> HttpResponse:
    """One step of an encounter: ``again``, ``pass``, ``enter``, ``tests``, ``back``, ``finish``, ``finish-pending``, ``leave``."""
    at = instant_of(request)
    visit, held = visit_for(viewer, ENCOUNTERS, appointment)
    return json_answer(_out(_STEPS[step](visit, by=viewer.actor(held=held, purpose=ENCOUNTERS.purpose), at=at), at))


@router.get("/clinic-queues/{session}", response=QueueOut)
@serves(ENCOUNTERS)
def get_queue(request: HttpRequest, viewer: Viewer, session: PublicCode) -> HttpResponse:
    """How a session's queue stands. Numbers only, no names."""
    found, _held = session_for_desk(viewer, ENCOUNTERS, session)
    queue = queue_of(found, at=instant_of(request))
    return json_answer(
        {
            "session": found.code, "waiting": [each.label for each in queue.waiting],
            "called": [each.label for each in queue.of(VisitState.CALLED)],
            "in_room": [each.label for each in queue.of(VisitState.IN_ROOM)], "minutes_each": round(queue.pace.mean, 1),
        }
    )  # fmt: skip


@router.post("/clinic-queues/{session}/next", response=EncounterOut, openapi_extra=_takes(_NEXT))
@serves(ENCOUNTERS)
def post_next(request: HttpRequest, viewer: Viewer, session: PublicCode) -> HttpResponse:
    """Call whoever is next in a session; refused while one who was called has neither come in nor been passed."""
    at = instant_of(request)
    found, held = session_for_desk(viewer, ENCOUNTERS, session)
    room = read_body(request, _NEXT).room
    visit = calling.call_next(found, room=room, by=viewer.actor(held=held, purpose=ENCOUNTERS.purpose), at=at)
    return json_answer(_out(visit, at))


def _out(visit: Visit, at: datetime) -> dict[str, Any]:
    queue = queue_of(visit.session, at=at)
    ahead = queue.ahead(visit)
    return _told(visit) | {"ahead": ahead, "wait": list(queue.wait(ahead).shown) if ahead is not None else None}


def _told(visit: Visit) -> dict[str, Any]:
    return {
        "appointment": visit.booking_code, "patient": visit.person.public_code, "session": visit.session.code,
        "status": _FHIR.get(visit.state, "arrived"), "state": visit.state, "number": visit.label, "room": visit.room,
        "arrived": visit.came_at.isoformat(), "called": visit.called_at.isoformat() if visit.called_at else None,
        "ended": visit.finished_at.isoformat() if visit.finished_at else None, "ahead": None, "wait": None, "fee_fen": visit.fee_fen,
        "fee_reason": visit.fee_why,
    }  # fmt: skip
