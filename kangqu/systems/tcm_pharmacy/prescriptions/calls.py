"""Prescriptions over the API: a hospital's system sends them signed, follows them, and withdraws them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import ValidationError

from kangqu.kernel.access.doors import hidden
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.definition import FOLLOW, SEND
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescriptions import reads
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, Taken, take
from kangqu.systems.tcm_pharmacy.prescriptions.order import Number, OrderIn
from kangqu.systems.tcm_pharmacy.prescriptions.prescribers import prescriber_of
from kangqu.systems.tcm_pharmacy.prescriptions.signing import HEADER, verify
from kangqu.web.api import LongText, Schema, read_json
from kangqu.web.keys import keyed
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["tcm"])


class FindingOut(Schema):
    key: str
    rule: str
    family: str
    severity: str
    override: str
    source: str
    mark: str
    herbs: list[str]
    zh: str
    en: str


class HappenedOut(Schema):
    at: datetime
    step: str
    state: str
    title: str
    reason: str


class PrescriptionOut(Schema):
    """Where a prescription stands. ``findings`` is the automatic review at its arrival; ``history`` its steps.

    ``promised_at`` is when it can be fetched or is in its district; null until it is released.
    """

    case: str
    number: str
    version: int
    state: str
    title: str
    pharmacy: str
    blocked: bool
    two_signatures: bool
    valid_until: date
    due_at: datetime | None
    promised_at: datetime | None
    findings: list[FindingOut]
    not_covered: list[str]
    missing: list[str]
    history: list[HappenedOut]


class WithdrawIn(Schema):
    why: LongText


_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": f"Signed: the header {HEADER} holds a detached JWS (RFC 7797) over exactly these bytes.",
        "content": {"application/json": {"schema": OrderIn.model_json_schema()}},
    },
    "parameters": [
        {"in": "header", "name": HEADER, "required": True, "schema": {"type": "string", "maxLength": 2000}},
    ],
}


@router.post("/tcm/prescriptions", response={200: PrescriptionOut, 201: PrescriptionOut}, openapi_extra=_BODY)
@serves(SEND)
def send(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Take a signed prescription. Sent again, the same bytes are answered as at first."""
    at = instant_of(request)
    held = viewer.holding(SEND.roles)[0]
    signature = request.headers.get(HEADER, "")
    key = verify(request.body, signature, institution_id=held.institution_id, at=at)
    order = order_in(read_json(request))
    by = viewer.actor(held=held, purpose=Purpose.CARE)
    hospital = held.institution_id
    prescriber = prescriber_of(order.prescriber.account, hospital_id=hospital, at=at)
    signed = Signed(request.body, signature, key)
    taken = take(order, signed=signed, hospital_id=hospital, by=by, at=at, prescriber_id=prescriber)
    answer = PrescriptionOut(**_told(taken)).model_dump_json()
    response = HttpResponse(answer, status=201 if taken.fresh else 200, content_type="application/json")
    if not taken.fresh:
        response["Idempotent-Replay"] = "true"
    return response


@router.get("/tcm/prescriptions/{number}", response=PrescriptionOut)
@serves(FOLLOW)
def follow(request: HttpRequest, viewer: Viewer, number: Number) -> dict[str, Any]:
    """Where the latest version of a prescription of the caller's own institution stands."""
    return _told(_mine(request, viewer, number))


@router.post("/tcm/prescriptions/{number}/withdraw", response=PrescriptionOut)
@serves(SEND)
@keyed
def withdraw(request: HttpRequest, viewer: Viewer, number: Number, asked: WithdrawIn) -> dict[str, Any]:
    """Withdraw the latest version, as long as it has not been dispensed."""
    mine = _mine(request, viewer, number)
    by = viewer.actor(held=viewer.holding(SEND.roles)[0], purpose=Purpose.CARE)
    take_step(mine.case.id, "withdraw", by=by, at=instant_of(request), values={"why": asked.why})
    return _told(_mine(request, viewer, number))


def order_in(body: Any) -> OrderIn:
    """The order of a parsed body, or ``Refused`` with the first field that is wrong."""
    try:
        return OrderIn.model_validate(body)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Refused(BAD_INPUT, field=field or None, detail=f"{field}: {first['msg']}"[:200]) from None


def _mine(request: HttpRequest, viewer: Viewer, number: str) -> Taken:
    """The latest version of the number at the caller's institution; the door of a system to what it sent itself."""
    hospital_id = viewer.holding(SEND.roles)[0].institution_id
    kept = Prescription.objects.filter(hospital_id=hospital_id, number=number).order_by("-version").first()
    case = snapshot(kept.case_id) if kept is not None else None
    if kept is None or case is None:
        raise hidden(viewer, number, None, Purpose.CARE, instant_of(request), "tcm.prescription.follow")
    reads.note_follow(viewer, kept, at=instant_of(request))
    return Taken(case, kept, False)


def _told(taken: Taken) -> dict[str, Any]:
    told = reads.standing(taken.prescription, taken.case)
    if told is None:
        raise Refused(NOT_FOUND)
    return told
