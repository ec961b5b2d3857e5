"""Signing in through the pages: staff, residents, families; and the attacks that pages meet."""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access import phone_codes
from kangqu.kernel.access.accounts import open_staff_account
from kangqu.kernel.access.models import Account, PhoneCode, SecondFactor, SignIn
from kangqu.kernel.access.phone_codes import bind_resident, new_phone_code, use_phone_code
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.second_factor import demo_codes
from kangqu.kernel.basis.refusals import TOO_MANY, Refused
from kangqu.kernel.notices.actions import values_of
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.models import IdentifierDirectory
from kangqu.kernel.people.phones import phone_blind
from kangqu.kernel.trace.actor import the_house
from tests.access import cast
from tests.conftest import NINE

pytestmark = pytest.mark.django_db

RNG = random.Random(5)
HOUSE = the_house()
PHONE = "13800000000"
NUMBER = "370302196001010020"


@pytest.fixture
def hospital():
    return cast.institution("县医院", "hospital", cast.region("3703", "淄博"))


@pytest.fixture
def doctor(hospital):
    return open_staff_account(
        username="zhang.san", display_name="张三", role=Role.DOCTOR, institution_code=hospital.code, by=None,
        at=timezone.now(), rng=RNG, demo=True,
    )  # fmt: skip


@pytest.fixture
def mother():
    return _resident("王𠮷祥", NUMBER)


def _resident(name: str, number: str):
    person = cast.resident(name, at=timezone.now())
    IdentifierDirectory.objects.create(blind=blind_of("01", number), kind="01", person_id=person.pk)
    return person


def _code_of(username: str) -> str:
    # The step before: a test that runs on must not use one step's code twice.
    return next(each.code for each in demo_codes(timezone.now()) if each.username == username)


def _again() -> None:
    SecondFactor.objects.update(last_step=0)


def test_a_first_sign_in_changes_the_password_and_sets_up_the_second_factor(doctor):
    client = Client()
    first = client.get("/account")
    assert first.status_code == 302 and first["Location"].startswith("/sign-in?next=%2Faccount")
    wrong = client.post("/sign-in/staff", {"username": "zhang.san", "password": "nope"})
    assert wrong.status_code == 422 and "KQ-1705" in wrong.content.decode()
    unknown = client.post("/sign-in/staff", {"username": "nobody", "password": "nope"})
    assert _body(unknown).replace("nobody", "zhang.san") == _body(wrong)
    done = client.post("/sign-in/staff", {"username": "zhang.san", "password": doctor.password, "next": "/account"})
    assert done["Location"] == "/account"
    changed = {"old": doctor.password, "password": "Kang-Qu-2026!", "again": "Kang-Qu-2026!"}
    assert client.get("/access-desk").status_code == 404
    assert client.post("/account/password", changed | {"again": "x"}).status_code == 422
    assert client.post("/account/password", changed)["Location"] == "/account"
    page = client.get("/account/second-factor").content.decode()
    assert "svg" in page
    kept = client.post("/account/second-factor", {"code": _code_of("zhang.san")})
    paper = re.findall(r"<li>([a-z0-9]{10})</li>", kept.content.decode())
    assert len(paper) == 10
    client.post("/sign-out")
    assert client.get("/account").status_code == 302

    client.post("/sign-in/staff", {"username": "zhang.san", "password": "Kang-Qu-2026!"})
    assert client.get("/account").status_code == 302  # the password alone is not enough
    assert client.post("/sign-in/staff/code", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/staff/code", {"code": paper[3]})["Location"] == "/c"
    assert client.get("/account").status_code == 200


def _body(response) -> str:
    return re.sub(r'value="[A-Za-z0-9]{64}"|nonce="[^"]*"', "", response.content.decode())


def test_the_session_is_new_after_signing_in(doctor):
    client = Client()
    client.get("/sign-in/staff")
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    before = session.session_key
    client.post("/sign-in/staff", {"username": "zhang.san", "password": doctor.password})
    assert client.cookies["sessionid"].value != before
    assert "planted" not in client.session
    old = Client()
    old.cookies["sessionid"] = before or ""
    assert old.get("/account").status_code == 302


def test_the_bare_address_leads_to_the_sign_in_or_to_where_one_begins(doctor):
    client = Client()
    assert client.get("/")["Location"] == "/sign-in"
    client.post("/sign-in/staff", {"username": "zhang.san", "password": doctor.password})
    assert client.get("/")["Location"] == "/c"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
        "/sign-out",
    ],
)
def test_the_way_on_never_leads_elsewhere(doctor, wanted):
    done = Client().post("/sign-in/staff", {"username": "zhang.san", "password": doctor.password, "next": wanted})
    assert done["Location"] == "/c"
    page = Client().get("/sign-in/staff", {"next": wanted}).content.decode()
    assert 'name="next"' not in page


