"""Booking over the API, in FHIR's names: Slot and Appointment. A connected system sees and books the clinics of its own institution
and all under it, for residents it may look at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, TypeAdapter

from kangqu.kernel.access.doors import access_person, hidden
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_NEEDED, Refused
from kangqu.kernel.capacity.booking import LETTER, Booked
from kangqu.kernel.capacity.models import Booking, BookingStatus, Schedule, Slot
from kangqu.kernel.people.models import Person
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.booking.operations import CALL, FOLLOW, SLOTS
from kangqu.systems.appointments.booking.whom import household_id_of
from kangqu.systems.appointments.finding.free import SessionFree, sessions_free
from kangqu.web.api import Item, Limit, LongText, PublicCode, Schema, Text, json_answer, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["appointments"])
Channel = Literal["citizen", "onsite", "referral", "green", "returning"]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
_LONGEST_KEY: Final = 40
_FHIR: Final[dict[str, str]] = {BookingStatus.LAPSED: "cancelled"}


class SlotOut(Schema):
    """``id`` is the session's code and the slot's start; ``status`` free or busy for this channel now; ``free`` places."""

    id: str
    schedule: str
    session: str
    title: str
    department: str
    start: datetime
    end: datetime
    status: Literal["free", "busy"]
    free: int
    off_peak: bool


class SlotsOut(Schema):
    items: list[SlotOut]


class AppointmentIn(Item):
    """``slot`` as from ``GET /slots``, or ``session`` for its first free slot. ``status`` proposed: held until confirmed; waitlist:
    waits for a full session."""

    patient: PublicCode
    slot: Text | None = None
    session: Text | None = None
    status: Literal["booked", "proposed", "waitlist"] = "booked"
    channel: Channel = "citizen"


class AppointmentOut(Schema):
    """``status`` is FHIR's. ``held_until`` while it is proposed."""

    id: str
    status: str
    patient: str
    schedule: str
    session: str
    slot: str | None
    start: datetime
    end: datetime
    channel: str
    held_until: datetime | None
    cancelation_reason: str
    created: datetime
    last_updated: datetime


class AppointmentsOut(Schema):
    items: list[AppointmentOut]


class CancelIn(Item):
    reason: LongText = ""


class MoveIn(Item):
    slot: Text


_BODY: Final = TypeAdapter(AppointmentIn)
_CANCEL: Final = TypeAdapter(CancelIn)
_MOVE: Final = TypeAdapter(MoveIn)


def _takes(shape: TypeAdapter[Any]) -> dict[str, Any]:
    key = {
        "in": "header",
        "name": "Idempotency-Key",
        "required": True,
        "schema": {"type": "string", "maxLength": _LONGEST_KEY},
    }
    body = {"required": True, "content": {"application/json": {"schema": shape.json_schema()}}}
    return {"requestBody": body, **({"parameters": [key]} if shape is _BODY else {})}


def slot_name(session: str, starts_at: datetime) -> str:
    """A slot's public name: its session's code and its start."""
    return f"{session}.{starts_at.astimezone(CITY):%H%M}"


def _held(viewer: Viewer, operation: Operation) -> Held:
    return viewer.holding(operation.roles)[0]


@router.get("/slots", response=SlotsOut)
@serves(SLOTS)
def get_slots(
    request: HttpRequest, viewer: Viewer, schedule: Text = "", department: Text = "", day: Day | None = None,
    status: Literal["free", "busy", ""] = "", channel: Channel = "citizen", limit: Limit = 100,
) -> HttpResponse:  # fmt: skip
    """The slots of the caller's clinics from today on, by schedule, department or day, as a channel sees them now."""
    at, held = instant_of(request), _held(viewer, SLOTS)
    rows = Schedule.objects.filter(kind=taking.KIND, institution__path__startswith=held.path)
    rows = rows.filter(code=schedule) if schedule else rows
    rows = rows.filter(department__name=department) if department else rows
    schedules = {row.pk: row for row in rows.select_related("department")[:500]}
    since = max(day, city_day(at)) if day else city_day(at)
    sessions = sessions_free(
        list(schedules), since=since, until=day or since + timedelta(days=60), channel=channel, at=at
    )
    items = [
        slot for each in sessions if each.opens_at is None for slot in _slots(each, schedules[each.session.schedule_id])
    ]
    return json_answer({"items": [each for each in items if status in ("", each["status"])][:limit]})


