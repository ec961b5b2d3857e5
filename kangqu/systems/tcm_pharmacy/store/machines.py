"""Machines report over the API: temperatures and times as they boil, and that they are out of order or mended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from django.db import transaction
from django.http import HttpRequest
from ninja import Router
from pydantic import Field, model_validator

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.definition import MACHINES
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.line.boiling import boils
from kangqu.systems.tcm_pharmacy.models import MachineTime, Pot, Reading
from kangqu.systems.tcm_pharmacy.refusals import READING_FUTURE
from kangqu.web.api import Instant, PublicCode, Schema, Text
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["tcm"])
MOST: Final = 1_000
_AHEAD: Final = timedelta(minutes=2)


class ReadingIn(Schema):
    """What a pot's machine measured at an instant; degrees Celsius."""

    pot: PublicCode
    at: Instant
    celsius: Annotated[float, Field(ge=-20, le=200, allow_inf_nan=False)]


class TimeIn(Schema):
    """What began at a pot, and when: heating, boiling, the heat switched off, the liquor drained."""

    pot: PublicCode
    at: Instant
    what: Literal["heating", "boiling", "stopped", "drained"]


class ReportIn(Schema):
    """Temperatures, times, or both."""

    readings: Annotated[list[ReadingIn], Field(max_length=MOST)] = []
    times: Annotated[list[TimeIn], Field(max_length=MOST)] = []

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.readings and not self.times:
            raise ValueError("neither readings nor times")
        return self


class KeptOut(Schema):
    """How many were new; the others had been reported before."""

    kept: int
    repeated: int


class PotIn(Schema):
    state: Literal["failed", "working"]
    reason: Text = ""


class PotOut(Schema):
    code: str
    name: str
    state: str
    case: str | None


@router.post("/tcm/readings", response=KeptOut)
@serves(MACHINES)
def post_readings(request: HttpRequest, viewer: Viewer, asked: ReportIn) -> dict[str, int]:
    """Keep readings and times of the caller's own pharmacy's pots: all of them, each instant once, or none."""
    held, at = viewer.holding(MACHINES.roles)[0], instant_of(request)
    return keep(asked, held.institution_id, at)


@transaction.atomic
def keep(report: ReportIn, institution_id: int, at: datetime) -> dict[str, int]:
    """Write what machines of an institution's pots report down, with what was in the pots. ``Refused`` for a strange pot or an
    instant to come."""
    said: list[ReadingIn | TimeIn] = [*report.readings, *report.times]
    if any(each.at > at + _AHEAD for each in said):
        raise Refused(READING_FUTURE, field="at")
    codes = {each.pot: read_code(each.pot, "P") or "" for each in said}
    mine = Pot.objects.filter(code__in=codes.values(), institution_id=institution_id).select_related("case")
    pots = {pot.code: pot for pot in mine}
    if any(code not in pots for code in codes.values()):
        raise Refused(NOT_FOUND, field="pot")
    of = {written: pots[code] for written, code in codes.items()}
    kept = _keep_readings(report.readings, of, at) + _keep_times(report.times, of, at)
    return {"kept": kept, "repeated": len(said) - kept}


def _keep_readings(readings: list[ReadingIn], of: Mapping[str, Pot], at: datetime) -> int:
    """How many were new."""
    if not readings:
        return 0
    rows = [
        Reading(
            pot=of[each.pot],
            case_id=_in_it(of[each.pot], each.at),
            at=each.at,
            celsius=Decimal(str(round(each.celsius, 1))),
            received_at=at,
        )
        for each in readings
    ]
    told = Reading.objects.filter(pot__in=of.values(), at__in=[row.at for row in rows])
    before = told.count()
    Reading.objects.bulk_create(rows, ignore_conflicts=True)
    return told.count() - before


def _keep_times(times: list[TimeIn], of: Mapping[str, Pot], at: datetime) -> int:
    """How many were new. What boils counts its minutes from then on."""
    if not times:
        return 0
    rows = [
        MachineTime(pot=of[each.pot], case_id=_in_it(of[each.pot], each.at), at=each.at, what=each.what, received_at=at)
        for each in sorted(times, key=lambda each: each.at)
    ]
    told = MachineTime.objects.filter(pot__in=of.values(), at__in=[row.at for row in rows])
    before = told.count()
    MachineTime.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        if row.what == MachineTime.What.BOILING and row.case_id is not None:
            boils(row.case_id, row.at, at)
    return told.count() - before


def _in_it(pot: Pot, at: datetime) -> int | None:
    """The prescription that boiled in the pot at ``at``. What comes in late, from before it was charged, is not of it."""
    since = pot.case.facts.get("boil_from") if pot.case is not None else None
    if isinstance(since, str) and at < datetime.fromisoformat(since):
        return None
    return pot.case_id


@router.post("/tcm/pots/{code}/state", response=PotOut)
@serves(MACHINES)
def post_state(request: HttpRequest, viewer: Viewer, code: PublicCode, asked: PotIn) -> dict[str, Any]:
    """A machine says that it is out of order, or works again. Said twice, it is done once."""
    held, at = viewer.holding(MACHINES.roles)[0], instant_of(request)
    pot = Pot.objects.filter(code=read_code(code, "P") or "", institution_id=held.institution_id).first()
    if pot is None:
        raise Refused(NOT_FOUND)
    _tell(pot, asked, viewer.actor(held=held), held, at)
    pot.refresh_from_db()
    case = pot.case.code if pot.case is not None else None
    return {"code": pot.code, "name": pot.name, "state": "failed" if pot.failed_at else "working", "case": case}


def _tell(pot: Pot, asked: PotIn, by: Actor, held: Held, at: datetime) -> None:
    if asked.state == "failed":
        stock.pot_fails(pot.pk, institution_id=held.institution_id, by=by, at=at, reason=asked.reason)
    else:
        stock.pot_mended(pot.pk, institution_id=held.institution_id, by=by, at=at)
