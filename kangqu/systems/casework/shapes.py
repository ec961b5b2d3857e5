"""What a case looks like to a program, and how it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from ninja import Router
from pydantic import Field

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases.doors import CaseAccess, facts_shown, steps_open_to
from kangqu.kernel.cases.reads import Happened, timeline
from kangqu.kernel.cases.steps import Outcome
from kangqu.systems.casework import people, reads, worklists
from kangqu.web.api import Schema, Text

router = Router(tags=["cases"])
Name = Annotated[Text, Field(max_length=30)]
KEYED: Final = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 80},
        }
    ]
}
"""What the description of a write says of its key."""
Seq = Annotated[int, Field(ge=1, le=2**31 - 1)]


class LineOut(Schema):
    """A line of the timeline. ``facts`` is what the step gathered."""

    at: datetime
    action: str
    step: str | None
    state_from: str | None
    state_to: str | None
    actor: str
    role: str
    institution: str
    reason: str
    facts: dict[str, Any]


class DocumentOut(Schema):
    id: int
    title: str
    picture: bool
    size: int
    added_at: datetime


class CaseOut(Schema):
    """One case. ``seq`` counts its changes: name it with a step, and the step is refused if somebody moved it meanwhile."""

    code: str
    programme: str
    version: int
    state: str
    seq: int
    number: str
    resident: str | None
    who: str
    institution: str
    holder: str
    facts: dict[str, Any]
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    suspended_at: datetime | None
    closed_at: datetime | None
    steps: list[str]
    timeline: list[LineOut]
    documents: list[DocumentOut]


def told(viewer: Viewer, access: CaseAccess, at: datetime) -> dict[str, Any]:
    case, of = access.case, access.programme
    who = people.header(viewer, case.person_id, to=of.purpose, at=at) if case.person_id is not None else None
    return {
        "code": case.code,
        "programme": case.programme,
        "version": case.version,
        "state": case.state,
        "seq": case.seq,
        "number": case.number,
        "resident": who.code or None if who is not None else None,
        "who": who.name if who is not None else "",
        "institution": reads.place_name(case.institution_id),
        "holder": worklists.holder_names([case.holder_id]).get(case.holder_id or 0, ""),
        "facts": facts_shown(case),
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "due_at": case.due_at,
        "suspended_at": case.suspended_at,
        "closed_at": case.closed_at,
        "steps": [step.code for step in steps_open_to(access, viewer)],
        "timeline": [_line(each) for each in timeline(case)],
        "documents": [
            {"id": kept.id, "title": kept.title, "picture": kept.picture, "size": kept.size, "added_at": kept.added_at}
            for kept in reads.documents(case.id)
        ],
    }


def _line(each: Happened) -> dict[str, Any]:
    gathered = each.facts.get("facts") or {}
    return {
        "at": each.at,
        "action": each.action,
        "step": each.facts.get("step"),
        "state_from": each.facts.get("from"),
        "state_to": each.facts.get("to") if each.action != "case.hand_over" else None,
        "actor": each.actor,
        "role": each.role,
        "institution": each.institution,
        "reason": each.reason,
        "facts": {name: value for name, value in gathered.items() if name[:1] != "_"},
    }


def stepped(code: str, outcome: Outcome) -> dict[str, Any]:
    warnings = [str(getattr(each, "field", each)) for each in outcome.warnings]
    return {"code": code, "state": outcome.state, "seq": outcome.seq, "warnings": warnings}
