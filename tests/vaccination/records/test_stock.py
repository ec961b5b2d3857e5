"""The store: received, opened, wasted, counted, held; every balance the sum of its movements; never below nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from kangqu.systems.vaccination.models import LotState, OpenVial, VaccineLot, VialStock
from kangqu.systems.vaccination.stock import actions
from kangqu.systems.vaccination.stock.checks import check_stock
from tests.cases.test_at_once import all_at_once
from tests.vaccination.records.conftest import NOW, VaccinationClinic, make_clinic, refused


def lot_of(number: str = "Z1", doses: int = 3) -> VaccineLot:
    return actions.register_lot(
        vaccine="HPV2", maker="演示𠮷生物", number=number, expires_on=date(2027, 1, 1), doses_per_vial=doses
    )


def filled(clinic: VaccinationClinic, vials: int = 4, key: str = "r1", doses: int = 3) -> VialStock:
    where: dict[str, Any] = {"institution_id": clinic.place.pk, "by": clinic.nurse, "at": NOW}
    return actions.receive(lot_of(doses=doses), fridge="冰箱1", vials=vials, key=key, **where)


def test_a_day_in_the_store(clinic: VaccinationClinic) -> None:
    VialStock.objects.all().delete()
    where: dict[str, Any] = {"institution_id": clinic.place.pk, "by": clinic.nurse, "at": NOW}
    stock = filled(clinic)
    assert filled(clinic).vials == 4  # the same delivery
    actions.open_vial(stock.pk, key="o1", **where)
    actions.open_vial(stock.pk, key="o1", **where)
    assert clinic.left() == (3, 3)
    clinic.inject("一", "Z1")
    assert clinic.left() == (3, 2)
    actions.waste(stock.pk, 1, why="摔破", key="w1", **where)
    late = where | {"at": NOW + timedelta(minutes=60)}
    assert (actions.discard_over(**where), actions.discard_over(**late)) == (0, 1)
    assert actions.count(stock.pk, 3, why="盘盈", key="c1", **where) == 1
    assert clinic.left() == (3, 0)
    assert list(check_stock()) == []


def test_what_the_store_refuses(clinic: VaccinationClinic) -> None:
    where: dict[str, Any] = {"institution_id": clinic.place.pk, "by": clinic.nurse, "at": NOW}
    stock = filled(clinic)
    elsewhere = where | {"institution_id": clinic.place.pk + 1}

    says = refused

    assert says(lambda: actions.waste(stock.pk, 5, why="坏", key="w", **where)) == "vaccination_too_few_vials"
    assert says(lambda: actions.waste(stock.pk, 1, why=" ", key="w", **where)) == "vaccination_why_needed"
    assert says(lambda: actions.waste(stock.pk, 10**12, why="坏", key="w", **where)) == "bad_input"
    assert says(lambda: actions.waste(stock.pk, 1, why="坏", key="w", **elsewhere)) == "not_found"
    assert says(lambda: actions.count(stock.pk, 9, why="", key="c", **where)) == "vaccination_why_needed"
    assert says(lambda: filled(clinic, vials=5)) == "key_reused"
    assert says(lambda: lot_of(doses=2)) == "vaccination_lot_differs"
    assert says(lambda: actions.waste_open(7, why="坏", **where)) == "not_found"
    stock.refresh_from_db()
    assert stock.vials == 4, "a refused movement leaves nothing"


def test_a_lot_held_for_the_city_is_given_nowhere_until_it_is_free(clinic: VaccinationClinic) -> None:
    lot = clinic.lots["A"]
    actions.set_lot_state(lot.pk, LotState.HELD, why="冷链超温", by=clinic.doctor, at=NOW)
    assert clinic.refused("一") == "vaccination_lot_held"
    actions.set_lot_state(lot.pk, LotState.OK, why="评估后可用", by=clinic.doctor, at=NOW)
    assert clinic.inject("一").fresh


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_off_the_last_vial_one_does() -> None:
    clinic = make_clinic()
    stock = filled(clinic, vials=1)
    where: dict[str, Any] = {"institution_id": clinic.place.pk, "by": clinic.nurse, "at": NOW}

    def writes_off(n: int) -> Callable[[], object]:
        return lambda: actions.waste(stock.pk, 1, why="坏", key=f"w{n}", **where)

    works = [writes_off(n) for n in range(6)]
    assert all_at_once(works) == {"None": 1, "vaccination_too_few_vials": 5}
    assert list(check_stock()) == [] and not OpenVial.objects.exists()
