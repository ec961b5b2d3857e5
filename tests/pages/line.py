"""Prescriptions of the small city that stand before each station of the line, and who works at all of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Case
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Prescription, Weighing
from tests.access import cast
from tests.people.conftest import resident_id

HERBS = [
    ("黄芪", 15, []), ("当归", 10, []), ("附子", 9, ["FIRST_LONG"]), ("龙骨", 30, ["FIRST"]), ("车前子", 12, ["WRAP"]),
    ("薄荷", 6, ["LATE"]),
]  # fmt: skip
STATES = {
    "line_weigh": "released", "line_check": "dispensed", "line_boil": "soaking", "line_pack": "drawn_off",
    "line_pass": "packed", "line_fetch": "ready", "line_road": "on_the_way",
}  # fmt: skip
ROLES = (Role.DISPENSER, Role.PHARMACIST, Role.DECOCTION_WORKER, Role.COURIER)


def line_of(world: Any) -> dict[str, str]:
    """A prescription in each state a station takes it in; its code by name, a drawer's, and the patient's identity card."""
    names = {name: world.prescribe(name, HERBS) for name in STATES}
    for name, state in STATES.items():
        Case.objects.filter(code=names[name]).update(state=state, institution=world.decoction)
    lots = {
        herb: stock.receive_lot(
            world.decoction.pk, herb=herb, number=f"2026090{place}", grams=Decimal(9000), expires_on=date(2099, 1, 1),
            by=the_house(), at=world.now,
        )
        for place, (herb, _grams, _handling) in enumerate(HERBS)
    }  # fmt: skip
    kept = Prescription.objects.get(case__code=names["line_check"])
    Weighing.objects.bulk_create(
        Weighing(
            case_id=kept.case_id, place=place, herb=herb, lot_id=lots[herb].pk, grams_asked=grams * 7, grams=grams * 7,
            at=world.now,
        )
        for place, (herb, grams, _handling) in enumerate(HERBS)
    )  # fmt: skip
    return names | {"drawer": lots["当归"].code, "identity_card": resident_id(date(1990, 5, 2), 122)}


def line_worker(world: Any) -> Account:
    """Somebody who works at every station of the decoction centre."""
    account = cast.staff("zhang.gongwei", ROLES[0], world.decoction, at=world.now)
    for role in ROLES[1:]:
        Grant.objects.create(account=account, role=role, institution=world.decoction, starts_at=world.now)
    return account
