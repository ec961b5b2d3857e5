"""Venue check-in over the API: devices report presences; disease control asks where somebody was and who was there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.kernel.trace.presences import Mark, Presence, presences_at_place, presences_of_person
from kangqu.systems.venue_check.actions import record_presences, record_together
from kangqu.systems.venue_check.definition import OF_PERSON, OF_PLACE, RECORD
from kangqu.systems.venue_check.reads import codes_of, records_of
from kangqu.systems.venue_check.refusals import BATCH_SIZE, SPAN_TOO_LONG, WRONG_PLACE
from kangqu.systems.venue_check.reports import Answer, Seen
from kangqu.systems.venue_check.taking import Device
from kangqu.web.api import Item, Limit, PublicCode, Schema, Text, decode_json, json_answer, read_json
from kangqu.web.lanes import Call, lane
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word, read_after
from kangqu.web.problems import language_of
from kangqu.web.serving import serves

router = Router(tags=["presences"])
MOST: Final = 1000
LONGEST_SPAN: Final = timedelta(days=93)


class PresenceIn(Item):
    """Who came by: the scanned ``code`` or the ``resident``'s public code; ``place`` is the device's own if left out.

    ``key`` is of the device's own making; the same key is one presence. ``temperature`` in degrees Celsius.
    """

    key: Annotated[str, Field(min_length=1, max_length=64)]
    code: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    resident: PublicCode | None = None
    place: PublicCode | None = None
    at: AwareDatetime
    temperature: Annotated[float, Field(ge=-100, le=200, allow_inf_nan=False)] | None = None


class PresenceOut(Schema):
    key: str
    status: str
    flags: list[str]
    code: str | None = None
    detail: str | None = None


class PresencesOut(Schema):
    items: list[PresenceOut]


_ITEM: Final = TypeAdapter(PresenceIn)
_ITEMS: Final = TypeAdapter(list[PresenceIn])
_ONE: Final = _ITEM.json_schema()
_MANY: Final = {"type": "array", "items": _ONE, "minItems": 1, "maxItems": MOST}
_WRAPPED: Final = {"type": "object", "properties": {"presences": _MANY}, "required": ["presences"]}


def _takes(*shapes: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": {"anyOf": shapes}}}, "required": True}}


@router.post("/presences", response={200: PresencesOut, 201: PresenceOut}, openapi_extra=_takes(_ONE, _MANY, _WRAPPED))
@serves(RECORD, proves=True)
def post_presences(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Record one presence (an object), or up to 1,000 (a list, or an object with ``presences``), each for itself."""
    body = _body(request)
    items = body if isinstance(body, list) else body.get("presences") if set(body) == {"presences"} else None
    if items is not None:
        return _batch(request, viewer, items)
    try:
        asked = _ITEM.validate_python(body)
    except ValidationError as invalid:
        raise _invalid(invalid) from None
    (answer,) = _record(request, viewer, [asked])
    if answer.refused is not None:
        raise answer.refused
    return _recorded(answer)


@lane("/api/v1/presences", RECORD)
def presences_together(calls: Sequence[Call]) -> list[HttpResponse | None]:
    """The same for the single presences of several devices at their own places."""
    answers: list[HttpResponse | None] = [None] * len(calls)
    plain = {n: report for n, call in enumerate(calls) if (report := _plain(call)) is not None}
    for n, answer in zip(plain, record_together(list(plain.values())), strict=True):
        if answer is not None:
            answers[n] = _recorded(answer)
    return answers


def _plain(call: Call) -> tuple[Device, Seen] | None:
    """The device and the report of a call that is one presence at the device's own place and nothing else."""
    try:
        asked = _ITEM.validate_python(decode_json(call.body))
    except (Refused, ValidationError):
        return None
    if asked.place is not None:
        return None
    viewer = call.viewer
    return Device(viewer.principal_id or 0, call.at, viewer.proof), _seen(asked, _own_spot(viewer))


def _recorded(answer: Answer) -> HttpResponse:
    """What a single presence that was recorded is answered."""
    response = json_answer(_told(answer, ""), status=201)
    if answer.repeated:
        response["Idempotent-Replay"] = "true"
    return response


