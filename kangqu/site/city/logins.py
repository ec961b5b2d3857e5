"""Logins of a synthetic city: one account for each role, and a family with phones.

The passwords and authenticator secrets are drawn once by the system's own chance and kept in a file under
``KANGQU_HOME`` that only its owner reads. Nothing of the kind is made for a city that is not synthetic.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from kangqu.kernel.access.accounts import open_staff_account
from kangqu.kernel.access.models import Account, LicenceKind
from kangqu.kernel.access.passwords import set_password
from kangqu.kernel.access.phone_codes import bind_resident
from kangqu.kernel.access.practice import OF_RIGHT, licence_of, set_licence
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.second_factor import enrol_known
from kangqu.kernel.basis.clock import city_day, system_clock
from kangqu.kernel.basis.ids import Random
from kangqu.kernel.people.documents import check_digit
from kangqu.kernel.people.kinship import Kin
from kangqu.kernel.people.loading import Loader, NewHousehold, NewIdentifier, NewPerson
from kangqu.kernel.people.models import Person, ProxyKind, Relation
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import the_house
from kangqu.site.city.make import BY, MOST, proxy_row
from kangqu.site.city.residents import phone_numbered
from kangqu.site.files import whole_file

Entropy = random.SystemRandom
_WHERE: Final = {
    Role.VILLAGE_DOCTOR: "village_clinic",
    Role.FAMILY_DOCTOR: "community_centre",
    Role.DOCTOR: "hospital",
    Role.NURSE: "hospital",
    Role.MIDWIFE: "maternal_centre",
    Role.PHARMACIST: "decoction_centre",
    Role.DISPENSER: "decoction_centre",
    Role.DECOCTION_WORKER: "decoction_centre",
    Role.COURIER: "decoction_centre",
    Role.PHARMACY_MANAGER: "decoction_centre",
    Role.PUBLIC_HEALTH_WORKER: "community_centre",
    Role.REGISTRAR: "community_centre",
    Role.INDEX_KEEPER: "commission",
    Role.CDC_OFFICER: "cdc",
    Role.GATE_KEEPER: "venue",
    Role.HOME_MANAGER: "elder_home",
    Role.INSPECTOR: "supervision",
    Role.COMMISSION_OFFICER: "commission",
    Role.INSTITUTION_MANAGER: "hospital",
    Role.SYSTEM_ADMIN: "commission",
    Role.SECURITY_ADMIN: "commission",
    Role.AUDIT_ADMIN: "commission",
}
_FAMILY_INDEX: Final = MOST * 2  # beyond every resident's, so that their phones are nobody else's


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """What to sign in with: ``secret`` is the authenticator's, in base32; residents sign in with their phone."""

    role: str
    username: str
    password: str
    secret: str = ""


def sample_logins() -> list[tuple[str, str, str]]:
    """(role, user name or phone, what to enter) for the synthetic city in use; nothing elsewhere."""
    if not Person.objects.filter(demo=True).exists():
        return []
    logins = demo_logins(Path(settings.KANGQU_HOME) / "demo-logins.json", at=system_clock(), rng=random.SystemRandom())
    return [(login.role, login.username, _entered(login)) for login in logins]


def _entered(login: DemoLogin) -> str:
    if not login.secret:
        return "手机验证码见演示电话页 / the code shows on the demo telephone"
    return f"{login.password}  TOTP {login.secret}"


def demo_logins(file: Path, *, at: datetime, rng: random.SystemRandom) -> list[DemoLogin]:
    """The logins kept in ``file``, or new ones made and kept there. A file of another city is replaced."""
    kept = _kept(file)
    names = {login.username for login in kept if login.secret}
    accounts = {account.username: account for account in Account.objects.filter(username__in=names, demo=True)}
    if kept and len(accounts) == len(names):
        for login in kept:
            if login.username in accounts:
                _license(accounts[login.username], Role(login.role), at, rng)
        return kept
    with transaction.atomic():
        logins = [_staff_login(role, kind, at, rng) for role, kind in _WHERE.items()]
        logins += _family_logins(at, rng)
        # Before the commit: killed in between, the file names accounts that are not there, and all is made anew.
        _keep(file, logins)
    return logins


def _keep(file: Path, logins: Sequence[DemoLogin]) -> None:
    with whole_file(file) as out:
        out.write(json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=1).encode())


