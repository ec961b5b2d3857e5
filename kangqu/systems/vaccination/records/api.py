"""Doses over the API, as FHIR's Immunization has them: recorded many at once, each for itself; struck out; read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.systems.vaccination.definition import DOSES, GIVE, STRIKE
from kangqu.systems.vaccination.records.asked import Answer, History, Injection, Recorded
from kangqu.systems.vaccination.records.bringing import bring_many
from kangqu.systems.vaccination.records.giving import MOST_AT_ONCE, give_many
from kangqu.systems.vaccination.records.people import Who, numbers_of
from kangqu.systems.vaccination.records.questions import QUESTIONS
from kangqu.systems.vaccination.records.reads import card_of
from kangqu.systems.vaccination.records.striking import strike
from kangqu.systems.vaccination.refusals import BATCH_SIZE
from kangqu.web.api import Instant, Item, PublicCode, Schema, clean_text, json_answer, read_body, read_json
from kangqu.web.middleware import instant_of
from kangqu.web.problems import language_of
from kangqu.web.serving import serves

router = Router(tags=["vaccination"])
Key = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Short = Annotated[str, Field(max_length=60), AfterValidator(clean_text)]
Lot = Annotated[str, Field(max_length=30), AfterValidator(clean_text)]
Vaccine = Annotated[str, Field(min_length=1, max_length=20), AfterValidator(clean_text)]


class DoseIn(Item):
    """A dose. ``resident``, or ``id_kind``, ``id_number`` and ``name``, say whose. ``occurrence`` (an instant) was given here, now or
    while the network was away; ``given_on`` (a day) is brought from elsewhere or of long ago, with ``place``.

    ``pre_check`` answers the questions before a dose; without it today's here must have been asked.
    """

    key: Key
    resident: Annotated[PublicCode, Field()] | None = None
    id_kind: Annotated[str, Field(max_length=2)] = "01"
    id_number: Annotated[str, Field(max_length=30), AfterValidator(clean_text)] | None = None
    name: Annotated[str, Field(max_length=50), AfterValidator(clean_text)] | None = None
    vaccine_code: Vaccine
    lot_number: Lot = ""
    manufacturer: Short = ""
    occurrence: Instant | None = None
    given_on: date | None = None
    place: Short = ""
    site: Annotated[str, Field(max_length=4), AfterValidator(clean_text)] = ""
    decided: Annotated[str, Field(max_length=200), AfterValidator(clean_text)] = ""
    pre_check: Annotated[dict[str, bool], Field(max_length=50)] | None = None


class DoseOut(Schema):
    """``status`` is recorded, repeated or refused; ``dose_numbers`` what it counts as, by series (null: it does not)."""

    key: str
    status: str
    id: str | None = None
    dose_numbers: dict[str, int | None] | None = None
    code: str | None = None
    detail: str | None = None


class DosesOut(Schema):
    items: list[DoseOut]


class StrikeIn(Item):
    """Why a dose was written down wrongly."""

    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean_text)]


_ITEM: Final = TypeAdapter(DoseIn)
_STRIKE: Final = TypeAdapter(StrikeIn)
_MANY: Final = {"type": "array", "items": _ITEM.json_schema(), "minItems": 1, "maxItems": MOST_AT_ONCE}
_BODY: Final = {"type": "object", "properties": {"doses": _MANY}, "required": ["doses"]}
_TAKES: Final = {"requestBody": {"content": {"application/json": {"schema": _BODY}}, "required": True}}
_STRIKES: Final = {
    "requestBody": {"content": {"application/json": {"schema": _STRIKE.json_schema()}}, "required": True}
}


@router.post("/vaccination/doses", response=DosesOut, openapi_extra=_TAKES)
@serves(GIVE)
def post_doses(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Record up to 500 doses, each for itself: recorded, known already under its key, or refused with its reason."""
    body = read_json(request)
    items = body.get("doses") if isinstance(body, dict) and set(body) == {"doses"} else None
    if not isinstance(items, list):
        raise Refused(BAD_INPUT, field="doses", detail="doses")
    if not 0 < len(items) <= MOST_AT_ONCE:
        raise Refused(BATCH_SIZE, field="doses", most=MOST_AT_ONCE)
    read = [_read(item) for item in items]
    answers = _record(request, viewer, read)
    language = language_of(request)
    told = [_told(_key(item), answer, language) for item, answer in zip(items, answers, strict=True)]
    return json_answer({"items": told})


