"""Cases over the API: work lists, search, opening by hand, steps of many cases at once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query
from ninja.responses import Status
from pydantic import BaseModel, ConfigDict, Field

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.doors import access_case
from kangqu.kernel.cases.steps import MOST, Outcome
from kangqu.systems.casework import acting, by_hand, searching, worklists
from kangqu.systems.casework.operations import OPEN, READ, WRITE
from kangqu.systems.casework.posts import place_coded
from kangqu.systems.casework.refusals import NO_SUCH_PLACE
from kangqu.systems.casework.shapes import KEYED, CaseOut, Name, Seq, router, stepped, told
from kangqu.systems.casework.task_pages import mark_of
from kangqu.web.api import Item, Limit, PublicCode, Schema, Text
from kangqu.web.keys import keyed
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word
from kangqu.web.problems import language_of
from kangqu.web.serving import serves


class TaskOut(Schema):
    """A line of a work list. ``who`` is masked where the caller's posts do not reach the resident."""

    code: str
    programme: str
    version: int
    state: str
    number: str
    who: str
    holder: str
    mine: bool
    opened_at: datetime
    due_at: datetime | None
    late: bool
    suspended: bool


class TasksOut(Schema):
    items: list[TaskOut]
    after: str | None


@router.get("/cases/tasks", response=TasksOut)
@serves(READ)
def get_tasks(
    request: HttpRequest,
    viewer: Viewer,
    tab: Literal["post", "mine"] = "post",
    programme: Name = "",
    state: Name = "",
    free: bool = False,
    limit: Limit = 50,
    after: Text = "",
) -> dict[str, Any]:
    """What the caller's posts have to do, or what she claimed (``tab=mine``), most urgent first."""
    at = instant_of(request)
    asked = worklists.Asked(tab=tab, programme=programme, state=state, free=free)
    page = worklists.work(viewer, asked, at=at, after=mark_of(after), limit=limit)
    items = [
        {
            "code": line.code,
            "programme": line.task.programme,
            "version": line.task.version,
            "state": line.task.state,
            "number": line.task.number,
            "who": line.who,
            "holder": line.holder,
            "mine": line.mine,
            "opened_at": line.task.opened_at,
            "due_at": line.task.due_at,
            "late": line.task.late(at),
            "suspended": line.task.suspended_at is not None,
        }
        for line in page.lines
    ]
    return {"items": items, "after": after_word(*page.after) if page.after else None}


class WaitingOut(Schema):
    programme: str
    state: str
    count: int
    late: int


class AllWaitingOut(Schema):
    items: list[WaitingOut]


@router.get("/cases/waiting", response=AllWaitingOut)
@serves(READ)
def get_waiting(request: HttpRequest, viewer: Viewer) -> dict[str, list[dict[str, Any]]]:
    """How many cases wait for the caller's posts in each state, and how many of them are late; counted to 1,000 a place."""
    found = worklists.lengths(viewer, at=instant_of(request))
    items = [
        {"programme": programme, "state": state, "count": count, "late": late}
        for (programme, state), (count, late) in sorted(found.items())
    ]
    return {"items": items}


class CaseRow(Schema):
    code: str
    programme: str
    state: str
    number: str
    who: str
    institution: str
    opened_at: datetime
    closed_at: datetime | None


class CasesOut(Schema):
    items: list[CaseRow]
    after: str | None


@router.get("/cases", response=CasesOut)
@serves(READ)
def get_cases(
    request: HttpRequest,
    viewer: Viewer,
    programme: Name = "",
    state: Name = "",
    institution: Annotated[Text, Field(max_length=20)] = "",
    resident: Annotated[Text, Field(max_length=20)] = "",
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
    opened: bool = False,
    limit: Limit = 50,
    after: Text = "",
) -> dict[str, Any]:
    """The cases the caller's posts reach, opened in [from, to] (days of the city), latest first.

    ``opened`` asks by the institution they were opened at instead of the one they are worked on at.
    """
    asked = searching.Search(
        programme=programme,
        state=state,
        place=institution,
        person=resident,
        since=_day(since),
        until=_day(until),
        opened_here=opened,
    )
    page = searching.search(viewer, asked, at=instant_of(request), after=mark_of(after), limit=limit)
    return {"items": [_row(row) for row in page.rows], "after": after_word(*page.after) if page.after else None}


