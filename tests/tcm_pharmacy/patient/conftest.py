"""A patient with her phone, her daughter with hers, a stranger; a prescription that went the whole way two hours ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.people.families import ConsentBy, grant_proxy
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post
from kangqu.systems.tcm_pharmacy.models import Reading
from tests.access import cast
from tests.tcm_pharmacy.board.conftest import client_of as client_of
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.line.test_stations import Floor
from tests.tcm_pharmacy.line.test_stations import floor as floor

TO_THE_DOOR = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}


@dataclass
class Family:
    """Who looks: the patient, her daughter who may read her reports, a stranger."""

    patient: Client
    daughter: Client
    stranger: Client
    by: Actor


@pytest.fixture
def family(pharmacy: Pharmacy) -> Family:
    daughter = cast.resident("李小𠮷", at=pharmacy.now)
    Person.objects.filter(pk=daughter.pk).update(birth_date="1990-05-02")
    at = pharmacy.now - timedelta(hours=5)
    grant_proxy(
        pharmacy.patient.pk, daughter.pk, relation="子女", rights=("reports",), consent=ConsentBy.DESK, by=the_house(), at=at
    )  # fmt: skip
    clients: list[Client] = []
    for person in (pharmacy.patient, daughter, cast.resident("赵生", at=pharmacy.now)):
        cast.resident_account(person, at=pharmacy.now)
        clients.append(client_of(pharmacy, f"r{person.pk}"))
    account = Account.objects.get(person=pharmacy.patient)
    patient, child, stranger = clients
    return Family(patient, child, stranger, Actor(account_id=account.pk, role="resident", purpose=Purpose.SELF.value))


def boiled(floor: Floor, number: str = "RX-1", **changed: Any) -> Snapshot:
    """From the desk to the shelf: soaked 32 minutes, boiled 21 and 15, between 96 and 100.5 ℃."""
    floor.minutes -= 150
    case = floor.prescription(number, **changed)
    floor.soaking(case)
    floor.minutes += 32
    pot = floor.pots["1号机"]
    floor.scan(Post.BOIL, "decocter", case.code, pot.code)
    for minutes, celsius in ((3, 60), (11, 96), (20, "100.5")):
        at = floor.at + timedelta(minutes=minutes)
        Reading.objects.create(pot=pot, case_id=case.id, at=at, celsius=celsius, received_at=at)
    floor.minutes += 10 + 21  # ten until it boils
    floor.scan(Post.BOIL, "decocter", pot.code)
    floor.minutes += 15
    floor.scan(Post.BOIL, "decocter", pot.code)
    floor.scan(Post.PACK, "decocter", case.code, "14")
    floor.scan(Post.RELEASE, "pharmacist", case.code, "KQ-CONFIRM")
    floor.hand = Hand()
    return now_of(case)


def handed_over(floor: Floor, number: str = "RX-1", **changed: Any) -> Snapshot:
    """… and out of the window, fetched by herself."""
    from kangqu.kernel.cases.steps import take_step

    case = boiled(floor, number, **changed)
    by, patient = floor.pharmacy.people["dispenser"], floor.pharmacy.patient.pk
    take_step(case.id, "hand_out", by=by, at=floor.at, facts={"received_by": "self", "receiver": patient}, desk=True)
    return now_of(case)


def now_of(case: Snapshot) -> Snapshot:
    found = snapshot(case.id)
    assert found is not None
    return found