@router.post("/presences/batch", response={200: PresencesOut}, openapi_extra=_takes(_MANY, _WRAPPED))
@serves(RECORD, proves=True)
def post_presence_batch(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The same, for devices that always send lists."""
    body = _body(request)
    return _batch(request, viewer, body if isinstance(body, list) else body.get("presences"))


def _body(request: HttpRequest) -> dict[str, Any] | list[Any]:
    body = read_json(request)
    if not isinstance(body, dict | list):
        raise Refused(BAD_INPUT, detail="{ } | [ ]")
    return body


def _batch(request: HttpRequest, viewer: Viewer, items: Any) -> HttpResponse:
    if not isinstance(items, list):
        raise Refused(BAD_INPUT, field="presences", detail="presences")
    if not 0 < len(items) <= MOST:
        raise Refused(BATCH_SIZE, field="presences", most=MOST)
    language = language_of(request)
    asked, answers = _validated(items)
    answers |= dict(zip(asked, _record(request, viewer, list(asked.values())), strict=True))
    told = [_told(answers[index], language) for index in range(len(items))]
    return json_answer({"items": told})


def _validated(items: list[Any]) -> tuple[dict[int, PresenceIn], dict[int, Answer]]:
    """The items that are presences, and the answers to those that are not. Nearly always all are: read at one go."""
    try:
        return dict(enumerate(_ITEMS.validate_python(items))), {}
    except ValidationError:
        pass
    asked: dict[int, PresenceIn] = {}
    answers: dict[int, Answer] = {}
    for index, item in enumerate(items):
        try:
            asked[index] = _ITEM.validate_python(item)
        except ValidationError as invalid:
            key = item.get("key") if isinstance(item, dict) else None
            answers[index] = Answer(key[:64] if isinstance(key, str) else "", refused=_invalid(invalid))
    return asked, answers


def _invalid(invalid: ValidationError) -> Refused:
    first = invalid.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return Refused(BAD_INPUT, field=field or None, detail=f"{field}: {first['msg']}"[:200])


def _told(answer: Answer, language: str) -> dict[str, Any]:
    if answer.refused is not None:
        why = answer.refused
        told = {"status": "refused", "flags": [], "code": why.why.code, "detail": why.sentence(language)}
        return {"key": answer.key, **told}
    return {"key": answer.key, "status": "repeated" if answer.repeated else "recorded", "flags": list(answer.flags)}


def _record(request: HttpRequest, viewer: Viewer, asked: list[PresenceIn]) -> list[Answer]:
    """Record what is for the device's own places; the rest is refused, each for itself."""
    held = viewer.holding(RECORD.roles)[0]
    named = _places(item.place for item in asked)
    spots: dict[str | None, _Spot] = {code: spot for code, spot in named.items() if held.reaches(spot.path)}
    spots[None] = _own_spot(viewer)
    answers: dict[int, Answer] = {}
    reports: dict[int, Seen] = {}
    for index, item in enumerate(asked):
        spot = spots.get(item.place)
        if spot is None:
            answers[index] = Answer(item.key, refused=Refused(WRONG_PLACE, field="place"))
        else:
            reports[index] = _seen(item, spot)
    by = viewer.actor(held=held, purpose=Purpose.ENTRY)
    taken = record_presences(list(reports.values()), by=by, at=instant_of(request), proof=viewer.proof)
    answers |= dict(zip(reports, taken, strict=True))
    return [answers[index] for index in range(len(asked))]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place by its public code: an institution, or a station of one."""

    institution_id: int
    station_id: int | None
    path: str


def _own_spot(viewer: Viewer) -> _Spot:
    """Where the device itself stands."""
    held = viewer.holding(RECORD.roles)[0]
    return _Spot(held.institution_id, viewer.station_id, held.path)


def _seen(item: PresenceIn, spot: _Spot) -> Seen:
    return Seen(
        key=item.key,
        at=item.at,
        institution_id=spot.institution_id,
        station_id=spot.station_id,
        text=item.code,
        resident=item.resident,
        degrees=item.temperature,
    )


_PLACES: Final = """
SELECT s.code, i.id, s.id, i.path FROM places_station s JOIN places_institution i ON i.id = s.institution_id
 WHERE s.open AND s.code = ANY(%(codes)s::text[])
UNION ALL SELECT i.code, i.id, NULL, i.path FROM places_institution i WHERE i.code = ANY(%(codes)s::text[])
"""


def _places(codes: Iterable[str | None]) -> dict[str, _Spot]:
    wanted = {code for code in codes if code is not None}
    return {code: _Spot(*rest) for code, *rest in run(_PLACES, {"codes": list(wanted)})} if wanted else {}


class SeenOut(Schema):
    """A presence as it is shown: ``means`` is how the device knew who it was, ``temperature`` in degrees Celsius."""

    resident: str
    institution: str
    station: str | None
    at: datetime
    temperature: float | None
    means: str
    flag: str


class PageOut(Schema):
    items: list[SeenOut]
    after: str | None


@router.get("/residents/{code}/presences", response=PageOut)
@serves(OF_PERSON)
def of_person(
    request: HttpRequest,
    viewer: Viewer,
    code: PublicCode,
    since: Annotated[Text, Query(alias="from")],
    until: Annotated[Text, Query(alias="to")],
    limit: Limit = 100,
    after: Text = "",
) -> dict[str, Any]:
    """Where a resident was in [from, to), oldest first. Instants with offset, or days of the city."""
    first, last = _span(since, until)
    access = access_person(viewer, code, to=Purpose.PUBLIC_HEALTH, at=instant_of(request), action="presences.of_person")
    found = presences_of_person(
        records_of(access.person.pk), since=first, until=last, after=_mark(after), limit=limit + 1
    )
    return _page(found, limit)


@router.get("/places/{code}/presences", response=PageOut)
@serves(OF_PLACE)
def of_place(
    request: HttpRequest,
    viewer: Viewer,
    code: PublicCode,
    since: Annotated[Text, Query(alias="from")],
    until: Annotated[Text, Query(alias="to")],
    limit: Limit = 100,
    after: Text = "",
) -> dict[str, Any]:
    """Who was at an institution or a station in [from, to), oldest first; each resident shown can read who asked."""
    first, last = _span(since, until)
    spot = _places([code]).get(code)
    held = viewer.reaches(spot.path, OF_PLACE.roles) if spot else None
    if spot is None or held is None:
        raise Refused(NOT_FOUND)
    found = presences_at_place(
        spot.institution_id,
        station_id=spot.station_id,
        since=first,
        until=last,
        after=_mark(after),
        limit=limit + 1,
    )
    _trace_looks(found[:limit], viewer, held, instant_of(request))
    return _page(found, limit)


def _trace_looks(found: list[Presence], viewer: Viewer, held: Held, at: datetime) -> None:
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    people = sorted({presence.person_id for presence in found})
    record(
        *[
            by.did(
                "presences.of_place",
                at=at,
                person_id=person_id,
                object_type="presence",
                result=Result.SEEN,
                stream=Stream.LOOK,
            )
            for person_id in people
        ]
    )


_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _span(since: str, until: str) -> tuple[datetime, datetime]:
    first, last = _instant("from", since, end=False), _instant("to", until, end=True)
    if not first < last or last - first > LONGEST_SPAN:
        raise Refused(SPAN_TOO_LONG, field="from", days=LONGEST_SPAN.days)
    return first, last


def _instant(name: str, text: str, *, end: bool) -> datetime:
    """An instant with its offset, or a day of the city (its first instant; as an end, the instant it is over)."""
    try:
        # An unescaped + of an offset arrives as a blank.
        read = datetime.fromisoformat(text.strip().replace(" ", "+"))
        if read.tzinfo is None:
            read = read.replace(tzinfo=CITY)
        return read + timedelta(days=1) if end and _DAY.fullmatch(text.strip()) else read
    except (ValueError, OverflowError):
        raise Refused(BAD_INPUT, field=name, detail=name) from None


def _mark(after: str) -> Mark | None:
    if not after:
        return None
    at, row_id = read_after(after, 2)
    if not isinstance(at, datetime) or not isinstance(row_id, int):
        raise Refused(BAD_INPUT, field="after", detail="after")
    return Mark(at, row_id)


def _page(found: list[Presence], limit: int) -> dict[str, Any]:
    shown = found[:limit]
    after = after_word(shown[-1].at, shown[-1].id) if len(found) > limit else None
    codes = codes_of(shown)
    items = [
        {
            "resident": codes.people.get(row.person_id, ""),
            "institution": codes.institutions.get(row.institution_id, ""),
            "station": codes.stations.get(row.station_id or 0),
            "at": row.at,
            "temperature": None if row.temperature is None else row.temperature / 10,
            "means": row.means,
            "flag": row.flag,
        }
        for row in shown
    ]
    return {"items": items, "after": after}
