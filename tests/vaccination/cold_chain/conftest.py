"""A clinic whose fridge has a logger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from kangqu.systems.vaccination.cold_chain.keeping import register_fridge
from kangqu.systems.vaccination.cold_chain.models import Excursion, Fridge
from kangqu.systems.vaccination.cold_chain.watching import Note, note
from kangqu.systems.vaccination.models import StockMove
from tests.vaccination.clinic.conftest import nurse, place  # noqa: F401 - fixtures
from tests.vaccination.records.conftest import NOW, VaccinationClinic, make_clinic


@dataclass
class Chain:
    clinic: VaccinationClinic
    fridge: Fridge

    def read(self, *celsius: float, since: datetime = NOW, every: int = 10) -> list[object]:
        """Readings every so many minutes; what each was answered."""
        rows = [
            Note(self.fridge.pk, since + timedelta(minutes=every * step), round(each * 10))
            for step, each in enumerate(celsius)
        ]
        return [*note(rows, by=self.clinic.nurse, at=max(row.at for row in rows))]

    def excursions(self) -> list[Excursion]:
        return list(Excursion.objects.order_by("begins_at", "id").select_related("fridge"))


def make_chain() -> Chain:
    clinic = make_clinic()
    lot, before = clinic.stock("A", vials=5, doses=1), NOW - timedelta(days=1)
    StockMove.objects.create(institution=clinic.place, lot=lot, fridge="1", kind="received", vials=5, at=before)
    fridge = register_fridge(
        institution_id=clinic.place.pk, name="1", kind="refrigerator", device="SN1", by=clinic.nurse, at=before
    )
    return Chain(clinic, fridge)


@pytest.fixture
def chain(db: None) -> Chain:
    return make_chain()