def test_forged_posts_are_refused(doctor):
    client = Client(enforce_csrf_checks=True)
    forged = client.post("/sign-in/staff", {"username": "zhang.san", "password": doctor.password})
    assert forged.status_code == 403 and not SignIn.objects.exists()


def _sent() -> str:
    return values_of(Notice.objects.order_by("-id")[0])["code"]


def test_a_resident_signs_in_by_phone_and_proves_who_she_is_once(mother):
    client = Client()
    assert client.post("/sign-in", {"phone": PHONE})["Location"] == "/sign-in/code"
    assert client.post("/sign-in/code", {"code": "0000000"}).status_code == 422
    code = _sent()
    assert client.post("/sign-in/code", {"code": code})["Location"] == "/sign-in/name"
    wrong = client.post("/sign-in/name", {"name": "王丽", "document": NUMBER})
    unknown = client.post("/sign-in/name", {"name": "王𠮷祥", "document": "370302196001010039"})
    assert "KQ-1708" in wrong.content.decode() and "KQ-1708" in unknown.content.decode()
    assert client.post("/sign-in/name", {"name": "王𠮷祥", "document": NUMBER})["Location"] == "/h"
    assert client.get("/")["Location"] == "/h"
    assert client.get("/account", follow=True).status_code == 200

    PhoneCode.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    again = Client()
    again.post("/sign-in", {"phone": "138 0000 0000"})
    assert again.post("/sign-in/code", {"code": code}).status_code == 422  # the first code was for the first time
    assert again.post("/sign-in/code", {"code": _sent()})["Location"] == "/h"
    assert Account.objects.filter(person=mother).count() == 1


def test_a_family_on_one_phone_is_asked_who_it_is(mother):
    other = _resident("李丽", "370302198001010020")
    now = timezone.now()
    for name, number in (("王𠮷祥", NUMBER), ("李丽", "370302198001010020")):
        bind_resident("+8613800000000", name=name, document=number, by=HOUSE, at=now)
    client = Client()
    client.post("/sign-in", {"phone": PHONE})
    assert client.post("/sign-in/code", {"code": _sent()})["Location"] == "/sign-in/who"
    page = client.get("/sign-in/who").content.decode()
    assert "王**" in page and "李*" in page and "李丽" not in page
    stranger = cast.resident_account(cast.resident("张三", at=now), at=now)
    assert client.post("/sign-in/who", {"who": str(stranger.pk)})["Location"] == "/sign-in/name"
    chosen = Account.objects.get(person=other)
    assert client.post("/sign-in/who", {"who": str(chosen.pk)})["Location"] == "/h"


def test_nobody_skips_a_step():
    client = Client()
    for where in ("/sign-in/code", "/sign-in/who", "/sign-in/name", "/sign-in/staff/code"):
        assert client.get(where)["Location"].startswith("/sign-in?")
        assert client.post(where, {"code": "1", "who": "1"})["Location"].startswith("/sign-in?")


