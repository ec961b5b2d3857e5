"""From what an auditor types to a question of the trace, and from rows to lines a person reads.

Asking is an act of its own and leaves a row: who audits the auditors must see what they looked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kangqu.kernel.access.looks import purpose_word
from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.kernel.trace.reads import TraceLine, TraceQuestion
from kangqu.kernel.trace.words import action_of, action_word


def question_of(
    viewer: Viewer, asked: Mapping[str, Any], *, since: datetime, until: datetime, at: datetime
) -> TraceQuestion:
    """The question behind the form. An unknown person or account is refused beside its field."""
    person_ids = _records_of(asked["person"]) if asked.get("person") else ()
    actor_id = _account(asked["actor"]) if asked.get("actor") else None
    action = action_of(asked.get("action", ""))
    held = viewer.holding({Role.AUDIT_ADMIN})[0]
    record(
        viewer.actor(held=held).did(
            "trace.search",
            at=at,
            person_id=person_ids[0] if person_ids else None,
            stream=Stream.LOOK,
            result=Result.SEEN,
            facts={
                "actor": actor_id,
                "action": action,
                "since": since.isoformat(),
                "until": until.isoformat(),
            },
        )
    )
    return TraceQuestion(
        since=since,
        until=until,
        person_ids=person_ids,
        actor_id=actor_id,
        institution_ids=_reach(held.path),
        action=action,
        stream=asked.get("stream", ""),
    )


def _reach(path: str) -> tuple[int, ...]:
    """The institutions whose trace an auditor may read: her subtree.

    At the root of a city that has this house to itself it is everything, with what residents and the house itself did.
    """
    roots = list(Institution.objects.filter(parent=None).values_list("path", flat=True)[:2])
    if roots == [path]:
        return ()
    return tuple(Institution.objects.filter(path__startswith=path).values_list("pk", flat=True))


def _records_of(text: str) -> tuple[int, ...]:
    """Every record of the person with this public code: a look at an absorbed record is a look at her."""
    code = read_code(text, "R")
    person = Person.objects.filter(public_code=code).first() if code else None
    if person is None:
        raise Refused(NOT_FOUND, field="person")
    survivor = person.merged_into_id or person.pk
    return (survivor, *Person.objects.filter(merged_into_id=survivor).values_list("pk", flat=True))


def _account(username: str) -> int:
    found = Account.objects.filter(username=username.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise Refused(NOT_FOUND, field="actor")
    return found


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A row of the trace with the names behind its numbers."""

    line: TraceLine
    actor: str
    role: str
    institution: str
    person: str
    action: str
    purpose: str


def told_lines(lines: Sequence[TraceLine], language: str) -> list[ToldLine]:
    """The rows with who, where and whom by name (accounts), by name (institutions) and by public code (residents)."""
    actors = dict(Account.objects.filter(pk__in={line.actor_id for line in lines}).values_list("pk", "display_name"))
    places = dict(Institution.objects.filter(pk__in={line.institution_id for line in lines}).values_list("pk", "name"))
    people = dict(Person.objects.filter(pk__in={line.person_id for line in lines}).values_list("pk", "public_code"))
    english = language == "en"
    return [
        ToldLine(
            line=line,
            actor=actors.get(line.actor_id or 0, ""),
            role=Role(line.actor_role).titled(language) if line.actor_role in set(Role) else line.actor_role,
            institution=places.get(line.institution_id or 0, ""),
            person=people.get(line.person_id or 0, ""),
            action=action_word(line.action, english=english),
            purpose=purpose_word(line.purpose, english=english),
        )
        for line in lines
    ]