def _day(day: date | None) -> date | None:
    return min(max(day, date(1900, 1, 1)), date(2200, 1, 1)) if day is not None else None


def _row(row: searching.Row) -> dict[str, Any]:
    return {
        "code": row.code,
        "programme": row.programme_code,
        "state": row.state_code,
        "number": row.number,
        "who": row.who,
        "institution": row.place,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
    }


class OpenIn(Schema):
    """A case opened by hand. ``values`` are the answers to the programme's opening form."""

    programme: Name
    resident: PublicCode | None = None
    institution: PublicCode | None = None
    number: Annotated[Text, Field(max_length=40)] = ""
    values: dict[Annotated[str, Field(max_length=60)], Any] = {}


@router.post("/cases", response={201: CaseOut, 200: CaseOut}, openapi_extra=KEYED)
@serves(OPEN)
@keyed
def post_case(request: HttpRequest, viewer: Viewer, body: OpenIn) -> Status[dict[str, Any]]:
    """Open a case by hand, once for an ``Idempotency-Key``."""
    at = instant_of(request)
    of = by_hand.programme_by_hand(viewer, body.programme)
    posts = [held for held, _name in by_hand.posts_for(viewer, of)]
    if body.institution is not None:
        place = place_coded(viewer, body.institution)
        posts = [held for held in posts if place is not None and held.institution_id == place.pk]
    if not posts:
        raise Refused(NO_SUCH_PLACE, field="institution")
    case, fresh = by_hand.open_by_hand(
        viewer,
        of,
        body.values,
        key=f"api:{request.headers.get('Idempotency-Key', '').strip()}",
        at=at,
        held=posts[0],
        person=body.resident or "",
        number=body.number,
    )
    return Status(201 if fresh else 200, told(viewer, access_case(viewer, case.code, at=at), at))


class StepItem(Item):
    """One step of a batch."""

    case: Annotated[str, Field(min_length=1, max_length=20)]
    step: Annotated[str, Field(min_length=1, max_length=30)]
    values: dict[Annotated[str, Field(max_length=60)], Any] = {}
    seq: Seq | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class StepsIn(Schema):
    steps: Annotated[list[StepItem], Field(min_length=1, max_length=MOST)]


class Answered(BaseModel):
    """What came of one step of a batch: ``status`` is ``taken`` or ``refused`` (with its stable ``code`` and sentence)."""

    model_config = ConfigDict(extra="forbid")
    case: str
    status: Literal["taken", "refused"]
    state: str | None = None
    seq: int | None = None
    warnings: list[str] = []
    code: str | None = None
    detail: str | None = None
    errors: list[dict[str, str]] | None = None


class StepsOut(Schema):
    items: list[Answered]


@router.post("/cases/steps", response=StepsOut, openapi_extra=KEYED)
@serves(WRITE)
@keyed
def post_steps(request: HttpRequest, viewer: Viewer, body: StepsIn) -> dict[str, Any]:
    """Take up to 1,000 steps, each for itself: the answers stand in the order of the steps."""
    wanted = [
        acting.Wanted(code=each.case, step=each.step, values=each.values, seq=each.seq, reason=each.reason)
        for each in body.steps
    ]
    outcomes = acting.take_all(viewer, wanted, at=instant_of(request))
    language = language_of(request)
    return {"items": [_answered(each.case, told, language) for each, told in zip(body.steps, outcomes, strict=True)]}


def _answered(code: str, outcome: Outcome, language: str) -> dict[str, Any]:
    if outcome.refused is None:
        told = stepped(code, outcome)
        return {"case": code, "status": "taken", **{name: told[name] for name in ("state", "seq", "warnings")}}
    why = outcome.refused
    wrongs = [
        {"field": each.field, "code": each.refused.why.code, "message": each.refused.sentence(language)}
        for each in getattr(why, "wrongs", ())
    ]
    said = {"code": why.why.code, "detail": why.sentence(language), "errors": wrongs or None}
    return {"case": code, "status": "refused", **said}
