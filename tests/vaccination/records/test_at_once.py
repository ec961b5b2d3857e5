"""Two nurses on one girl, many clinics' hands in one fridge: one dose each, and no dose from nothing."""

from __future__ import annotations

import pytest

from kangqu.systems.vaccination.models import Dose, Observation, StockMove
from tests.cases.test_at_once import all_at_once
from tests.vaccination.records.conftest import make_clinic

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_nurses_at_one_girl_give_one_dose() -> None:
    clinic = make_clinic()
    clinic.stock("A", vials=8, doses=1)
    clinic.girl("一")
    said = all_at_once([lambda: str(clinic.inject("一").fresh) for _ in range(8)])
    assert said == {"True": 1, "vaccination_not_now": 7}
    assert Dose.objects.count() == Observation.objects.count() == 1
    assert clinic.left() == (7, 0)


def test_the_same_request_sixteen_times_is_one_dose() -> None:
    clinic = make_clinic()
    clinic.stock("A", vials=8, doses=1)
    clinic.girl("一")
    said = all_at_once([lambda: str(clinic.inject("一", key="k").fresh) for _ in range(16)])
    assert said == {"True": 1, "False": 15}
    assert clinic.left() == (7, 0)


@pytest.mark.parametrize("doses", [1, 3])
def test_the_last_doses_go_to_as_many_as_there_are(doses: int) -> None:
    clinic = make_clinic()
    clinic.stock("A", vials=6 // doses, doses=doses)
    names = [f"G{number}" for number in range(12)]
    for name in names:
        clinic.girl(name)
    said = all_at_once([lambda name=name: str(clinic.inject(name).fresh) for name in names])  # type: ignore[misc]
    assert said == {"True": 6, "vaccination_no_stock": 6}
    assert clinic.left() == (0, 0)
    assert StockMove.objects.filter(kind="given").count() == 6