def _kept(file: Path) -> list[DemoLogin]:
    try:
        return [DemoLogin(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


_LICENSED: Final = {
    Role.DOCTOR: LicenceKind.DOCTOR,
    Role.FAMILY_DOCTOR: LicenceKind.DOCTOR,
    Role.VILLAGE_DOCTOR: LicenceKind.VILLAGE,
    Role.PHARMACIST: LicenceKind.PHARMACIST,
}
"""Who practises in the demo, under which licence."""


def _license(account: Account, role: Role, at: datetime, rng: random.SystemRandom) -> None:
    """Register a licence with every right it may carry, once, on the account of a role that practises."""
    kind = _LICENSED.get(role)
    if kind is None or licence_of(account.pk) is not None:
        return
    number = f"1103703{rng.randrange(10**8):08d}"
    rights = [right for right, kinds in OF_RIGHT.items() if kind in kinds]
    set_licence(account.pk, kind=kind, number=number, valid_until=None, rights=rights, by=None, at=at)


def _staff_login(role: Role, kind: str, at: datetime, rng: random.SystemRandom) -> DemoLogin:
    where = Institution.objects.filter(kind=kind, demo=True).order_by("pk").first()
    if where is None:
        raise LookupError(f"the synthetic city has no {kind}")
    username = role.value.replace("_", "-")
    if Account.objects.filter(username=username).exists():
        username = f"{username}-{rng.randrange(10**6):06d}"
    opened = open_staff_account(
        username=username,
        display_name=f"{role.label}（演示）",
        role=role,
        institution_code=where.code,
        by=None,
        at=at,
        rng=rng,
        demo=True,
    )
    # Drawn by chance and shown to nobody but the operator of the demo: it need not be changed at once.
    set_password(opened.account, opened.password, at=at, must_change=False)
    _license(opened.account, role, at, rng)
    secret = rng.randbytes(20)
    enrol_known(opened.account, secret, at=at)
    return DemoLogin(role.value, username, opened.password, base64.b32encode(secret).decode())


def _family_logins(at: datetime, rng: random.SystemRandom) -> list[DemoLogin]:
    """A daughter who holds her mother's code and is her child's guardian; mother and daughter have phones."""
    people, numbers = _family(at, rng)
    logins = []
    for place in (0, 1):
        person, number = people[place], people[place].phones[0]
        bind_resident(number, name=person.name, document=person.identifiers[0].number, by=the_house("operator"), at=at)
        logins.append(DemoLogin("resident", number.removeprefix("+86"), ""))
    proxy_row(numbers[1], numbers[0], ProxyKind.PROXY, Kin.CHILD.value, people[1].birth_date, at=at).save()
    proxy_row(numbers[2], numbers[0], ProxyKind.GUARDIAN, Kin.PARENT.value, people[2].birth_date, at=at).save()
    return logins


def _family(at: datetime, rng: Random) -> tuple[Sequence[NewPerson], list[int]]:
    clinic = Institution.objects.filter(kind="community_centre", demo=True).select_related("region").earliest("pk")
    region, year = clinic.region_id, city_day(at).year
    address = f"{clinic.region.name}演示路1号1号楼1单元101室"
    home = NewHousehold(region=region, address=address)
    cast = (
        ("周晓燕", date(year - 42, 5, 18), Relation.HEAD, 0),
        ("孙桂英", date(year - 71, 3, 2), Relation.PARENT, 1),
        ("李一诺", date(year - 8, 9, 9), Relation.DAUGHTER, 0),
    )
    people = [
        NewPerson(
            name=name,
            sex="2",
            birth_date=born,
            identifiers=[NewIdentifier("01", _unused_number(region[:6], born, rng), verified=True)],
            phones=[phone_numbered(_FAMILY_INDEX + phone)],
            phone_holder="mother" if relation == Relation.DAUGHTER else "self",
            region=region,
            address=address,
            household=home,
            relation=relation.value,
            ethnicity="01",
            kept_by=clinic.pk,
        )
        for name, born, relation, phone in cast
    ]
    return people, Loader(demo=True).write(people, by=BY, at=at)


def _unused_number(region: str, born: date, rng: Random) -> str:
    """An identity number with a sequence from the top, where the city's own do not reach in practice."""
    body = f"{region}{born:%Y%m%d}{rng.randrange(450, 500) * 2:03d}"
    return body + check_digit(body)
