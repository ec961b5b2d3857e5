"""Prescriptions of one ordinary day, of which some were late, returned, overridden, rated; who supervises."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import Prescription, Promise
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from kangqu.systems.tcm_pharmacy.rating.actions import rate
from tests.access import cast
from tests.conftest import NINE
from tests.tcm_pharmacy.board.conftest import client_of
from tests.tcm_pharmacy.cast import Pharmacy


@dataclass
class Week:
    """The pharmacy's days, from Monday nine o'clock; each prescription goes the way it is told."""

    pharmacy: Pharmacy
    at: datetime = NINE
    made: list[Snapshot] = field(default_factory=list)

    def by(self, name: str) -> Actor:
        return self.pharmacy.people[name]

    def received(self, severity: str = "", doctor: str = "李医生", **changed: Any) -> Snapshot:
        order = self.pharmacy.parsed(
            number=f"RX-{len(self.made) + 1}", issued_on=f"{self.at:%F}", decoct=False,
            prescriber={"name": doctor, "licence": f"L-{doctor}"}, **changed,
        )  # fmt: skip
        signed = Signed(order.model_dump_json().encode(), "", None)
        case = take(order, signed=signed, hospital_id=self.pharmacy.hospital.pk, by=self.by("doctor"), at=self.at).case
        Prescription.objects.filter(case_id=case.id).update(severity=severity)
        self.made.append(case)
        return case

    def step(self, case: Snapshot, name: str, who: str, minutes: float = 0, **values: Any) -> None:
        self.at += timedelta(minutes=minutes)
        desk = name in ("dispense", "check", "pack", "release_bags", "hand_out", "take_along", "deliver")
        take_step(case.id, name, by=self.by(who), at=self.at, values=values, desk=desk)

    def handed(self, late: float | None = None, *, fetched_after: float = 600, **changed: Any) -> Snapshot:
        """Passed ``late`` minutes after its first promise (without one: never promised), fetched long after."""
        case = self.received(**changed)
        self.step(case, "approve", "second", 1)
        self.step(case, "dispense", "dispenser", 5)
        self.step(case, "check", "pharmacist", 2)
        self.step(case, "pack", "dispenser", 2)
        self.step(case, "release_bags", "pharmacist", 1)
        if late is not None:
            promised = self.at - timedelta(minutes=late)
            Promise.objects.create(
                case_id=case.id, pharmacy=self.pharmacy.centre, promised_at=self.at, first_promised_at=promised, stages=[],
                quoted_at=self.at,
            )  # fmt: skip
        released = self.at
        self.step(case, "hand_out", "dispenser", fetched_after)
        self.at = released
        return case

    def returned(self, ground: str = "dose", **changed: Any) -> Snapshot:
        case = self.received(**changed)
        self.step(case, "return_to_doctor", "second", 3, ground=ground, reason="请核对")
        return case

    def overridden(self, **changed: Any) -> Snapshot:
        from kangqu.kernel.cases.models import Case

        case = self.received(severity="DOUBLE_SIGN", **changed)
        Case.objects.filter(pk=case.id).update(facts=dict(case.facts) | {"two_signatures": True})
        self.step(case, "first_sign", "pharmacist", 2, why="病情需要")
        self.step(case, "second_sign", "second", 2)
        return case

    def rated(self, case: Snapshot, stars: int) -> None:
        now = snapshot(case.id)
        assert now is not None
        by = Actor(account_id=1, role="resident", purpose="self")
        rate(now, stars=stars, reasons=["late"], sentence="等久了", by=by, at=self.at)


@pytest.fixture
def week(pharmacy: Pharmacy) -> Week:
    return Week(pharmacy)


@pytest.fixture
def manager(pharmacy: Pharmacy) -> Client:
    return client_of(pharmacy, "manager")


@pytest.fixture
def officer(pharmacy: Pharmacy) -> Client:
    """Somebody of the health commission above all of them."""
    top = Institution.objects.get(name="卫健委")
    cast.staff("officer", Role.COMMISSION_OFFICER, top, at=pharmacy.now)
    return client_of(pharmacy, "officer")
