"""One case over the API: told whole, its steps, what else is done with it, its documents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import File
from ninja import Form as Sent
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import Field

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.doors import access_case
from kangqu.kernel.cases.refusals import NO_SUCH_STEP, USE_THE_DESK
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.casework import acting, document_pages, reads, worklists
from kangqu.systems.casework.operations import READ, WRITE
from kangqu.systems.casework.posts import any_place
from kangqu.systems.casework.refusals import NO_SUCH_PLACE
from kangqu.systems.casework.shapes import KEYED, CaseOut, DocumentOut, Name, Seq, router, stepped, told
from kangqu.web.api import PublicCode, Schema, Text, Whole
from kangqu.web.keys import keyed
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@router.get("/cases/{code}", response=CaseOut)
@serves(READ)
def get_case(request: HttpRequest, viewer: Viewer, code: PublicCode) -> dict[str, Any]:
    """One case with its timeline, the steps open to the caller, and its documents."""
    at = instant_of(request)
    return told(viewer, access_case(viewer, code, at=at), at)


class StepIn(Schema):
    """The answers of a step's form. ``seq`` is the change the caller saw; ``to`` an institution the case goes to."""

    values: dict[Annotated[str, Field(max_length=60)], Any] = {}
    seq: Seq | None = None
    to: PublicCode | None = None
    reason: Text = ""


class StepOut(Schema):
    """Where the case stands after the step. ``warnings`` name values that were taken and are unusual."""

    code: str
    state: str
    seq: int
    warnings: list[str]


@router.post("/cases/{code}/steps/{step}", response=StepOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_step(request: HttpRequest, viewer: Viewer, code: PublicCode, step: Name, body: StepIn) -> dict[str, Any]:
    """Take one step."""
    at = instant_of(request)
    access = access_case(viewer, code, at=at)
    wanted = access.programme.step(step)
    if wanted is None:
        raise Refused(NO_SUCH_STEP)
    if wanted.desk:
        raise Refused(USE_THE_DESK)
    place = any_place(body.to) if body.to else None
    if body.to and place is None:
        raise Refused(NO_SUCH_PLACE, field="to")
    outcome = take_step(
        access.case.id,
        step,
        by=access.actor(viewer, wanted),
        at=at,
        values=body.values,
        seq=body.seq,
        to_institution_id=place.pk if place is not None else None,
        reason=body.reason,
    )
    return stepped(access.case.code, outcome)


class ReasonIn(Schema):
    reason: Annotated[Text, Field(min_length=1)]


class HandOverIn(Schema):
    """``to`` is the sign-in name of the colleague."""

    to: Text
    reason: Text = ""


class NothingIn(Schema):
    """Nothing is asked."""


class DoneOut(Schema):
    code: str
    state: str
    seq: int
    holder: str


def _done(viewer: Viewer, code: str, at: datetime) -> dict[str, Any]:
    case = access_case(viewer, code, at=at).case
    holder = worklists.holder_names([case.holder_id]).get(case.holder_id or 0, "")
    return {"code": case.code, "state": case.state, "seq": case.seq, "holder": holder}


_PLAIN: Final = {"claim": keeping.claim, "let-go": keeping.let_go, "resume": keeping.resume}


def _plainly(request: HttpRequest, viewer: Viewer, code: str, what: str) -> dict[str, Any]:
    at = instant_of(request)
    acting.change(viewer, code, _PLAIN[what], at=at)
    return _done(viewer, code, at)


@router.post("/cases/{code}/claim", response=DoneOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_claim(request: HttpRequest, viewer: Viewer, code: PublicCode, body: NothingIn | None = None) -> dict[str, Any]:
    """Take the case as one's own."""
    return _plainly(request, viewer, code, "claim")


@router.post("/cases/{code}/let-go", response=DoneOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_let_go(
    request: HttpRequest, viewer: Viewer, code: PublicCode, body: NothingIn | None = None
) -> dict[str, Any]:
    """Give a claimed case back to the list."""
    return _plainly(request, viewer, code, "let-go")


@router.post("/cases/{code}/resume", response=DoneOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_resume(
    request: HttpRequest, viewer: Viewer, code: PublicCode, body: NothingIn | None = None
) -> dict[str, Any]:
    """Go on with a suspended case."""
    return _plainly(request, viewer, code, "resume")


@router.post("/cases/{code}/suspend", response=DoneOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_suspend(request: HttpRequest, viewer: Viewer, code: PublicCode, body: ReasonIn) -> dict[str, Any]:
    """Stop the case's clock where its programme allows it."""
    at = instant_of(request)
    acting.change(viewer, code, keeping.suspend, at=at, reason=body.reason)
    return _done(viewer, code, at)


@router.post("/cases/{code}/roll-back", response=DoneOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_roll_back(request: HttpRequest, viewer: Viewer, code: PublicCode, body: ReasonIn) -> dict[str, Any]:
    """Take back the step just taken where the programme allows it."""
    at = instant_of(request)
    acting.change(viewer, code, keeping.roll_back, at=at, reason=body.reason)
    return _done(viewer, code, at)


@router.post("/cases/{code}/hand-over", response=DoneOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_hand_over(request: HttpRequest, viewer: Viewer, code: PublicCode, body: HandOverIn) -> dict[str, Any]:
    """Give the case to a colleague at its institution whose post works on it."""
    at = instant_of(request)
    access = access_case(viewer, code, at=at)
    to = reads.account_called(body.to)
    if to is None:
        raise Refused(NOT_FOUND, field="to")
    acting.hand_over(viewer, access, to, reason=body.reason, at=at)
    return _done(viewer, code, at)


@router.post("/cases/{code}/documents", response={201: DocumentOut})
@serves(WRITE)
def post_document(
    request: HttpRequest,
    viewer: Viewer,
    code: PublicCode,
    file: Annotated[UploadedFile, File()],
    title: Annotated[Text, Sent(), Field(max_length=100)] = "",
) -> Status[dict[str, Any]]:
    """Add a picture (JPEG, PNG) or a PDF. The same content is kept once, so a retry is harmless."""
    at = instant_of(request)
    kept = document_pages.keep(viewer, access_case(viewer, code, at=at), file, title=title, at=at)
    picture = kept.kind.startswith("image/")
    told = {"id": kept.pk, "title": kept.title, "picture": picture, "size": kept.size, "added_at": kept.added_at}
    return Status(201, told)


@router.get(
    "/cases/{code}/documents/{number}",
    openapi_extra={
        "responses": {
            200: {
                "description": "The file",
                "content": {kind: {} for kind in ("image/jpeg", "image/png", "application/pdf")},
            }
        }
    },
)
@serves(READ)
def get_document(request: HttpRequest, viewer: Viewer, code: PublicCode, number: Whole) -> HttpResponse:
    """A document's content."""
    return document_pages.answer(viewer, code, number, at=instant_of(request))