def test_a_code_is_good_only_in_the_browser_that_asked(mother):
    """Somebody who asked for the same phone before cannot use the code its owner asked for afterwards."""
    thief, owner = Client(), Client()
    thief.post("/sign-in", {"phone": PHONE})
    PhoneCode.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    owner.post("/sign-in", {"phone": PHONE})
    assert thief.post("/sign-in/code", {"code": _sent()}).status_code == 422
    assert owner.post("/sign-in/code", {"code": _sent()})["Location"] == "/sign-in/name"


def test_codes_are_few_short_lived_and_good_for_five_tries():
    sent = new_phone_code(PHONE, purpose="sign_in", by=HOUSE, at=NINE, rng=RNG)
    assert sent.code not in str(PhoneCode.objects.values())
    with pytest.raises(Refused) as refused:
        new_phone_code(PHONE, purpose="sign_in", by=HOUSE, at=NINE + timedelta(seconds=59), rng=RNG)
    assert refused.value.why is TOO_MANY
    for at in (NINE + timedelta(minutes=5), NINE + timedelta(days=1)):
        _wrong(sent.code, at)
    _wrong(sent.code, NINE, purpose="change_phone")
    for guess in ("", "000000", "x" * 999, "１２３４５６"):
        _wrong(guess, NINE)
    assert use_phone_code(PHONE, sent.code, purpose="sign_in", at=NINE) == "+8613800000000"
    _wrong(sent.code, NINE)
    later = NINE + timedelta(minutes=2)
    sent = new_phone_code(PHONE, purpose="sign_in", by=HOUSE, at=later, rng=RNG)
    for _ in range(5):
        _wrong("000000", later)
    _wrong(sent.code, later)
    for minute in range(4, 20, 2):
        new_phone_code(PHONE, purpose="sign_in", by=HOUSE, at=NINE + timedelta(minutes=minute), rng=RNG)
    with pytest.raises(Refused):
        new_phone_code(PHONE, purpose="sign_in", by=HOUSE, at=NINE + timedelta(hours=9), rng=RNG)
    new_phone_code(PHONE, purpose="sign_in", by=HOUSE, at=NINE + timedelta(hours=15), rng=RNG)  # after midnight


def _wrong(code: str, at, purpose: str = "sign_in") -> None:
    with pytest.raises(Refused) as refused:
        use_phone_code(PHONE, code, purpose=purpose, at=at)
    assert refused.value.why is phone_codes.PHONE_CODE_WRONG


def test_a_phone_left_for_long_must_be_proved_again(mother):
    now = timezone.now()
    bind_resident("+8613800000000", name="王𠮷祥", document=NUMBER, by=HOUSE, at=now)
    Account.objects.update(last_login=now - timedelta(days=91))
    client = Client()
    client.post("/sign-in", {"phone": PHONE})
    assert client.post("/sign-in/code", {"code": _sent()})["Location"] == "/sign-in/who"
    account = Account.objects.get(person=mother)
    assert client.post("/sign-in/who", {"who": str(account.pk)})["Location"] == "/sign-in/name"


def test_a_resident_changes_her_phone_and_the_old_one_is_told(mother):
    now = timezone.now()
    account = bind_resident("+8613800000000", name="王𠮷祥", document=NUMBER, by=HOUSE, at=now)
    client = Client()
    client.post("/sign-in", {"phone": PHONE})
    client.post("/sign-in/code", {"code": _sent()})
    assert client.get("/account")["Location"] == "/h/me"
    client.post("/h/me/phone", {"phone": "13900000000"})
    assert client.post("/h/me/phone/code", {"code": _sent()})["Location"] == "/h/me"
    account.refresh_from_db()
    assert bytes(account.phone_blind or b"") == phone_blind("+8613900000000")
    assert Notice.objects.filter(template="phone_changed").count() == 1


