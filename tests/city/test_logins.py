"""The demo's logins: one for each role, made once, kept for their owner only, and good at the real door."""

from __future__ import annotations

import base64
import random

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from kangqu.kernel.access.models import Account, Grant, PractisingLicence
from kangqu.kernel.access.operations import STAFF_ROLES
from kangqu.kernel.access.second_factor import use_code
from kangqu.kernel.people.models import HouseholdMember, Person, Proxy
from kangqu.kernel.trace.actor import the_house
from kangqu.site.city import logins as logins_module
from kangqu.site.city.logins import demo_logins
from kangqu.site.city.make import make_city
from tests.conftest import NINE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHANCE = random.SystemRandom()


@pytest.fixture
def city():
    make_city(300, seed=2, city="zibo", at=NINE, progress=lambda *stage: None, workers=0)


def test_every_role_has_a_login_that_works(city, tmp_path):
    file = tmp_path / "demo-logins.json"
    logins = demo_logins(file, at=NINE, rng=CHANCE)
    staff = [login for login in logins if login.secret]
    assert {login.role for login in staff} == {role.value for role in STAFF_ROLES}
    assert len({login.password for login in staff}) == len(staff)
    assert file.stat().st_mode & 0o777 == 0o600
    for login in staff:
        account = Account.objects.get(username=login.username)
        assert account.demo and account.check_password(login.password) and not account.must_change_password
        grant = Grant.objects.get(account=account)
        assert grant.role == login.role and grant.institution.demo
    one = staff[0]
    code = TOTP(base64.b32decode(one.secret), 6, SHA1(), 30).generate(int(NINE.timestamp())).decode()
    use_code(Account.objects.get(username=one.username), code, by=the_house(), at=NINE)
    licensed = PractisingLicence.objects.count()
    assert licensed == 4, "doctors, village and family doctors, pharmacists"
    PractisingLicence.objects.filter(kind="village").delete()
    assert demo_logins(file, at=NINE, rng=CHANCE) == logins
    assert PractisingLicence.objects.count() == licensed, "logins of before licences were registered get theirs"
    assert Account.objects.filter(kind="resident").count() == 2


def test_the_family_belongs_together(city, tmp_path):
    demo_logins(tmp_path / "demo-logins.json", at=NINE, rng=CHANCE)
    daughter, mother = (Account.objects.get(kind="resident", display_name=name) for name in ("周晓燕", "孙桂英"))
    assert daughter.person_id is not None and mother.person_id is not None
    held = Proxy.objects.filter(agent_id=daughter.person_id).order_by("kind").values_list("kind", "relation")
    assert list(held) == [("guardian", "父母"), ("proxy", "子女")]
    assert Proxy.objects.filter(agent_id=daughter.person_id, person_id=mother.person_id).exists()
    homes = HouseholdMember.objects.filter(person_id__in=(daughter.person_id, mother.person_id))
    assert homes.values("household_id").distinct().count() == 1
    assert Person.objects.filter(pk=mother.person_id, demo=True).exists()


def test_a_lost_or_broken_file_makes_new_logins(city, tmp_path):
    file = tmp_path / "demo-logins.json"
    file.write_text("[{", encoding="utf-8")
    first = demo_logins(file, at=NINE, rng=CHANCE)
    assert first == demo_logins(file, at=NINE, rng=CHANCE)


def test_stopped_before_the_commit_the_logins_are_made_anew_and_once(city, tmp_path, monkeypatch):
    file = tmp_path / "demo-logins.json"
    keep = logins_module._keep

    def keep_and_stop(*given):
        keep(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(logins_module, "_keep", keep_and_stop)
    with pytest.raises(KeyboardInterrupt):
        demo_logins(file, at=NINE, rng=CHANCE)
    stopped = file.read_text()
    monkeypatch.setattr(logins_module, "_keep", keep)
    logins = demo_logins(file, at=NINE, rng=CHANCE)
    assert file.read_text() != stopped
    assert demo_logins(file, at=NINE, rng=CHANCE) == logins
    assert Account.objects.filter(username__in=[login.username for login in logins]).count() == len(STAFF_ROLES)
    assert Account.objects.filter(kind="resident").count() == 2
    assert Person.objects.filter(name="周晓燕").count() == 1
