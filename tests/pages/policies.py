"""Policies that wait for somebody, and a trial that found something."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.policies import actions, trying
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import HerbLot, Prescription, Weighing
from tests.access import cast

TOLERANCE = "tcm.line.tolerance"
PAPER = actions.Paper(
    "关于收紧中药饮片称量误差的通知", "淄卫中医〔2026〕8 号", "第三条", "V", "先在市级中药房执行，三个月后全市推开"
)


def policies_of(world: Any) -> dict[str, str]:
    """A proposed version, one that was turned down, one that was withdrawn."""
    officer = cast.staff("sun.tichu", Role.COMMISSION_OFFICER, world.city, at=world.now)
    other = cast.staff("zhou.fuhe", Role.COMMISSION_OFFICER, world.city, at=world.now)
    by, also, at = Actor(officer.pk), Actor(other.pk), world.now
    day = city_day(at) + timedelta(days=10)
    refused, withdrawn, waiting = (
        actions.propose(TOLERANCE, value, day + timedelta(days=place), PAPER, by=by, at=at)
        for place, value in enumerate((1, 8, 3))
    )
    actions.refuse(refused.pk, "秤的精度达不到", by=also, at=at)
    actions.withdraw(withdrawn.pk, "通知已撤销", by=by, at=at)
    return {"version": str(waiting.pk)}


def tried_by(account_id: int, world: Any) -> dict[str, str]:
    """A trial of the proposed tolerance on weighings of today."""
    case, lot = Prescription.objects.earliest("id").case, HerbLot.objects.earliest("id")
    Weighing.objects.filter(case=case, round=9).delete()
    Weighing.objects.bulk_create(
        Weighing(
            case=case,
            round=9,
            place=place,
            herb=lot.herb,
            lot=lot,
            grams_asked=Decimal(100),
            grams=Decimal(grams),
            at=world.now,
        )
        for place, grams in enumerate((100, 101, 98, 104, 105, 95))
    )
    today = city_day(world.now)
    by = Actor(account_id, Role.COMMISSION_OFFICER.value, world.city.pk)
    row = trying.ask(TOLERANCE, 3, today, today, paths=[world.city.path], by=by, at=world.now)
    trying.run(row.pk, lambda: world.now)
    return {"trial": str(row.pk)}
