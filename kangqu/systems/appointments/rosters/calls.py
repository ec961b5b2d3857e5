"""Schedules over the API, in FHIR's names: made, listed, their rosters put, days of their own."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AfterValidator, Field, TypeAdapter

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.models import Schedule
from kangqu.kernel.capacity.sessions import Generated
from kangqu.kernel.places.models import Department
from kangqu.systems.appointments.kind import APPOINTMENT
from kangqu.systems.appointments.rosters.keeping import (
    NewClinic,
    clinic_at,
    end_clinic,
    make_clinic,
    put_day,
    put_rows,
    rows_of,
    version_of,
)
from kangqu.systems.appointments.rosters.operations import KEEP, SEE
from kangqu.systems.appointments.rosters.refusals import DEPARTMENT_UNKNOWN
from kangqu.systems.appointments.rosters.rows import MOST_ROWS, Asked
from kangqu.systems.appointments.stopping.actions import session_at, stop_session
from kangqu.web.api import Item, PublicCode, Schema, clean_text, json_answer, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["appointments"])
Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(clean_text)]
Words = Annotated[str, Field(max_length=100), AfterValidator(clean_text)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
Seats = Annotated[int, Field(ge=0, le=50, strict=True)]
Seen = Annotated[int, Field(ge=0, le=2**31, strict=True)]


class ScheduleIn(Item):
    """A clinic to be. ``department`` by its name at the institution; ``fee_fen`` in fen."""

    department: Name
    title: Name
    level: Literal["general", "expert", "special"] = "general"
    doctor: Annotated[str, Field(max_length=30), AfterValidator(clean_text)] = ""
    room: Annotated[str, Field(max_length=30), AfterValidator(clean_text)] = ""
    fee_fen: Annotated[int, Field(ge=0, le=10_000_00, strict=True)] | None = None
    on_holidays: bool = False


class RowIn(Item):
    """Every week from ``since`` until ``until``: a stretch of time, its slots, and how many places of each channel a slot has."""

    weekday: Annotated[int, Field(ge=1, le=7, strict=True)]
    begins: time
    ends: time
    slot_minutes: Annotated[int, Field(ge=5, le=30, strict=True)]
    quotas: dict[Literal["citizen", "referral", "green", "onsite", "returning"], Seats]
    off_peak: bool = False
    since: Day = date(2000, 1, 1)
    until: Day | None = None

    def asked(self) -> Asked:
        given: dict[str, Any] = self.model_dump()
        return Asked(**{**given, "begins": self.begins.replace(tzinfo=None), "ends": self.ends.replace(tzinfo=None)})


class RosterIn(Item):
    """The whole roster. ``version`` is the one that was seen: when somebody changed it meanwhile, nothing is done."""

    version: Seen
    rows: Annotated[list[RowIn], Field(max_length=MOST_ROWS)]


class DayRowIn(Item):
    """A stretch of time of one day."""

    begins: time
    ends: time
    slot_minutes: Annotated[int, Field(ge=5, le=30, strict=True)]
    quotas: dict[Literal["citizen", "referral", "green", "onsite", "returning"], Seats]
    off_peak: bool = False


class DayIn(Item):
    """A day of its own: ``rows`` none is closed; ``as_usual`` takes it back."""

    version: Seen
    reason: Words = ""
    as_usual: bool = False
    rows: Annotated[list[DayRowIn], Field(max_length=MOST_ROWS)] = []


class ScheduleOut(Schema):
    """A clinic and its roster."""

    id: str
    title: str
    department: str
    level: str
    doctor: str
    room: str
    fee_fen: int | None
    active: bool
    on_holidays: bool
    version: int
    rows: list[dict[str, Any]]


class SchedulesOut(Schema):
    items: list[ScheduleOut]


class DoneOut(Schema):
    """What followed for sessions: made, made anew, taken away; ``differing`` have bookings and stay as they were."""

    id: str
    version: int
    made: int
    anew: int
    gone: int
    differing: list[str]


class StopIn(Item):
    """Why a session is stopped; residents read it."""

    reason: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(clean_text)]


class StoppedOut(Schema):
    """``fresh``: it was open until now."""

    id: str
    status: str
    fresh: bool


_NEW: Final = TypeAdapter(ScheduleIn)
_STOP: Final = TypeAdapter(StopIn)
_ROSTER: Final = TypeAdapter(RosterIn)
_DAY: Final = TypeAdapter(DayIn)


def _takes(shape: TypeAdapter[Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": shape.json_schema()}}, "required": True}}


def _held(viewer: Viewer) -> Held:
    return viewer.holding(KEEP.roles)[0]


@router.get("/schedules", response=SchedulesOut)
@serves(SEE)
def get_schedules(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The clinics of the caller's institution, ended ones too."""
    held = viewer.holding(SEE.roles)[0]
    mine = Schedule.objects.select_related("department").filter(
        institution_id=held.institution_id, kind=APPOINTMENT.code
    )
    return json_answer({"items": [_told(each) for each in mine.order_by("title", "id")[:1000]]})


