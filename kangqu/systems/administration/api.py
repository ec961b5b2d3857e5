"""Policies over the API: what is in force, the city's own versions, trials on past cases. Writes carry a key."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router
from pydantic import Field, StrictFloat, StrictInt

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.policies import actions, trying
from kangqu.kernel.policies.catalogue import Definition, catalogue, definition_of
from kangqu.kernel.policies.counting import counts_of
from kangqu.kernel.policies.tasks import ask_and_run
from kangqu.systems.administration import policies_reads as reads
from kangqu.systems.administration.operations import POLICIES_READ, POLICIES_TRY, POLICIES_WRITE
from kangqu.web.api import Schema, Text
from kangqu.web.keys import keyed
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["policies"])
Name = Annotated[str, Path(max_length=80)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Day = Annotated[date, Field(ge=date(1990, 1, 1), lt=date(2200, 1, 1))]
Value = (
    Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]
    | Annotated[StrictFloat, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
    | Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)]
)


class PolicyOut(Schema):
    """A policy: its value ``today``; ``mark`` V, B, M, C, L or D says how sure its source is."""

    id: str
    title: str
    title_en: str
    value: Any
    starts: date
    at_least: Any
    at_most: Any
    document: str
    clause: str
    mark: str
    can_be_tried: bool


class VersionOut(Schema):
    """A version of the city's own. ``state``: proposed, adopted, refused, withdrawn."""

    number: int
    policy: str
    value: Any
    starts: date
    state: str
    document: str
    document_number: str
    clause: str
    mark: str
    note: str
    reason: str
    proposed_at: datetime
    decided_at: datetime | None


class ProposeIn(Schema):
    value: Value
    starts: Day
    document: Text
    document_number: Text = ""
    clause: Text = ""
    mark: Annotated[str, Field(min_length=1, max_length=1)]
    note: Annotated[str, Field(max_length=500)] = ""


class ReasonIn(Schema):
    reason: Text


class TryIn(Schema):
    """Past cases of the days from ``since`` to ``until``, below the caller's posts or one ``place`` (its code)."""

    value: Value
    since: Day
    until: Day
    place: Annotated[str, Field(max_length=20)] = ""


class TrialOut(Schema):
    """``pairs``: outcome then → outcome with the value tried → how many; ``missing``: why not judged → how many."""

    number: int
    policy: str
    value: Any
    since: date
    until: date
    state: str
    cases: int
    different: int
    pairs: dict[str, dict[str, int]]
    missing: dict[str, int]


@router.get("/policies", response=list[PolicyOut])
@serves(POLICIES_READ)
def list_policies(request: HttpRequest, viewer: Viewer) -> list[dict[str, Any]]:
    """Every policy with its value in force today."""
    day = city_day(instant_of(request))
    return [_policy(each, day) for each in catalogue().values()]


@router.get("/policies/{name}", response=PolicyOut)
@serves(POLICIES_READ)
def one_policy(request: HttpRequest, viewer: Viewer, name: Name, on: Day | None = None) -> dict[str, Any]:
    """A policy with its value in force today, or ``on`` another day."""
    return _policy(definition_of(name), reads.covered(definition_of(name), on or city_day(instant_of(request))))


@router.get("/policies/{name}/versions", response=list[VersionOut])
@serves(POLICIES_READ)
def versions(request: HttpRequest, viewer: Viewer, name: Name) -> list[dict[str, Any]]:
    """The city's own versions, latest start first."""
    return [_version(row) for row in reads.own_versions(definition_of(name).id)]


@router.post("/policies/{name}/versions", response=VersionOut)
@serves(POLICIES_WRITE)
@keyed
def propose(request: HttpRequest, viewer: Viewer, name: Name, asked: ProposeIn) -> dict[str, Any]:
    """Propose a value from a day on; another officer approves it."""
    held = reads.officer_of_the_city(viewer, POLICIES_WRITE)
    by = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose)
    paper = actions.Paper(asked.document, asked.document_number, asked.clause, asked.mark, asked.note)
    return _version(actions.propose(name, asked.value, asked.starts, paper, by=by, at=instant_of(request)))


