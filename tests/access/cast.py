"""People and places for the stories of access: two cities' institutions, staff, residents, systems, devices."""

from __future__ import annotations

import hashlib
import random
import secrets
from datetime import date, datetime, timedelta

from kangqu.kernel.access.models import Account, AccountKind, Grant, PractisingLicence, SignIn
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.tokens import new_access_token
from kangqu.kernel.basis.ids import new_code, take_ids
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Device, Institution, Region, ServedRegion, Station, institution_path

RNG = random.Random(7)


def region(code: str, name: str) -> Region:
    level = {4: "city", 6: "county", 9: "township", 12: "village"}[len(code)]
    parent = {6: 4, 9: 6, 12: 9}.get(len(code))
    return Region.objects.get_or_create(
        code=code, defaults={"name": name, "level": level, "parent_id": code[:parent] if parent else None}
    )[0]


def institution(
    name: str, kind: str, where: Region, parent: Institution | None = None, serves: bool = False
) -> Institution:
    (number,) = take_ids(1)
    made = Institution.objects.create(
        id=number,
        code=new_code("G", RNG),
        parent=parent,
        path=institution_path(parent, number),
        kind=kind,
        name=name,
        region=where,
    )
    if serves:
        ServedRegion.objects.create(institution=made, region=where)
    return made


def resident(name: str, *, at: datetime, where: Region | None = None, kept_by: Institution | None = None) -> Person:
    return Person.objects.create(
        public_code=new_code("R", RNG),
        name=name,
        name_pinyin="x",
        name_initials="x",
        sex="2",
        region=where,
        kept_by=kept_by,
        registered_at=at,
        changed_at=at,
    )


def staff(username: str, role: Role | None, where: Institution | None, *, at: datetime) -> Account:
    account = Account.objects.create(
        kind=AccountKind.STAFF, username=username, display_name=username, opened_at=at, password="!"
    )
    if role is not None and where is not None:
        Grant.objects.create(account=account, role=role, institution=where, starts_at=at - timedelta(days=1))
    return account


def licensed(
    account: Account, *rights: str, at: datetime, kind: str = "doctor", until: date | None = None
) -> PractisingLicence:
    """A licence to practise on an account."""
    return PractisingLicence.objects.create(
        account=account, kind=kind, number="110370000012345", valid_until=until, rights=sorted(rights), recorded_at=at
    )


def resident_account(person: Person, *, at: datetime) -> Account:
    return Account.objects.create(
        kind=AccountKind.RESIDENT,
        username=f"r{person.pk}",
        display_name=person.name,
        person=person,
        opened_at=at,
        password="!",
    )


def device(where: Institution, *, at: datetime) -> tuple[Device, str]:
    token = "kqd_" + secrets.token_urlsafe(32)
    station = Station.objects.create(code=new_code("X", RNG), institution=where, name="大门")
    made = Device.objects.create(
        station=station, name="闸机", token_sha256=hashlib.sha256(token.encode()).digest(), registered_at=at
    )
    return made, token


def token_of(account: Account, *scopes: str, until: datetime) -> str:
    from oauth2_provider.models import AccessToken, Application, set_token_value

    client, _ = Application.objects.get_or_create(
        user=account, defaults={"client_type": "confidential", "authorization_grant_type": "client-credentials"}
    )
    token = new_access_token(None)
    row = AccessToken(application=client, expires=until, scope=" ".join(scopes))
    set_token_value(row, token)
    row.save()
    return token


def signed_in(account: Account, *, at: datetime) -> SignIn:
    return SignIn.objects.create(account=account, started_at=at, seen_at=at, stepped_up_at=at)
