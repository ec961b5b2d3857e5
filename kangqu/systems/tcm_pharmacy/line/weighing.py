"""Weighing: each herb for all doses at once, from a lot that may be dispensed, within the tolerance of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.trace.actions import ROW_COLUMNS, ROW_SELECT, ROW_TYPE, as_row
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy import refusals as no
from kangqu.systems.tcm_pharmacy.line.at_hand import Weighed, last_weighed
from kangqu.systems.tcm_pharmacy.models import HerbLot, Prescription
from kangqu.systems.tcm_pharmacy.policy import number

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ToWeigh:
    """One herb of a prescription and what was weighed of it: grams for all doses, and between which it must lie."""

    place: int
    herb: str
    handling: tuple[str, ...]
    note: str
    grams: Decimal
    least: Decimal
    most: Decimal
    weighed: Weighed | None = None


def sheet(case: Snapshot, kept: Prescription, at: datetime) -> tuple[int, list[ToWeigh]]:
    """The round that is being weighed, and its herbs in the prescription's order. What was made before and is to be dispensed again
    is weighed anew."""
    last, done = last_weighed(case.id)
    if case.state == "released" and len(done) == len(kept.herbs):
        last, done = last + 1, {}
    tolerance = number("tcm.line.tolerance", at)
    herbs = []
    for place, each in enumerate(kept.herbs):
        grams = _cents(Decimal(str(each["grams"])) * kept.doses)
        least, most = allowed(grams, tolerance)
        name = each["name"] or each["written"]
        herbs.append(ToWeigh(place, name, tuple(each["handling"]), each["note"], grams, least, most, done.get(place)))
    return max(1, last), herbs


def allowed(grams: Decimal, percent: float) -> tuple[Decimal, Decimal]:
    """The least and the most that may be weighed where ``grams`` are asked, to a hundredth of a gram."""
    share = Decimal(str(percent)) / 100
    return _cents(grams * (1 - share)), _cents(grams * (1 + share))


def wanted(herbs: Sequence[ToWeigh], herb: str) -> ToWeigh:
    """The herb of the sheet that a drawer of ``herb`` is for; ``Refused`` when none is, or all of it is weighed."""
    of_it = [each for each in herbs if each.herb == herb]
    if not of_it:
        raise Refused(no.NOT_IN_IT, herb=herb)
    left = [each for each in of_it if each.weighed is None]
    if not left:
        raise Refused(no.WEIGHED_ALREADY, herb=herb)
    return left[0]


def may_dispense(lot: HerbLot, each: ToWeigh, at: datetime) -> None:
    """``Refused`` when the lot is over, blocked, or too small for what is asked."""
    if lot.expires_on < city_day(at):
        raise Refused(no.LOT_OVER, herb=lot.herb, number=lot.number)
    if lot.blocked_at is not None:
        raise Refused(no.LOT_BLOCKED, herb=lot.herb, number=lot.number)
    if lot.grams_left < each.least:
        raise Refused(no.LOT_SHORT, herb=lot.herb, left=plain(lot.grams_left), grams=plain(each.grams))


_WEIGH: Final = f"""
WITH taken AS (
  UPDATE tcm_pharmacy_herblot SET grams_left = grams_left - %(grams)s::numeric
   WHERE id = %(lot)s::bigint AND blocked_at IS NULL AND expires_on >= %(day)s::date AND grams_left >= %(grams)s::numeric
  RETURNING id),
weighed AS (
  INSERT INTO tcm_pharmacy_weighing (case_id, round, place, herb, lot_id, grams_asked, grams, by_id, at)
  SELECT %(case)s::bigint, %(round)s::smallint, %(place)s::smallint, %(herb)s::text, id, %(asked)s::numeric,
         %(grams)s::numeric, %(by)s::bigint, %(at)s::timestamptz FROM taken
  RETURNING id),
traced AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM json_to_record(%(trace)s::json) AS t({ROW_TYPE}) WHERE EXISTS (SELECT FROM weighed))
SELECT id FROM weighed
"""  # noqa: S608


def weigh(
    case: Snapshot, kept: Prescription, lot: HerbLot, grams: Decimal, *, by: Actor, at: datetime
) -> list[ToWeigh]:
    """Write down that ``grams`` of ``lot`` were weighed for the prescription; the sheet as it is then.

    The lot is taken from by one conditional UPDATE, which also writes the weighing and its trace: of two who take the last of it
    one is refused.
    """
    turn, herbs = sheet(case, kept, at)
    each, grams = wanted(herbs, lot.herb), _cents(grams)
    if not each.least <= grams <= each.most:
        raise Refused(no.WEIGHT_OFF, herb=each.herb, least=plain(each.least), most=plain(each.most), grams=plain(grams))
    facts = {"herb": each.herb, "lot": lot.number, "asked": str(each.grams), "grams": str(grams)}
    told = by.did("tcm.weigh", at=at, person_id=kept.person_id, object_type="case", object_id=case.id, facts=facts)
    asked = {
        "lot": lot.pk, "day": city_day(at), "case": case.id, "round": turn, "place": each.place, "herb": each.herb,
        "asked": each.grams, "grams": grams, "by": by.account_id, "at": at, "trace": as_json(as_row(told)),
    }  # fmt: skip
    try:
        with transaction.atomic():
            written = run(_WEIGH, asked)
    except IntegrityError:
        raise Refused(no.WEIGHED_ALREADY, herb=each.herb) from None
    if not written:
        _why_not(lot, each, grams, at)
    done = Weighed(lot.pk, lot.number, grams, False)
    return [replace(one, weighed=done) if one.place == each.place else one for one in herbs]


def _why_not(lot: HerbLot, each: ToWeigh, grams: Decimal, at: datetime) -> None:
    """Refuse what the lot did not give, as it stands now."""
    lot.refresh_from_db()
    may_dispense(lot, each, at)
    raise Refused(no.LOT_SHORT, herb=lot.herb, left=plain(lot.grams_left), grams=plain(grams))


def recalled(herbs: Sequence[ToWeigh]) -> bool:
    """Whether a lot that was weighed has been blocked since."""
    return any(each.weighed is not None and each.weighed.blocked for each in herbs)


def _cents(grams: Decimal) -> Decimal:
    return grams.quantize(_CENT, ROUND_HALF_UP)


def plain(grams: Decimal) -> str:
    """Grams without needless zeros."""
    return f"{grams.normalize():f}"
