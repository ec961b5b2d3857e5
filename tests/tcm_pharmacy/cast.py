"""A hospital with its key and its system, a decoction centre with its people, a patient with her papers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from jwcrypto.jwk import JWK

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY, system_clock
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.models import IdentifierDirectory, IdentifierKind, Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy.prescriptions import signing
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from tests.access import cast

SCOPE = "tcm.prescriptions"
ID_NUMBER = "370303198502031222"


@dataclass
class Pharmacy:
    """The cast. ``now`` is the clock's, cut to the second: the API reads the real one."""

    now: datetime
    hospital: Institution
    centre: Institution
    elsewhere: Institution
    key: JWK
    token: str
    system: Account
    patient: Person
    people: dict[str, Actor]

    def order(self, **changed: Any) -> dict[str, Any]:
        """A harmless prescription, changed as asked: keys of nested objects are merged."""
        order: dict[str, Any] = {
            "number": "RX-1",
            "issued_on": f"{self.now.astimezone(tz=CITY):%F}",
            "patient": {"id_number": ID_NUMBER, "name": "王秀英", "pregnant": False},
            "prescriber": {"name": "李医生", "licence": "110370000012345"},
            "department": "中医科",
            "diagnoses": [{"code": "A04.01.01", "name": "胸痹心痛"}],
            "herbs": [{"name": "黄芪", "grams": 15}, {"name": "当归", "grams": 10}],
            "doses": 7,
            "taking": "饭后温服",
        }
        for name, value in changed.items():
            merged = isinstance(value, dict) and isinstance(order.get(name), dict)
            order[name] = {**order[name], **value} if merged else value
        return order

    def parsed(self, **changed: Any) -> OrderIn:
        return OrderIn.model_validate(self.order(**changed))

    def send(self, order: Any, *, key: JWK | None = None, kid: str = "k1", token: str = "", **headers: str) -> Any:
        """Post an order as the hospital's system does, signed."""
        body = order if isinstance(order, bytes) else json.dumps(order, ensure_ascii=False).encode()
        sent = {signing.HEADER: signing.sign(body, key or self.key, kid), **headers}
        return self.post("tcm/prescriptions", body, token=token, **sent)

    def post(self, path: str, body: Any, *, token: str = "", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client().post(
            f"/api/v1/{path}",
            raw,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token or self.token}", **headers},
        )

    def get(self, path: str, *, token: str = "") -> Any:
        return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token or self.token}"})


@pytest.fixture
def pharmacy(db: None) -> Pharmacy:
    now = system_clock().replace(microsecond=0)
    where = cast.region("3703", "淄博市")
    top = cast.institution("卫健委", "commission", where)
    hospital = cast.institution("中医院", "hospital", where, top)
    elsewhere = cast.institution("二院", "hospital", where, top)
    centre = cast.institution("1号中药煎配中心", "decoction_centre", where, top)
    key = JWK.generate(kty="OKP", crv="Ed25519")
    public = json.loads(key.export_public())
    signing.add_key(hospital.pk, name="k1", jwk=public, by=the_house("tests"), at=now - timedelta(days=1))
    system = cast.staff("his", Role.SYSTEM, hospital, at=now)
    patient = cast.resident("王秀英", at=now, where=where)
    Person.objects.filter(pk=patient.pk).update(birth_date="1985-02-03")
    blind = blind_of(IdentifierKind.RESIDENT_ID, ID_NUMBER)
    IdentifierDirectory.objects.create(kind=IdentifierKind.RESIDENT_ID, blind=blind, person_id=patient.pk)
    people = {}
    for name, role, place in (
        ("pharmacist", Role.PHARMACIST, centre),
        ("second", Role.PHARMACIST, centre),
        ("dispenser", Role.DISPENSER, centre),
        ("decocter", Role.DECOCTION_WORKER, centre),
        ("courier", Role.COURIER, centre),
        ("manager", Role.PHARMACY_MANAGER, centre),
        ("doctor", Role.DOCTOR, hospital),
    ):
        account = cast.staff(name, role, place, at=now)
        people[name] = Actor(account_id=account.pk, role=role.value, institution_id=place.pk)
    return Pharmacy(
        now=now,
        hospital=hospital,
        centre=centre,
        elsewhere=elsewhere,
        key=key,
        token=cast.token_of(system, SCOPE, until=now + timedelta(days=1)),
        system=system,
        patient=patient,
        people=people,
    )
