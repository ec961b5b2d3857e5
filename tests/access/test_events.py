"""Holders of accounts are told what happened to them: at the next sign-in, and on the page of the account."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.accounts import end_grant, grant_role, open_staff_account, reset_account
from kangqu.kernel.access.attempts import take_attempt
from kangqu.kernel.access.events import Kind, events_of, note_event, take_unheard
from kangqu.kernel.access.housekeeping import forget_old
from kangqu.kernel.access.models import AccountEvent, RecoveryCode, SecondFactor
from kangqu.kernel.access.passwords import set_password
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.second_factor import begin_enrolment, confirm_enrolment, demo_codes, use_code
from kangqu.kernel.access.sign_ins import prove_password
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.site.sessions import SessionStore, stored_key
from tests.access import cast
from tests.conftest import NINE

pytestmark = pytest.mark.django_db

RNG = random.Random(5)
ATTACKER = Actor(account_id=None, ip="203.0.113.9", device="curl")


@pytest.fixture
def hospital():
    return cast.institution("县医院", "hospital", cast.region("3703", "淄博"))


@pytest.fixture
def opened(hospital):
    return open_staff_account(
        username="zhang.san", display_name="张三", role=Role.DOCTOR, institution_code=hospital.code, by=None, at=NINE, rng=RNG, demo=True
    )  # fmt: skip


def _kinds(account):
    return [Kind(event.kind) for event in reversed(events_of(account.pk))]


def test_a_lock_is_told_to_whom_it_locks_and_to_nobody_for_an_unknown_name(opened):
    for name in ("zhang.san", "nobody"):
        for _ in range(6):
            with pytest.raises(Refused):
                prove_password(name, "nope", by=ATTACKER, at=NINE)
    (event,) = AccountEvent.objects.all()
    assert (event.account_id, event.kind, event.ip, event.told_at) == (opened.account.pk, "locked", "203.0.113.9", None)


def test_one_time_codes_missed_too_often_are_told_as_such(opened):
    for _ in range(6):
        with pytest.raises(Refused):
            use_code(opened.account, "000000", by=ATTACKER, at=NINE)
    assert _kinds(opened.account) == [Kind.CODE_LOCKED]


@pytest.mark.parametrize("subject", ["9" * 30, "²", "x", ""])
def test_what_is_no_account_number_tells_nobody(subject):
    for _ in range(6):
        with suppress(Refused):
            take_attempt("totp", subject, by=ATTACKER, at=NINE)
    assert not AccountEvent.objects.exists()


def test_every_change_of_what_one_signs_in_with_is_told_once(opened, hospital):
    account = opened.account
    assert _kinds(account) == []  # the first role of a new account is no news
    account.last_login = NINE
    account.save()
    begin_enrolment(account, entropy=RNG.randbytes)
    codes = confirm_enrolment(account, demo_codes(NINE)[0].code, by=the_house(), at=NINE, rng=RNG)
    use_code(account, codes[0], by=ATTACKER, at=NINE)
    grant = grant_role(account_id=account.pk, role=Role.REGISTRAR, institution_code=hospital.code, by=None, at=NINE)
    end_grant(grant_id=grant.pk, by=None, at=NINE)
    reset_account(account_id=account.pk, by=None, at=NINE, rng=RNG)
    told = [Kind.ENROLLED, Kind.RECOVERY_USED, Kind.ROLE_GIVEN, Kind.ROLE_ENDED, Kind.RESET]
    assert _kinds(account) == told
    assert [event.kind for event in take_unheard(account.pk, at=NINE)] == told
    assert list(take_unheard(account.pk, at=NINE)) == []
    assert _kinds(account) == told


def test_a_recovery_code_taken_and_its_notice_stand_or_fall_together(opened, monkeypatch):
    account = opened.account
    begin_enrolment(account, entropy=RNG.randbytes)
    codes = confirm_enrolment(account, demo_codes(NINE)[0].code, by=the_house(), at=NINE, rng=RNG)
    monkeypatch.setattr("kangqu.kernel.access.second_factor.note_event", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        use_code(account, codes[0], by=ATTACKER, at=NINE)
    assert not RecoveryCode.objects.exclude(used_at=None).exists()


def test_the_next_sign_in_says_it_and_the_account_page_keeps_it(opened):
    now = timezone.now()
    set_password(opened.account, opened.password, at=now, must_change=False)
    AccountEvent.objects.create(account=opened.account, kind=Kind.LOCKED, at=now - timedelta(hours=1), ip="203.0.113.9")
    SecondFactor.objects.all().delete()
    client = Client()
    done = client.post("/sign-in/staff", {"username": "zhang.san", "password": opened.password})
    said = [str(message) for message in get_messages(done.wsgi_request)]
    assert len(said) == 1
    assert "登录名被锁定" in said[0]
    page = client.get("/account").content.decode()
    assert "账号动态" in page
    assert "203.0.113.9" in page
    english = client.get("/account", headers={"Accept-Language": "en"}).content.decode()
    assert "the name was locked" in english


def test_a_year_later_only_the_trace_knows(opened):
    note_event(opened.account.pk, Kind.RESET, by=ATTACKER, at=NINE)
    forget_old(NINE + timedelta(days=364))
    assert _kinds(opened.account) == [Kind.RESET]
    forget_old(NINE + timedelta(days=366))
    assert _kinds(opened.account) == []


def test_the_session_table_holds_nothing_a_thief_could_use(opened):
    client = Client()
    client.post("/sign-in/staff", {"username": "zhang.san", "password": opened.password})
    number = client.cookies["sessionid"].value
    assert client.get("/account").status_code == 200
    (row,) = Session.objects.all()
    assert row.session_key == stored_key(number) != number
    thief = Client()
    thief.cookies["sessionid"] = row.session_key
    assert thief.get("/account").status_code == 302
    client.post("/sign-out")
    assert not Session.objects.filter(session_key=stored_key(number)).exists()
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("number", ["", "x", "a" * 5_000, "\ud800", "会话", "' OR 1=1 --"])
def test_a_number_that_is_none_finds_no_session(number):
    store = SessionStore(number)
    assert dict(store.load()) == {}
    assert store.session_key is None
    assert not store.exists(number)
    store.delete(number)


def test_a_session_over_is_no_session_and_a_new_number_keeps_what_it_held():
    store = SessionStore()
    store["where"] = "desk"
    store.save()
    first = store.session_key
    store.cycle_key()
    assert store.session_key != first
    assert SessionStore(first).load() == {}
    assert SessionStore(store.session_key).load() == {"where": "desk"}
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert SessionStore(store.session_key).load() == {}