def _read(item: Any) -> DoseIn | Refused:
    try:
        found = _ITEM.validate_python(item)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return Refused(BAD_INPUT, field=field or None, detail=f"{field}: {first['msg']}"[:200])
    if (found.occurrence is None) == (found.given_on is None):
        return Refused(BAD_INPUT, field="occurrence", detail="occurrence | given_on")
    if (found.resident is None) == (found.id_number is None):
        return Refused(BAD_INPUT, field="resident", detail="resident | id_number, name")
    if found.pre_check is not None and not found.pre_check.keys() <= QUESTIONS.keys():
        return Refused(BAD_INPUT, field="pre_check", detail=", ".join(QUESTIONS))
    return found


def _key(item: Any) -> str:
    key = item.get("key") if isinstance(item, dict) else None
    return key[:64] if isinstance(key, str) else ""


def _record(request: HttpRequest, viewer: Viewer, read: Sequence[DoseIn | Refused]) -> list[Answer]:
    at, held = instant_of(request), viewer.holding(GIVE.roles)[0]
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    asked = {index: item for index, item in enumerate(read) if isinstance(item, DoseIn)}
    people = dict(zip(asked, numbers_of([_who(item) for item in asked.values()]), strict=True))
    given = {index: _injection(item, people[index]) for index, item in asked.items() if item.occurrence is not None}
    brought = {index: _history(item, people[index]) for index, item in asked.items() if item.given_on is not None}
    answers: dict[int, Answer] = {index: item for index, item in enumerate(read) if isinstance(item, Refused)}
    place = held.institution_id
    known = bring_many(list(brought.values()), institution_id=place, by=by, at=at) if brought else []
    answers |= dict(zip(brought, known, strict=True))
    fresh = give_many(list(given.values()), institution_id=place, by=by, at=at) if given else []
    answers |= dict(zip(given, fresh, strict=True))
    return [answers[index] for index in range(len(read))]


def _who(item: DoseIn) -> Who:
    return Who(item.resident or "", item.id_kind, item.id_number or "", item.name or "")


def _injection(item: DoseIn, person_id: int) -> Injection:
    assert item.occurrence is not None
    return Injection(
        person_id=person_id, key=item.key, vaccine=item.vaccine_code, lot=item.lot_number, maker=item.manufacturer,
        given_at=item.occurrence, site=item.site, decided=item.decided, answers=item.pre_check,
    )  # fmt: skip


def _history(item: DoseIn, person_id: int) -> History:
    assert item.given_on is not None
    return History(
        person_id=person_id, key=item.key, vaccine=item.vaccine_code, given_on=item.given_on, lot=item.lot_number,
        maker=item.manufacturer, place=item.place,
    )  # fmt: skip


def _told(key: str, answer: Answer, language: str) -> dict[str, Any]:
    if isinstance(answer, Recorded):
        status = "recorded" if answer.fresh else "repeated"
        return {
            "key": key,
            "status": status,
            "id": answer.code,
            "dose_numbers": dict(answer.numbers),
            "code": None,
            "detail": None,
        }
    refused = {"status": "refused", "id": None, "dose_numbers": None}
    return {"key": key, **refused, "code": answer.why.code, "detail": answer.sentence(language)}


@router.post("/vaccination/doses/{code}/strike", response=DoseOut, openapi_extra=_STRIKES)
@serves(STRIKE)
def post_strike(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Strike out a dose this institution wrote down wrongly (FHIR ``entered-in-error``); everything is judged again without it."""
    held = viewer.holding(STRIKE.roles)[0]
    why = read_body(request, _STRIKE).reason
    dose = strike(
        code, why=why, institution_id=held.institution_id, by=viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH), at=instant_of(request)
    )  # fmt: skip
    return json_answer(
        {"key": dose.key, "status": "struck", "id": dose.code, "dose_numbers": None, "code": None, "detail": None}
    )


@router.get("/vaccination/doses", response=dict)
@serves(DOSES)
def get_doses(request: HttpRequest, viewer: Viewer, resident: PublicCode) -> HttpResponse:
    """A resident's doses and what each counts as, in the order of their days. Leaves a trace of the look."""
    return json_answer({"items": [each.as_json() for each in card_of(viewer, resident, instant_of(request))]})
