"""Adverse events over the API: a clinic's or hospital's system writes down what came after a dose."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, TypeAdapter

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.vaccination.adverse.actions import report_adverse
from kangqu.systems.vaccination.definition import ADVERSE
from kangqu.systems.vaccination.models import Dose
from kangqu.systems.vaccination.records.giving import LETTER
from kangqu.web.api import Instant, Item, PublicCode, Schema, json_answer, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["vaccination"])


class AdverseIn(Item):
    """``symptom``: a code of the table (docs/systems/vaccination.md); ``onset_at``: when it began, with its offset."""

    symptom: Annotated[str, Field(min_length=1, max_length=30)]
    severity: Literal["mild", "severe", "death", "disability", "cluster"]
    onset_at: Instant


class AdverseOut(Schema):
    """``window``: in which reporting window it came (empty: in none); ``report_by``: due at the county CDC."""

    case: str
    state: str
    window: str
    in_window: bool
    report_by: datetime


_ASKED: Final = TypeAdapter(AdverseIn)
_TAKES: Final = {"requestBody": {"content": {"application/json": {"schema": _ASKED.json_schema()}}, "required": True}}


@router.post(
    "/vaccination/doses/{code}/adverse-events", response={200: AdverseOut, 201: AdverseOut}, openapi_extra=_TAKES
)
@serves(ADVERSE)
def post_adverse(request: HttpRequest, viewer: Viewer, code: PublicCode) -> HttpResponse:
    """Open the case of a symptom after a dose; the same dose and symptom again answer the same case."""
    at, held = instant_of(request), viewer.holding(ADVERSE.roles)[0]
    dose = Dose.objects.filter(code=read_code(code[:40], LETTER) or "").first()
    if dose is None:
        raise Refused(NOT_FOUND)
    if dose.institution_id != held.institution_id:
        access_person(viewer, dose.person_id, to=Purpose.CARE, at=at, action="vaccination.look")
    asked = read_body(request, _ASKED)
    case, fresh = report_adverse(
        dose, symptom=asked.symptom, severity=asked.severity, onset_at=asked.onset_at, institution_id=held.institution_id,
        by=viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH), at=at,
    )  # fmt: skip
    told: dict[str, Any] = {name: case.facts[name] for name in ("window", "in_window", "report_by")}
    return json_answer({"case": case.code, "state": case.state, **told}, status=201 if fresh else 200)
