"""A decoction centre that has said what it can do, from Monday nine o'clock on."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.places.models import Institution
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Pot, Promise
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS, add_round, set_floor
from tests.conftest import NINE
from tests.tcm_pharmacy.cast import Pharmacy

RNG = random.Random(5)
WORKING_HOURS = ((480, 1200),) * 6 + (None,)


@dataclass
class Promises:
    """The pharmacy with a floor, and a clock that is wound on."""

    pharmacy: Pharmacy
    at: datetime = NINE

    def floor(
        self, where: Institution, pots: int, *, hands: int = 1, hours: Any = WORKING_HOURS, outside: bool = True
    ) -> None:
        by = self.pharmacy.people["manager"]
        set_floor(where.pk, hours=hours, hands=dict.fromkeys(HANDS, hands), takes_outside=outside, by=by, at=self.at)
        for number in range(pots):
            stock.add_pot(where.pk, name=f"{number + 1}号机", grams=2_000, ml=8_000, by=by, at=self.at, rng=RNG)

    def round(self, departs: int, reaches: list[tuple[str, int]], parcels: int = 10, weekdays: str = "1234567") -> None:
        add_round(
            self.pharmacy.centre.pk, name=f"{departs}", weekdays=weekdays, departs=departs, parcels=parcels,
            reaches=reaches, by=self.pharmacy.people["manager"], at=self.at,
        )  # fmt: skip

    def received(self, number: str, **changed: Any) -> Snapshot:
        order = self.pharmacy.parsed(**{"number": number, "issued_on": "2026-11-23"} | changed)
        signed = Signed(order.model_dump_json().encode(), "", None)
        by = self.pharmacy.people["doctor"]
        return take(order, signed=signed, hospital_id=self.pharmacy.hospital.pk, by=by, at=self.at).case

    def approve(self, case: Snapshot) -> None:
        take_step(case.id, "approve", by=self.pharmacy.people["second"], at=self.at)

    def released(self, number: str, **changed: Any) -> Promise:
        """Received, approved, and the event delivered."""
        case = self.received(number, **changed)
        self.approve(case)
        deliver_due(self.at)
        return Promise.objects.get(case_id=case.id)

    def boiling(self, promise: Promise, pot: Pot) -> None:
        """Take it down the line into a pot, an hour later."""
        people = self.pharmacy.people
        for who, step in (("dispenser", "dispense"), ("pharmacist", "check"), ("decocter", "soak")):
            take_step(promise.case_id, step, by=people[who], at=self.at, desk=True)
        self.at += timedelta(minutes=31)
        Pot.objects.filter(pk=pot.pk).update(case_id=promise.case_id)
        take_step(promise.case_id, "boil", by=people["decocter"], at=self.at, desk=True)

    def now(self, promise: Promise) -> Snapshot:
        found = snapshot(promise.case_id)
        assert found is not None
        return found


@pytest.fixture
def promises(pharmacy: Pharmacy) -> Promises:
    made = Promises(pharmacy)
    made.floor(pharmacy.centre, 2)
    return made


def clock(instant: datetime | None) -> str:
    """Day and time of the city."""
    from kangqu.kernel.basis.clock import CITY

    assert instant is not None
    return f"{instant.astimezone(CITY):%d %H:%M}"