@router.post("/schedules", response={201: ScheduleOut}, openapi_extra=_takes(_NEW))
@serves(KEEP)
def post_schedule(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Open a clinic."""
    asked, held = read_body(request, _NEW), _held(viewer)
    department = Department.objects.filter(institution_id=held.institution_id, name=asked.department).first()
    if department is None:
        raise Refused(DEPARTMENT_UNKNOWN, field="department")
    given = asked.model_dump(exclude={"department"})
    made = make_clinic(
        NewClinic(department_id=department.pk, **given), institution_id=held.institution_id,
        by=viewer.actor(held=held, purpose=Purpose.REGISTRATION), at=instant_of(request),
    )  # fmt: skip
    return json_answer(_told(made), status=201)


@router.put("/schedules/{code}/roster", response=DoneOut, openapi_extra=_takes(_ROSTER))
@serves(KEEP)
def put_roster(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Have this roster from now on. Sessions nobody has booked follow it; those with bookings are named."""
    asked, held = read_body(request, _ROSTER), _held(viewer)
    schedule = clinic_at(held.institution_id, code)
    by = viewer.actor(held=held, purpose=Purpose.REGISTRATION)
    done = put_rows(schedule, [row.asked() for row in asked.rows], seen=asked.version, by=by, at=instant_of(request))
    return json_answer(_done(schedule, done))


@router.put("/schedules/{code}/days/{day}", response=DoneOut, openapi_extra=_takes(_DAY))
@serves(KEEP)
def put_own_day(request: HttpRequest, viewer: Viewer, code: PublicCode, day: Day) -> HttpResponse:
    """Have a day go otherwise: closed, by rows of its own, or as usual again."""
    asked, held = read_body(request, _DAY), _held(viewer)
    schedule = clinic_at(held.institution_id, code)
    rows = [
        Asked(
            weekday=0, begins=row.begins.replace(tzinfo=None), ends=row.ends.replace(tzinfo=None), slot_minutes=row.slot_minutes,
            quotas={str(channel): seats for channel, seats in row.quotas.items()}, off_peak=row.off_peak,
        )
        for row in asked.rows
    ]  # fmt: skip
    done = put_day(
        schedule, day, None if asked.as_usual else rows, why=asked.reason, seen=asked.version,
        by=viewer.actor(held=held, purpose=Purpose.REGISTRATION), at=instant_of(request),
    )  # fmt: skip
    return json_answer(_done(schedule, done))


@router.post("/schedules/{code}/end", response=DoneOut)
@serves(KEEP)
def post_end(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """End a clinic. Sessions with bookings stay, and are named."""
    held = _held(viewer)
    schedule = clinic_at(held.institution_id, code)
    done = end_clinic(schedule, by=viewer.actor(held=held, purpose=Purpose.REGISTRATION), at=instant_of(request))
    return json_answer(_done(schedule, done))


@router.post("/sessions/{code}/stop", response=StoppedOut, openapi_extra=_takes(_STOP))
@serves(KEEP)
def post_stop(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Stop a session: nobody books it any more, everybody in it is found another time or told; repeating it changes nothing."""
    asked, held = read_body(request, _STOP), _held(viewer)
    session = session_at(held.institution_id, code)
    by = viewer.actor(held=held, purpose=Purpose.REGISTRATION)
    fresh = stop_session(session, why=asked.reason, by=by, at=instant_of(request))
    return json_answer({"id": session.code, "status": "stopped", "fresh": fresh})


def _told(schedule: Schedule) -> dict[str, Any]:
    facts = schedule.facts
    return {
        "id": schedule.code, "title": schedule.title, "department": schedule.department.name if schedule.department else "",
        "level": facts.get("level", "general"), "doctor": facts.get("doctor", ""), "room": facts.get("room", ""),
        "fee_fen": facts.get("fee_fen"), "active": schedule.ended_at is None, "on_holidays": schedule.on_holidays,
        "version": version_of(schedule), "rows": [_row(each) for each in rows_of(schedule)],
    }  # fmt: skip


def _row(row: Asked) -> dict[str, Any]:
    kept = {"weekday": row.weekday, **row.as_kept(), "since": row.since.isoformat()}
    return {**kept, "until": row.until.isoformat() if row.until else None}


def _done(schedule: Schedule, done: Generated) -> dict[str, Any]:
    from kangqu.kernel.capacity.models import Session

    codes = list(Session.objects.filter(pk__in=done.differing).order_by("starts_at").values_list("code", flat=True))
    return {
        "id": schedule.code, "version": version_of(schedule), "made": done.made, "anew": done.anew, "gone": done.gone, "differing": codes,
    }  # fmt: skip
