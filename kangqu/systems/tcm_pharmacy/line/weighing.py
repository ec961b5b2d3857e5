"""Weighing: each herb for all doses at once, from a lot that may be dispensed, within the tolerance of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy import refusals as no
from kangqu.systems.tcm_pharmacy.models import HerbLot, Prescription, Weighing
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
    weighed: Weighing | None = None


def sheet(kept: Prescription, at: datetime) -> tuple[int, list[ToWeigh]]:
    """The round that is being weighed, and its herbs in the prescription's order."""
    rounds = Weighing.objects.filter(case_id=kept.case_id)
    last = rounds.aggregate(last=Max("round"))["last"] or 1
    done = {row.place: row for row in rounds.filter(round=last)}
    anew = len(done) == len(kept.herbs) and Case.objects.filter(pk=kept.case_id, state="released").exists()
    if anew:
        last, done = last + 1, {}
    tolerance = Decimal(str(number("tcm.line.tolerance", at))) / 100
    herbs = []
    for place, each in enumerate(kept.herbs):
        grams = _cents(Decimal(str(each["grams"])) * kept.doses)
        least, most = _cents(grams * (1 - tolerance)), _cents(grams * (1 + tolerance))
        name = each["name"] or each["written"]
        herbs.append(ToWeigh(place, name, tuple(each["handling"]), each["note"], grams, least, most, done.get(place)))
    return last, herbs


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


def weigh(kept: Prescription, lot: HerbLot, grams: Decimal, *, by: Actor, at: datetime) -> list[ToWeigh]:
    """Write down that ``grams`` of ``lot`` were weighed for the prescription; the sheet as it is then.

    The lot is taken from by one conditional UPDATE: of two who take the last of it one is refused.
    """
    turn, herbs = sheet(kept, at)
    each = wanted(herbs, lot.herb)
    grams = _cents(grams)
    if not each.least <= grams <= each.most:
        raise Refused(no.WEIGHT_OFF, herb=each.herb, least=plain(each.least), most=plain(each.most), grams=plain(grams))
    try:
        with transaction.atomic():
            left = HerbLot.objects.filter(
                pk=lot.pk, blocked_at=None, expires_on__gte=city_day(at), grams_left__gte=grams
            ).update(grams_left=F("grams_left") - grams)
            if not left:
                lot.refresh_from_db()
                may_dispense(lot, each, at)
                raise Refused(no.LOT_SHORT, herb=lot.herb, left=plain(lot.grams_left), grams=plain(grams))
            row = Weighing.objects.create(
                case_id=kept.case_id,
                round=turn,
                place=each.place,
                herb=each.herb,
                lot=lot,
                grams_asked=each.grams,
                grams=grams,
                by_id=by.account_id,
                at=at,
            )
            facts = {"herb": each.herb, "lot": lot.number, "asked": str(each.grams), "grams": str(grams)}
            record(
                by.did(
                    "tcm.weigh",
                    at=at,
                    person_id=kept.person_id,
                    object_type="case",
                    object_id=kept.case_id,
                    facts=facts,
                )
            )
    except IntegrityError:
        raise Refused(no.WEIGHED_ALREADY, herb=each.herb) from None
    return [_with(one, row) if one.place == each.place else one for one in herbs]


def recalled(herbs: Sequence[ToWeigh]) -> bool:
    """Whether a lot that was weighed has been blocked since."""
    lots = [each.weighed.lot_id for each in herbs if each.weighed is not None]
    return HerbLot.objects.filter(pk__in=lots).exclude(blocked_at=None).exists()


def _with(each: ToWeigh, row: Weighing) -> ToWeigh:
    return ToWeigh(each.place, each.herb, each.handling, each.note, each.grams, each.least, each.most, row)


def _cents(grams: Decimal) -> Decimal:
    return grams.quantize(_CENT, ROUND_HALF_UP)


def plain(grams: Decimal) -> str:
    """Grams without needless zeros."""
    return f"{grams.normalize():f}"