def test_a_phone_left_lying_about_does_not_move_the_account(mother):
    """Signed in long ago: the phone one signs in with is proved again before it is changed."""
    now = timezone.now()
    account = bind_resident("+8613800000000", name="王𠮷祥", document=NUMBER, by=HOUSE, at=now)
    client = Client()
    client.post("/sign-in", {"phone": PHONE})
    client.post("/sign-in/code", {"code": _sent()})
    SignIn.objects.update(stepped_up_at=now - timedelta(hours=2))
    PhoneCode.objects.all().delete()
    asked = client.post("/h/me/phone", {"phone": "13900000000"})
    assert asked["Location"].startswith("/account/step-up?next=")
    assert client.get("/h/me/phone/code").status_code == 302 and not PhoneCode.objects.exists()
    way = "/account/step-up?next=%2Fh%2Fme%2Fphone"
    assert client.get("/account/step-up/code")["Location"] == "/account/step-up"  # none was sent yet
    assert "138****0000" in client.get(way).content.decode()
    sent = client.post("/account/step-up", {"next": "/h/me/phone"})["Location"]
    assert sent == "/account/step-up/code?next=%2Fh%2Fme%2Fphone"
    code = _sent()
    assert client.post(sent, {"code": "000000" if code != "000000" else "111111"}).status_code == 422
    other = Client()
    other.cookies["sessionid"] = ""
    assert other.post("/account/step-up/code", {"code": code}).status_code == 302
    assert client.post(sent, {"code": code, "next": "/h/me/phone"})["Location"] == "/h/me/phone"
    assert client.post("/account/step-up/code", {"code": code}).status_code == 422  # good once
    PhoneCode.objects.all().delete()
    client.post("/h/me/phone", {"phone": "13900000000"})
    assert client.post("/h/me/phone/code", {"code": _sent()})["Location"] == "/h/me"
    account.refresh_from_db()
    assert bytes(account.phone_blind or b"") == phone_blind("+8613900000000")


def test_staff_end_a_session_of_their_own(doctor):
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/sign-in/staff", {"username": "zhang.san", "password": doctor.password})
    number = SignIn.objects.order_by("pk")[1].pk
    assert here.post(f"/account/sign-ins/{number}/end").status_code == 302
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_a_system_takes_a_token_for_its_secret_and_gives_it_back(hospital):
    from kangqu.kernel.access.models import AccountKind, Grant
    from kangqu.kernel.access.tokens import register_client

    now = timezone.now()
    account = Account.objects.create(kind=AccountKind.SYSTEM, username="his", display_name="HIS", opened_at=now)
    Grant.objects.create(account=account, role=Role.AUDIT_ADMIN, institution=hospital, starts_at=now)
    credentials = register_client(account, by=HOUSE, at=now)
    client = Client()
    basic = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    asked = {"grant_type": "client_credentials", "scope": "access.audit"}
    token = client.post("/oauth/token", asked | basic).json()["access_token"]
    table = client.get("/api/v1/access-table", headers={"Authorization": f"Bearer {token}"})
    assert {row["operation"] for row in table.json()["operations"]} >= {"access.table", "sign_in.page"}
    assert client.post("/oauth/token", asked | basic | {"client_secret": "wrong"}).status_code == 401
    assert client.post("/oauth/token", asked | basic | {"scope": "everything"}).status_code == 400
    for grant in ("password", "authorization_code", "implicit", "refresh_token"):
        refused = client.post("/oauth/token", asked | basic | {"grant_type": grant, "username": "a", "password": "b"})
        assert 400 <= refused.status_code < 500
    assert client.post(f"/oauth/token?client_id={credentials.client_id}", asked).status_code == 422
    assert client.post("/oauth/token", asked | basic | {"client_id": "\x00"}).status_code == 422
    assert client.post("/oauth/revoke", basic | {"token": token}).status_code == 200
    assert client.get("/api/v1/access-table", headers={"Authorization": f"Bearer {token}"}).status_code == 401
