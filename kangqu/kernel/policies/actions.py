"""Proposing a version of a policy, deciding on it, withdrawing it (docs/algorithms/policies.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.policies import refusals as no
from kangqu.kernel.policies.catalogue import definition_of
from kangqu.kernel.policies.known import know
from kangqu.kernel.policies.models import PolicyVersion, VersionState
from kangqu.kernel.rules.source import Mark
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

MARGIN: Final = timedelta(minutes=1)
"""Between an approval (or a withdrawal) and the day it concerns: longer than a process takes to hear of it."""
FARTHEST: Final = timedelta(days=1096)
_NEXT: Final = """
INSERT INTO policies_edition AS e (single, number) VALUES (true, 1) ON CONFLICT (single) DO UPDATE SET number = e.number + 1
"""
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Paper:
    """What a version rests on: the document's title and number, its clause, how sure we are of it, a note."""

    document: str
    number: str = ""
    clause: str = ""
    mark: str = "D"
    note: str = ""


def propose(policy: str, value: Any, starts: date, paper: Paper, *, by: Actor, at: datetime) -> PolicyVersion:
    """Propose ``value`` for ``policy`` from the day ``starts`` on; somebody else decides."""
    value = definition_of(policy).accepted(value)
    _in_time(starts, at)
    version = PolicyVersion(
        policy=policy, value=value, starts=starts, proposed_by=_account(by), proposed_at=at, **_written(paper)
    )
    try:
        with transaction.atomic():
            version.save(force_insert=True)
            _tell("policies.propose", version, by, at)
    except IntegrityError:
        raise Refused(no.DAY_TAKEN, field="starts", day=starts.isoformat()) from None
    return version


def approve(version_id: int, *, by: Actor, at: datetime) -> PolicyVersion:
    """Adopt a proposed version. Of two who decide at once one does; who proposed it does not."""
    with transaction.atomic():
        version = _of_another(version_id, by)
        _in_time(version.starts, at)
        definition_of(version.policy).accepted(version.value)
        _decide(version, VersionState.ADOPTED, by, at)
        _new_edition()
        _tell("policies.approve", version, by, at)
    return version


def refuse(version_id: int, reason: str, *, by: Actor, at: datetime) -> PolicyVersion:
    """Turn a proposed version down."""
    reason = _line(reason, 200, "reason", needed=True)
    with transaction.atomic():
        version = _of_another(version_id, by)
        _decide(version, VersionState.REFUSED, by, at, reason)
        _tell("policies.refuse", version, by, at, reason)
    return version


def withdraw(version_id: int, reason: str, *, by: Actor, at: datetime) -> PolicyVersion:
    """Take back a version that is proposed, or adopted and has not started."""
    reason = _line(reason, 200, "reason", needed=True)
    with transaction.atomic():
        version = version_of(version_id)
        before = version.state
        if before == VersionState.ADOPTED and day_starts(version.starts) - MARGIN <= at:
            raise Refused(no.IN_FORCE)
        if before not in (VersionState.PROPOSED, VersionState.ADOPTED):
            raise Refused(no.DECIDED)
        changed = {"state": VersionState.WITHDRAWN, "withdrawn_by": _account(by), "withdrawn_at": at, "reason": reason}
        _change(version, before, changed)
        if before == VersionState.ADOPTED:
            _new_edition()
        _tell("policies.withdraw", version, by, at, reason)
    return version


def earliest_start(at: datetime) -> date:
    """The first day a version approved at ``at`` may start on."""
    return city_day(at + MARGIN) + timedelta(days=1)


def version_of(version_id: int) -> PolicyVersion:
    found = PolicyVersion.objects.filter(pk=version_id).first() if 0 < version_id <= _LARGEST else None
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def _of_another(version_id: int, by: Actor) -> PolicyVersion:
    version = version_of(version_id)
    if version.state != VersionState.PROPOSED:
        raise Refused(no.DECIDED)
    if version.proposed_by == _account(by):
        raise Refused(no.OWN_PROPOSAL)
    return version


def _decide(version: PolicyVersion, state: VersionState, by: Actor, at: datetime, reason: str = "") -> None:
    _change(
        version,
        VersionState.PROPOSED,
        {"state": state, "decided_by": _account(by), "decided_at": at, "reason": reason},
    )


def _change(version: PolicyVersion, before: str, changed: dict[str, Any]) -> None:
    """One UPDATE that names the state it expects to leave."""
    if PolicyVersion.objects.filter(pk=version.pk, state=before).update(**changed) == 0:
        raise Refused(no.DECIDED)
    for name, value in changed.items():
        setattr(version, name, value)


def _new_edition() -> None:
    """Say that what is in force has changed: every process reads it anew, this one once it is committed."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
    transaction.on_commit(know)


def _in_time(starts: date, at: datetime) -> None:
    earliest, latest = earliest_start(at), city_day(at) + FARTHEST
    if starts < earliest:
        raise Refused(no.TOO_SOON, field="starts", day=earliest.isoformat())
    if starts > latest:
        raise Refused(no.TOO_FAR, field="starts", day=latest.isoformat())


def _written(paper: Paper) -> dict[str, str]:
    if paper.mark not in Mark._value2member_map_:
        raise Refused(no.MARK_UNKNOWN, field="mark")
    document = _line(paper.document, 200, "document")
    if not document:
        raise Refused(no.DOCUMENT_NEEDED, field="document")
    return {
        "document": document,
        "number": _line(paper.number, 60, "number"),
        "clause": _line(paper.clause, 60, "clause"),
        "note": _line(paper.note, 500, "note"),
        "mark": paper.mark,
    }


def _line(text: str, limit: int, field: str, *, needed: bool = False) -> str:
    """Text with its blanks made single; ``Refused`` when it is too long, holds control characters, or lacks."""
    short = len(text) <= 2 * limit + 100
    text = " ".join(text.split()) if short else text
    if len(text) > limit or _CONTROL.search(text) or (needed and not text):
        raise Refused(BAD_INPUT, field=field, detail=field)
    return text


def _account(by: Actor) -> int:
    if by.account_id is None:
        raise Refused(no.OWN_PROPOSAL)
    return by.account_id


def _tell(action: str, version: PolicyVersion, by: Actor, at: datetime, reason: str = "") -> None:
    facts = {
        "policy": version.policy,
        "value": str(version.value),
        "starts": version.starts.isoformat(),
        "document": version.document,
        "number": version.number,
    }
    record(by.did(action, at=at, object_type="policy_version", object_id=version.pk, facts=facts, reason=reason))
