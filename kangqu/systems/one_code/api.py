"""The one code over the API: scans, public keys, revocations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from kangqu.kernel.access.proof import Outdated
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.people.codes.reads import published_keys, revocations
from kangqu.systems.one_code.actions import verify, verify_all, verify_together
from kangqu.systems.one_code.definition import DESK_ROLES, KEYS, REVOCATIONS, SCAN
from kangqu.systems.one_code.reads import open_station
from kangqu.systems.one_code.scans import Answer, Place, Resident, Scan
from kangqu.systems.one_code.taking import Desk
from kangqu.web.api import Instant, Item, PublicCode, Schema, decode_json, json_answer, read_body
from kangqu.web.lanes import Call, lane
from kangqu.web.middleware import instant_of
from kangqu.web.problems import language_of, refused_answer
from kangqu.web.serving import serves

router = Router(tags=["code"])
MOST: Final = 500

Key = Annotated[str, Field(min_length=1, max_length=64)]


class ScanIn(Item):
    """One scan. ``key`` is the desk's own; ``at`` when it was scanned (now, if left out)."""

    key: Key
    code: Annotated[str, Field(min_length=1, max_length=2000)]
    at: AwareDatetime | None = None


class ScansIn(Item):
    """One scan, or ``scans``: up to 500 of them, each answered for itself. ``station`` is where they were made."""

    station: PublicCode | None = None
    key: Key | None = None
    code: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    at: AwareDatetime | None = None
    scans: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST)] | None = None


class ResidentOut(Schema):
    code: str
    name: str
    sex: str | None = None
    birth_date: str | None = None
    status: str


class ScanOut(Schema):
    """``word`` is the judgement, ``code`` the refusal's; ``repeated`` says the key was answered before."""

    key: str
    status: str
    word: str | None
    flags: list[str]
    repeated: bool
    resident: ResidentOut | None = None
    code: str | None = None
    detail: str | None = None


class ScansOut(Schema):
    items: list[ScanOut]


_SCAN: Final = TypeAdapter(ScanIn)
_SCANS: Final = TypeAdapter(ScansIn)
_TAKES: Final = {"requestBody": {"content": {"application/json": {"schema": _SCANS.json_schema()}}, "required": True}}


