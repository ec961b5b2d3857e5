"""Machines report over the API: temperatures as they boil, and that they are out of order or mended."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.definition import MACHINES
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Pot, Reading
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


class ReadingsIn(Schema):
    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=MOST)]


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
def post_readings(request: HttpRequest, viewer: Viewer, asked: ReadingsIn) -> dict[str, int]:
    """Keep readings of the caller's own pharmacy's pots: all of them, each instant once, or none."""
    held, at = viewer.holding(MACHINES.roles)[0], instant_of(request)
    return keep(asked.readings, held.institution_id, at)


def keep(readings: list[ReadingIn], institution_id: int, at: datetime) -> dict[str, int]:
    """Write readings of an institution's pots down with what was in them; ``Refused`` for a strange pot or an instant to
    come."""
    if any(each.at > at + _AHEAD for each in readings):
        raise Refused(READING_FUTURE, field="at")
    codes = {each.pot: read_code(each.pot, "P") or "" for each in readings}
    mine = Pot.objects.filter(code__in=codes.values(), institution_id=institution_id).select_related("case")
    pots = {pot.code: pot for pot in mine}
    if any(code not in pots for code in codes.values()):
        raise Refused(NOT_FOUND, field="pot")
    rows = [
        Reading(
            pot=pots[codes[each.pot]],
            case_id=_in_it(pots[codes[each.pot]], each.at),
            at=each.at,
            celsius=Decimal(str(round(each.celsius, 1))),
            received_at=at,
        )
        for each in readings
    ]
    before = Reading.objects.filter(pot__in=pots.values(), at__in=[row.at for row in rows]).count()
    Reading.objects.bulk_create(rows, ignore_conflicts=True)
    after = Reading.objects.filter(pot__in=pots.values(), at__in=[row.at for row in rows]).count()
    return {"kept": after - before, "repeated": len(rows) - (after - before)}


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