@router.post("/policies/{name}/versions/{number}/approve", response=VersionOut)
@serves(POLICIES_WRITE)
@keyed
def approve(request: HttpRequest, viewer: Viewer, name: Name, number: Number) -> dict[str, Any]:
    """Adopt a proposed version. Who proposed it cannot."""
    held = reads.officer_of_the_city(viewer, POLICIES_WRITE)
    by = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose)
    return _version(actions.approve(reads.version_under(name, number).pk, by=by, at=instant_of(request)))


@router.post("/policies/{name}/versions/{number}/refuse", response=VersionOut)
@serves(POLICIES_WRITE)
@keyed
def refuse(request: HttpRequest, viewer: Viewer, name: Name, number: Number, asked: ReasonIn) -> dict[str, Any]:
    """Turn a proposed version down. Who proposed it cannot; she withdraws it."""
    held = reads.officer_of_the_city(viewer, POLICIES_WRITE)
    by, row = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose), reads.version_under(name, number)
    return _version(actions.refuse(row.pk, asked.reason, by=by, at=instant_of(request)))


@router.post("/policies/{name}/versions/{number}/withdraw", response=VersionOut)
@serves(POLICIES_WRITE)
@keyed
def withdraw(request: HttpRequest, viewer: Viewer, name: Name, number: Number, asked: ReasonIn) -> dict[str, Any]:
    """Withdraw a version that has not started."""
    held = reads.officer_of_the_city(viewer, POLICIES_WRITE)
    by, row = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose), reads.version_under(name, number)
    return _version(actions.withdraw(row.pk, asked.reason, by=by, at=instant_of(request)))


@router.post("/policies/{name}/trials", response=TrialOut)
@serves(POLICIES_TRY)
@keyed
def ask_trial(request: HttpRequest, viewer: Viewer, name: Name, asked: TryIn) -> dict[str, Any]:
    """Try a value on past cases, in the background. Nothing is changed by it."""
    paths, held = reads.places_to_try(viewer, POLICIES_TRY, asked.place)
    by, at = viewer.actor(held=held, purpose=POLICIES_TRY.purpose), instant_of(request)
    return _trial(ask_and_run(name, asked.value, asked.since, asked.until, paths=paths, by=by, at=at))


@router.get("/policies/{name}/trials/{number}", response=TrialOut)
@serves(POLICIES_TRY)
def see_trial(request: HttpRequest, viewer: Viewer, name: Name, number: Number) -> dict[str, Any]:
    """How far a trial of one's own has come, and what it counted."""
    return _trial(reads.trial_under(name, trying.trial_row(number, viewer.principal_id or 0)))


def _policy(definition: Definition, day: date) -> dict[str, Any]:
    now, (least, most) = definition.in_force(day), definition.bounds
    source = now.source
    return {
        "id": definition.id, "title": definition.title, "title_en": definition.titled("en"), "value": now.value,
        "starts": now.starts, "at_least": least, "at_most": most, "document": source.document, "clause": source.clause,
        "mark": source.mark.value, "can_be_tried": reads.triable(definition.id),
    }  # fmt: skip


def _version(row: Any) -> dict[str, Any]:
    same = (
        "policy", "value", "starts", "state", "document", "clause", "mark", "note", "reason", "proposed_at", "decided_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in same} | {"number": row.pk, "document_number": row.number}


def _trial(row: Any) -> dict[str, Any]:
    counts = counts_of(row.found)
    told = {name: getattr(row, name) for name in ("policy", "value", "since", "until", "state")}
    found = {"cases": counts.cases, "different": counts.different, "pairs": counts.pairs, "missing": counts.missing}
    return told | found | {"number": row.pk}
