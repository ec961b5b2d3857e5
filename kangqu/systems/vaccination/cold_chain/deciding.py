"""What a decision does: vials freed, or written off. Heard from the case, done once."""

from __future__ import annotations

from typing import Any

from kangqu.kernel.cases.listening import Heard, listen
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.vaccination.cold_chain.holding import free, held_stock, held_vials
from kangqu.systems.vaccination.cold_chain.models import Excursion
from kangqu.systems.vaccination.cold_chain.programme import DESTROYED, FREED
from kangqu.systems.vaccination.stock.actions import waste, waste_open

WHY = "冷链异常销毁"


def listen_for_decisions() -> None:
    """Hear of decisions, once at start."""
    listen(FREED, "vaccination.free_vials", decide)
    listen(DESTROYED, "vaccination.destroy_vials", decide)


def decide(heard: Heard) -> None:
    """Free what an excursion holds; destroyed, it is written off first."""
    excursion = Excursion.objects.select_for_update().filter(case_id=heard.case_id, decided_at=None).first()
    if excursion is None:
        return
    by = the_house("vaccination")
    how = "freed" if heard.name == FREED else "destroyed"
    if how == "destroyed":
        _write_off(excursion, by, heard)
    free(excursion)
    Excursion.objects.filter(pk=excursion.pk).update(decided_at=heard.told_at, decided_how=how)
    record(
        by.did("fridge.decide", at=heard.told_at, object_type="excursion", object_id=excursion.pk, facts={"how": how})
    )


def _write_off(excursion: Excursion, by: Actor, heard: Heard) -> None:
    doing: dict[str, Any] = {"institution_id": heard.institution_id, "by": by, "at": heard.told_at}
    for stock in held_stock(excursion):
        if stock.vials:
            waste(stock.pk, stock.vials, why=WHY, key=f"excursion-{excursion.pk}-{stock.pk}", **doing)
    for vial in held_vials(excursion):
        if vial.doses_left:
            waste_open(vial.pk, why=WHY, **doing)