def _slots(found: SessionFree, schedule: Schedule) -> list[dict[str, Any]]:
    return [
        {
            "id": slot_name(found.session.code, slot.starts_at), "schedule": schedule.code, "session": found.session.code,
            "title": schedule.title, "department": schedule.department.name if schedule.department else "",
            "start": slot.starts_at.isoformat(), "end": slot.ends_at.isoformat(), "status": "free" if slot.free else "busy",
            "free": slot.free, "off_peak": found.session.off_peak,
        }
        for slot in found.slots
    ]  # fmt: skip


@router.post("/appointments", response={200: AppointmentOut, 201: AppointmentOut}, openapi_extra=_takes(_BODY))
@serves(CALL)
def post_appointment(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Book, hold or wait. The same ``Idempotency-Key`` for the same patient again gives the same appointment as it is now."""
    at, held = instant_of(request), _held(viewer, CALL)
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Refused(KEY_NEEDED)
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Refused(BAD_INPUT, detail="Idempotency-Key", field="Idempotency-Key")
    asked = read_body(request, _BODY)
    session_id, slot_id = _wanted(asked.slot, asked.session, held)
    person = access_person(viewer, asked.patient, to=Purpose.REGISTRATION, at=at, action="appointments.call").person
    wanted = taking.Asked(
        person_id=person.pk, session_id=session_id, slot_id=slot_id, channel=asked.channel, key=f"api/{viewer.principal_id}/{key}",
        household_id=household_id_of(person),
    )  # fmt: skip
    by = viewer.actor(held=held, purpose=CALL.purpose)
    if asked.status == "waitlist":
        return _answer(taking.wait(wanted, by=by, at=at), person)
    return _answer(taking.take(wanted, held=asked.status == "proposed", by=by, at=at), person)


_NOW: Final = """
SELECT b.code, b.status, h.code, n.code, l.starts_at, coalesce(l.starts_at, n.starts_at), coalesce(l.ends_at, n.ends_at), b.channel,
       b.held_until, b.why, b.made_at, b.changed_at
  FROM capacity_booking b JOIN capacity_session n ON n.id = b.session_id JOIN capacity_schedule h ON h.id = n.schedule_id
  LEFT JOIN capacity_slot l ON l.id = b.slot_id
 WHERE b.person_id = %s::bigint AND b.id = %s::bigint
"""


def _now(person_id: int, booking_id: int, patient: str) -> dict[str, Any]:
    """One appointment as it is now."""
    code, status, schedule, session, slot, begins, ends, channel, held, why, made, changed = run(
        _NOW, (person_id, booking_id)
    )[0]
    return {
        "id": code, "status": _FHIR.get(status, status), "patient": patient, "schedule": schedule, "session": session,
        "slot": slot_name(session, slot) if slot is not None else None, "start": begins.isoformat(), "end": ends.isoformat(),
        "channel": channel, "held_until": held.isoformat() if held and status == BookingStatus.PROPOSED else None,
        "cancelation_reason": why, "created": made.isoformat(), "last_updated": changed.isoformat(),
    }  # fmt: skip


def _answer(booked: Booked, person: Person) -> HttpResponse:
    told = _now(person.pk, booked.id, person.public_code)
    response = json_answer(told, status=201 if booked.fresh else 200)
    if not booked.fresh:
        response["Idempotent-Replay"] = "true"
    return response


_OF_A_CLINIC: Final = """
SELECT n.id, h.kind FROM capacity_session n JOIN capacity_schedule h ON h.id = n.schedule_id
  JOIN places_institution i ON i.id = n.institution_id
 WHERE n.code = %s::text AND i.path LIKE %s::text || '%%'
"""


def _wanted(slot: str | None, session: str | None, held: Held) -> tuple[int, int | None]:
    """The numbers of a slot, or of a session, of a clinic of the caller's; any other is not found."""
    code, _, begins = (slot or session or "").partition(".")
    rows = run(_OF_A_CLINIC, (code[:16], held.path))
    if not rows or rows[0][1] != taking.KIND:
        raise Refused(BAD_INPUT, field="slot", detail="slot")
    session_id: int = rows[0][0]
    if slot is None:
        return session_id, None
    for number, starts_at in Slot.objects.filter(session_id=session_id).values_list("pk", "starts_at"):
        if slot_name(code, starts_at) == f"{code}.{begins}":
            return session_id, number
    raise Refused(BAD_INPUT, field="slot", detail="slot")


@router.get("/appointments", response=AppointmentsOut)
@serves(FOLLOW)
def get_appointments(
    request: HttpRequest, viewer: Viewer, day: Day | None = None, patient: Text = "", schedule: Text = "",
    status: Text = "", limit: Limit = 100,
) -> HttpResponse:  # fmt: skip
    """The appointments at the caller's clinics of one day (today if left out), or of one patient; the earliest first."""
    at, held = instant_of(request), _held(viewer, FOLLOW)
    rows = Booking.objects.filter(kind=taking.KIND, session__institution__path__startswith=held.path)
    if patient:
        person = access_person(viewer, patient, to=Purpose.REGISTRATION, at=at, action="appointments.list").person
        rows = rows.filter(person_id=person.pk)
    if day or not patient:
        rows = rows.filter(session__day=day or city_day(at))
    rows = rows.filter(session__schedule__code=schedule) if schedule else rows
    rows = rows.filter(status=status) if status else rows
    found = rows.order_by("session__starts_at", "slot__starts_at", "id")
    told = found.values_list("person_id", "id", "person__public_code")[:limit]
    return json_answer({"items": [_now(*each) for each in told]})


def _mine(request: HttpRequest, viewer: Viewer, code: str, operation: Operation) -> tuple[Booking, Held]:
    """An appointment at a clinic of the caller's; any other is not found, and that it was asked for is traced."""
    held, known = _held(viewer, operation), read_code(code[:40], LETTER)
    rows = Booking.objects.filter(code=known or "-", kind=taking.KIND, session__institution__path__startswith=held.path)
    booking = rows.select_related("session__schedule", "slot", "person").first()
    if booking is None:
        raise hidden(viewer, code, None, Purpose.REGISTRATION, instant_of(request), "appointments.open")
    return booking, held


def _again(booking: Booking) -> HttpResponse:
    return json_answer(_now(booking.person_id, booking.id, booking.person.public_code))


@router.get("/appointments/{code}", response=AppointmentOut)
@serves(FOLLOW)
def get_appointment(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """One appointment as it is now."""
    return _again(_mine(request, viewer, code, FOLLOW)[0])


@router.post("/appointments/{code}/confirm", response=AppointmentOut)
@serves(CALL)
def post_confirm(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Make a hold a booking. Confirming again changes nothing."""
    booking, held = _mine(request, viewer, code, CALL)
    taking.confirm(booking, by=viewer.actor(held=held, purpose=CALL.purpose), at=instant_of(request))
    return _again(booking)


@router.post("/appointments/{code}/cancel", response=AppointmentOut, openapi_extra=_takes(_CANCEL))
@serves(CALL)
def post_cancel(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Give it back, whatever the resident's own deadline. Cancelling again changes nothing."""
    booking, held = _mine(request, viewer, code, CALL)
    asked = read_body(request, _CANCEL)
    by = viewer.actor(held=held, purpose=CALL.purpose)
    taking.cancel(booking, by=by, at=instant_of(request), why=asked.reason[:200], himself=False)
    return _again(booking)


@router.post("/appointments/{code}/reschedule", response=AppointmentOut, openapi_extra=_takes(_MOVE))
@serves(CALL)
def post_reschedule(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Move it to another slot with the same number; where that is not to be had, nothing changes. The same again changes nothing."""
    booking, held = _mine(request, viewer, code, CALL)
    session_id, slot_id = _wanted(read_body(request, _MOVE).slot, None, held)
    by = viewer.actor(held=held, purpose=CALL.purpose)
    taking.reschedule(booking, session_id, slot_id, by=by, at=instant_of(request), himself=False)
    return _again(booking)
