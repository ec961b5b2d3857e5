"""Readings over the API: loggers report many at once, each for itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.systems.vaccination.cold_chain.models import Fridge
from kangqu.systems.vaccination.cold_chain.refusals import FRIDGE_UNKNOWN, READING_ABSURD, READINGS_SIZE
from kangqu.systems.vaccination.cold_chain.watching import COLDEST, MOST_AT_ONCE, WARMEST, Note, note
from kangqu.systems.vaccination.definition import READINGS
from kangqu.web.api import Instant, Item, Schema, clean_text, json_answer, read_json
from kangqu.web.middleware import instant_of
from kangqu.web.problems import language_of
from kangqu.web.serving import serves

router = Router(tags=["vaccination"])


class ReadingIn(Item):
    """``device``: the logger's number as the fridge is registered with it; ``time`` with its offset; ``celsius`` to a tenth."""

    device: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(clean_text)]
    time: Instant
    celsius: float


class ReadingOut(Schema):
    """``status`` is recorded, repeated or refused."""

    device: str
    status: str
    code: str | None = None
    detail: str | None = None


class ReadingsOut(Schema):
    items: list[ReadingOut]


_ITEM: Final = TypeAdapter(ReadingIn)
_MANY: Final = {"type": "array", "items": _ITEM.json_schema(), "minItems": 1, "maxItems": MOST_AT_ONCE}
_BODY: Final = {"type": "object", "properties": {"readings": _MANY}, "required": ["readings"]}
_TAKES: Final = {"requestBody": {"content": {"application/json": {"schema": _BODY}}, "required": True}}


@router.post("/vaccination/fridge-readings", response=ReadingsOut, openapi_extra=_TAKES)
@serves(READINGS)
def post_readings(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Up to 1,000 readings of the institution's fridges, in any order, each for itself. Sent again they change nothing."""
    body = read_json(request)
    items = body.get("readings") if isinstance(body, dict) and set(body) == {"readings"} else None
    if not isinstance(items, list):
        raise Refused(BAD_INPUT, field="readings", detail="readings")
    if not 0 < len(items) <= MOST_AT_ONCE:
        raise Refused(READINGS_SIZE, field="readings", most=MOST_AT_ONCE)
    held = viewer.holding(READINGS.roles)[0]
    read = [_read(item) for item in items]
    devices = {each.device for each in read if isinstance(each, ReadingIn)}
    here = Fridge.objects.filter(institution_id=held.institution_id, device__in=devices, active=True)
    notes = [_note(each, {fridge.device: fridge.pk for fridge in here}) for each in read]
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    answers = iter(note([each for each in notes if isinstance(each, Note)], by=by, at=instant_of(request)))
    told = [each if isinstance(each, Refused) else next(answers) for each in notes]
    return json_answer({"items": _told(items, told, language_of(request))})


def _read(item: Any) -> ReadingIn | Refused:
    try:
        return _ITEM.validate_python(item)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return Refused(BAD_INPUT, field=field or None, detail=f"{field}: {first['msg']}"[:200])


def _note(read: ReadingIn | Refused, fridges: dict[str, int]) -> Note | Refused:
    if isinstance(read, Refused):
        return read
    if read.device not in fridges:
        return Refused(FRIDGE_UNKNOWN, field="device", fridge=read.device)
    if not math.isfinite(read.celsius) or not COLDEST <= read.celsius * 10 <= WARMEST:
        return Refused(READING_ABSURD, field="celsius")
    return Note(fridges[read.device], read.time, round(read.celsius * 10))


def _told(items: Sequence[Any], answers: Sequence[bool | Refused], language: str) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    for item, answer in zip(items, answers, strict=True):
        device = item.get("device") if isinstance(item, dict) else None
        row: dict[str, Any] = {"device": device[:40] if isinstance(device, str) else "", "code": None, "detail": None}
        if isinstance(answer, Refused):
            row |= {"status": "refused", "code": answer.why.code, "detail": answer.sentence(language)}
        else:
            row["status"] = "recorded" if answer else "repeated"
        said.append(row)
    return said