@router.post("/code-scans", response={200: ScanOut | ScansOut}, openapi_extra=_TAKES)
@serves(SCAN, proves=True)
def scan_codes(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Verify one scan, or many that were kept offline. A single refused scan answers with its problem."""
    body = read_body(request, _SCANS)
    language = language_of(request)
    desk, role = _desk_of(viewer, body.station, instant_of(request))
    if body.scans is None:
        if body.key is None or body.code is None:
            raise Refused(BAD_INPUT, field="code", detail="key, code")
        scan = Scan(body.key, body.code, body.at or desk.at)
        answer = verify(scan, place=desk.place, by=desk.by, at=desk.at, proof=desk.proof)
        return _answered(answer, role, language)
    if body.key is not None or body.code is not None or body.at is not None:
        raise Refused(BAD_INPUT, field="scans", detail="scans | code")
    answers = _many(body.scans, desk)
    return json_answer({"items": [_told(answer, role, language) for answer in answers]})


@lane("/api/v1/code-scans", SCAN)
def scan_together(calls: Sequence[Call]) -> list[HttpResponse | None]:
    """The same for the single scans of several devices at their own places."""
    answers: list[HttpResponse | None] = [None] * len(calls)
    plain = {n: asked for n, call in enumerate(calls) if (asked := _plain(call)) is not None}
    for n, answer in zip(plain, verify_together(list(plain.values())), strict=True):
        if not isinstance(answer, Outdated):
            answers[n] = _answered(answer, Role.DEVICE, calls[n].language)
    return answers


def _plain(call: Call) -> tuple[Desk, Scan] | None:
    """The desk and the scan of a device's call that is one scan and nothing else."""
    try:
        asked = _SCAN.validate_python(decode_json(call.body))
    except (Refused, ValidationError):
        return None
    desk, role = _desk_of(call.viewer, None, call.at)
    return (desk, Scan(asked.key, asked.code, asked.at or call.at)) if role is Role.DEVICE else None


def _many(items: list[dict[str, Any]], desk: Desk) -> list[Answer]:
    """Each item's answer; one that is not a scan at all is refused alone."""
    answers: dict[int, Answer] = {}
    scans: dict[int, Scan] = {}
    for index, item in enumerate(items):
        try:
            asked = _SCAN.validate_python(item)
            scans[index] = Scan(asked.key, asked.code, asked.at or desk.at)
        except ValidationError as invalid:
            first = invalid.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            key = item.get("key")
            refused = Refused(BAD_INPUT, field=field, detail=f"{field}: {first['msg']}")
            answers[index] = Answer(key[:64] if isinstance(key, str) else "", None, refused=refused)
    verified = verify_all(list(scans.values()), place=desk.place, by=desk.by, at=desk.at, proof=desk.proof)
    answers |= dict(zip(scans, verified, strict=True))
    return [answers[index] for index in range(len(items))]


def _desk_of(viewer: Viewer, station: str | None, at: datetime) -> tuple[Desk, Role]:
    """Where and by whom scans that came ``at`` were made, and in which role."""
    held, place = _place_of(viewer, station)
    purpose = Purpose.ENTRY if held.role in (Role.DEVICE, Role.GATE_KEEPER) else Purpose.CARE
    return Desk(place, viewer.actor(held=held, purpose=purpose), at, viewer.proof), held.role


def _place_of(viewer: Viewer, station: str | None) -> tuple[Held, Place]:
    """The grant and the place scans are made with: the station named, the device's own, or the first post's institution.

    A station outside every post of the viewer is not found.
    """
    if station is None:
        held = viewer.holding(SCAN.roles)[0]
        return held, Place(viewer.station_id or held.institution_id, held.institution_id)
    found = open_station(station)
    reaching = viewer.reaches(found.path, SCAN.roles) if found else None
    if found is None or reaching is None:
        raise Refused(NOT_FOUND, field="station")
    return reaching, Place(found.id, found.institution_id)


def _answered(answer: Answer, role: Role, language: str) -> HttpResponse:
    """What a single scan is answered."""
    if answer.refused is not None:
        return refused_answer(answer.refused, language)
    response = json_answer(_told(answer, role, language))
    if answer.repeated:
        response["Idempotent-Replay"] = "true"
    return response


def _told(answer: Answer, role: Role, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": answer.key,
        "status": "refused" if answer.refused else "accepted",
        "word": answer.word,
        "flags": list(answer.flags),
        "repeated": answer.repeated,
        "resident": _shown(answer.resident, role) if answer.resident else None,
        "code": None,
        "detail": None,
    }
    if answer.refused is not None:
        told |= {"code": answer.refused.why.code, "detail": answer.refused.sentence(language)}
    return told


def _shown(resident: Resident, role: Role) -> dict[str, Any]:
    """Those who look after her see name and birth date; a gate sees enough of the name to compare."""
    if role in DESK_ROLES:
        born = resident.birth_date.isoformat() if resident.birth_date else None
        return {
            "code": resident.public_code,
            "name": resident.name,
            "sex": resident.sex,
            "birth_date": born,
            "status": resident.status,
        }
    name = resident.name[:1] + "*" * (len(resident.name) - 1)
    return {"code": resident.public_code, "name": name, "sex": None, "birth_date": None, "status": resident.status}


@router.get("/code-keys")
@serves(KEYS)
def code_keys(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The public keys that codes are signed with, and how long a code is good: all that offline verification needs."""
    response = json_answer(published_keys(instant_of(request)))
    response["Cache-Control"] = "public, max-age=60"
    return response


@router.get("/code-revocations")
@serves(REVOCATIONS)
def code_revocations(request: HttpRequest, viewer: Viewer, since: Instant | None = None) -> HttpResponse:
    """Handles of paper cards revoked (since ``since``) and of cards suspended: six bytes each, base64."""
    return json_answer(revocations(instant_of(request), since=since))
