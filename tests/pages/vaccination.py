"""A vaccination clinic for the pages: vaccine in the fridge, an opened vial, somebody vaccinated and still observed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.certificates.certifying import certify
from kangqu.systems.vaccination.clinic.actions import ask_before
from kangqu.systems.vaccination.cold_chain.keeping import register_fridge
from kangqu.systems.vaccination.cold_chain.watching import Note, note
from kangqu.systems.vaccination.models import Dose, Excursion, Observation, VaccineLot, VialStock
from kangqu.systems.vaccination.records.asked import Injection
from kangqu.systems.vaccination.records.giving import give
from kangqu.systems.vaccination.records.questions import QUESTIONS
from kangqu.systems.vaccination.stock.actions import receive, register_lot

NO = dict.fromkeys(QUESTIONS, False)


def vaccinated_of(world: Any) -> dict[str, str]:
    """Make them; the codes by name."""
    by = Actor(999, "nurse", world.clinic.pk, purpose="care")
    doing: dict[str, Any] = {"institution_id": world.clinic.pk, "by": by, "at": world.now - timedelta(minutes=10)}
    for vaccine, number, doses in (("RABIES", "20261103", 1), ("DTAP", "20260901", 1), ("MPSVAC", "A2026-𠮷-0007", 5)):
        lot = register_lot(
            vaccine=vaccine,
            maker="康衢生物制品（淄博）有限责任公司",
            number=number,
            expires_on=date(2099, 1, 1),
            doses_per_vial=doses,
        )
        receive(lot, fridge="冰箱 1", vials=3, key=f"r{number}", **doing)
    told = {}
    for name, who, vaccine, number in (
        ("mother", world.mother, "RABIES", "20261103"),
        ("son", world.son, "MPSVAC", "A2026-𠮷-0007"),
    ):
        ask_before(who.pk, NO, **doing)
        shot = Injection(person_id=who.pk, key=name, vaccine=vaccine, lot=number, given_at=doing["at"])
        told[name] = give(shot, **doing)
    dose = Dose.objects.get(id=told["son"].id)
    certify(dose, by=by, at=doing["at"])
    return _fridge_of(world, by) | {
        "vaccinated": dose.code,
        "observation": str(Observation.objects.get(person=world.son).id),
        "vials": str(VialStock.objects.get(lot__vaccine="MPSVAC").pk),
    }


def _fridge_of(world: Any, by: Actor) -> dict[str, str]:
    """The fridge all of it lies in, measured for a day, too warm for the last hour; a cold box read by hand."""
    then, minute = world.now - timedelta(days=1), timedelta(minutes=1)
    doing: dict[str, Any] = {"institution_id": world.clinic.pk, "by": by, "at": then}
    made = register_fridge(name="冰箱 1", kind="refrigerator", device="SN-2026-000𠮷", **doing)
    register_fridge(name="冷藏箱", kind="box", **doing)
    at = world.now.replace(second=0, microsecond=0)
    rows = [Note(made.pk, at - 10 * place * minute, 95 if place < 6 else 35 + place % 20) for place in range(140)]
    note(rows, by=by, at=world.now)
    found = Excursion.objects.get(fridge=made)
    return {"fridge": str(made.pk), "excursion": found.case_code, "lot": str(VaccineLot.objects.order_by("pk")[0].pk)}
