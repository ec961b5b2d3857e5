"""A ward with two nurses, a chief and lamps; a village clinic with visits to residents; another city; families."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.people.families import ConsentBy, grant_proxy
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor, the_house
from tests.access import cast
from tests.administration.conftest import sign_in
from tests.cases import programmes as programmes
from tests.cases.conftest import no_listeners as no_listeners
from tests.casework import programmes as visits
from tests.citizen.conftest import signed_in

_numbers = count(1)
RNG = random.Random(5)


@dataclass
class Desk:
    """The places; everybody as a browser; lamps and visits."""

    now: datetime
    top: Institution
    clinic: Institution
    other: Institution
    elsewhere: Institution
    patient: Person
    daughter: Person
    stranger: Person
    accounts: dict[str, Account] = field(default_factory=dict)

    def staff(self, name: str, role: Role, where: Institution | None = None) -> Client:
        """A browser of somebody of the staff, who is known as ``name`` afterwards."""
        self.accounts[name] = cast.staff(name, role, where or self.clinic, at=self.now)
        return sign_in(self.accounts[name], self.now)

    def resident(self, person: Person) -> Client:
        account = Account.objects.filter(person=person).first() or cast.resident_account(person, at=self.now)
        return signed_in(account, self.now)

    def actor(self, name: str) -> Actor:
        account = self.accounts[name]
        grant = account.grants.get()
        return Actor(account_id=account.pk, role=grant.role, institution_id=grant.institution_id)

    def lamp(self, ago: timedelta = timedelta(0), **given: Any) -> Snapshot:
        where = given.pop("where", self.clinic)
        return self._open("test_lamp", where, None, ago, given)

    def visit(self, person: Person | None = None, ago: timedelta = timedelta(0), **given: Any) -> Snapshot:
        return self._open("test_visit", given.pop("where", self.clinic), person or self.patient, ago, given)

    def _open(self, code: str, where: Institution, person: Person | None, ago: timedelta, facts: Any) -> Snapshot:
        case, _ = open_case(
            code,
            key=f"{code}-{next(_numbers)}",
            institution_id=where.pk,
            by=the_house(),
            at=self.now - ago,
            person_id=person.pk if person is not None else None,
            number=str(facts.pop("number", "")),
            facts=facts,
        )
        return case

    def grant(self, person: Person, agent: Person, *rights: str) -> None:
        at, by = self.now - timedelta(hours=1), the_house()
        grant_proxy(person.pk, agent.pk, relation="子女", rights=rights, consent=ConsentBy.DESK, by=by, at=at)


def make_desk() -> Desk:
    now = timezone.now()
    zibo, jinan = cast.region("3703", "淄博市"), cast.region("3701", "济南市")
    cast.region("370302", "淄川区")
    village = cast.region("370302001", "般阳路街道")
    top = cast.institution("市卫健委", "commission", zibo)
    clinic = cast.institution("柳沟村卫生室", "village_clinic", village, top, serves=True)
    other = cast.institution("二院", "hospital", zibo, top)
    elsewhere = cast.institution("外市卫健委", "commission", jinan)
    made = Desk(
        now,
        top,
        clinic,
        other,
        elsewhere,
        patient=cast.resident("王秀𠮷", at=now, where=village, kept_by=clinic),
        daughter=cast.resident("李小荷", at=now, where=village, kept_by=clinic),
        stranger=cast.resident("赵刚", at=now, where=jinan, kept_by=elsewhere),
    )
    Person.objects.update(birth_date=date(1970, 1, 2))
    return made


@pytest.fixture
def desk(db: None) -> Desk:
    assert visits.VISIT
    return make_desk()


@pytest.fixture
def nurse(desk: Desk) -> Client:
    return desk.staff("nurse", Role.NURSE)
