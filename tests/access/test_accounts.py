"""Accounts, grants, passwords, second factors: what administrators may do, and what nobody may."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from kangqu.kernel.access import accounts, passwords, second_factor, sign_ins
from kangqu.kernel.access.accounts import (
    close_account,
    confirm_grant,
    end_grant,
    grant_role,
    open_staff_account,
    reset_account,
    staff_in_scope,
)
from kangqu.kernel.access.attempts import take_attempt
from kangqu.kernel.access.emergency import NOT_ONES_OWN
from kangqu.kernel.access.identify import viewer_of_session, viewer_of_token
from kangqu.kernel.access.models import Account, AccountKind, Grant, SignIn
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.second_factor import begin_enrolment, confirm_enrolment, use_code
from kangqu.kernel.access.sign_ins import end_sign_in, prove_password, start_sign_in
from kangqu.kernel.access.tokens import SCOPE_UNKNOWN, TOKEN_ROLE, issue_token, revoke_tokens
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, TOO_MANY, Refusal, Refused
from kangqu.kernel.trace.actor import the_house
from tests.access import cast
from tests.conftest import NINE

pytestmark = pytest.mark.django_db

RNG = random.Random(3)
HOUSE = the_house()


class World:
    def __init__(self) -> None:
        city = cast.region("3703", "淄博")
        self.commission = cast.institution("市卫健委", "commission", city)
        self.hospital = cast.institution("县医院", "hospital", city, self.commission)
        self.clinic = cast.institution("村卫生室", "village_clinic", city, self.hospital)
        self.security = self.viewer(Role.SECURITY_ADMIN, self.commission, "security")
        self.second = self.viewer(Role.SECURITY_ADMIN, self.commission, "second")
        self.manager = self.viewer(Role.INSTITUTION_MANAGER, self.hospital, "manager")

    def viewer(self, role: Role, where, username: str) -> Viewer:
        account = cast.staff(username, role, where, at=NINE)
        held = (Held(role, where.pk, where.path),)
        return Viewer(principal_id=account.pk, account_id=account.pk, kind=AccountKind.STAFF, grants=held)

    def open(self, by: Viewer | None, role: Role = Role.DOCTOR, where=None, username: str = "zhang.san"):
        code = (where or self.hospital).code
        return open_staff_account(
            username=username, display_name="张三", role=role, institution_code=code, by=by, at=NINE, rng=RNG
        )


def session_viewer(number: int) -> Viewer:
    viewer = viewer_of_session(number, NINE)
    assert viewer is not None
    return viewer


@pytest.fixture
def world() -> World:
    return World()


def refuses(why: Refusal, act: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    assert refused.value.why is why


def test_who_opens_accounts(world):
    refuses(NOT_YOURS, world.open, world.viewer(Role.DOCTOR, world.hospital, "d1"))
    refuses(NOT_YOURS, world.open, world.viewer(Role.SYSTEM_ADMIN, world.commission, "s1"))
    refuses(NOT_YOURS, world.open, world.manager, Role.DOCTOR, world.commission)
    refuses(NOT_YOURS, world.open, world.manager, Role.AUDIT_ADMIN)
    opened = world.open(world.manager, Role.NURSE, world.clinic)
    assert opened.account.must_change_password
    assert opened.account.check_password(opened.password)
    assert opened.password not in opened.account.password
    refuses(accounts.USERNAME_TAKEN, world.open, world.security, username=" Zhang.San ")
    refuses(accounts.USERNAME_FORMAT, world.open, world.security, username="1;drop")
    assert [row.account.username for row in staff_in_scope(world.manager, text="zhang")] == ["zhang.san"]


def test_nobody_gives_himself_anything_and_administrators_are_three(world):
    give = {"institution_code": world.commission.code, "at": NINE}
    refuses(NOT_ONES_OWN, grant_role, account_id=world.security.account_id, role=Role.DOCTOR, by=world.security, **give)
    refuses(
        accounts.ADMINS_APART,
        grant_role,
        account_id=world.second.account_id,
        role=Role.AUDIT_ADMIN,
        by=world.security,
        **give,
    )
    refuses(
        accounts.ROLE_NOT_FOR_ACCOUNT,
        grant_role,
        account_id=world.manager.account_id,
        role=Role.RESIDENT,
        by=world.security,
        **give,
    )
    grant_role(account_id=world.manager.account_id, role=Role.DOCTOR, by=world.security, **give)
    refuses(
        accounts.ALREADY_GRANTED,
        grant_role,
        account_id=world.manager.account_id,
        role=Role.DOCTOR,
        by=world.security,
        **give,
    )


def test_an_administrators_grant_waits_for_a_second_pair_of_eyes(world):
    opened = world.open(world.security, Role.SYSTEM_ADMIN, world.commission)
    started = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=False)
    viewer = viewer_of_session(started.pk, NINE)
    assert viewer is not None and viewer.roles == frozenset()
    (grant,) = Grant.objects.filter(account=opened.account)
    refuses(accounts.SECOND_EYES, confirm_grant, grant_id=grant.pk, by=world.security, at=NINE)
    refuses(NOT_FOUND, confirm_grant, grant_id=grant.pk, by=world.manager, at=NINE)
    confirm_grant(grant_id=grant.pk, by=world.second, at=NINE)
    refuses(NOT_FOUND, confirm_grant, grant_id=grant.pk, by=world.second, at=NINE)
    assert viewer_of_session(started.pk, NINE) is None  # the role changed: sign in again
    again = viewer_of_session(start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True).pk, NINE)
    assert again is not None and again.roles == {Role.SYSTEM_ADMIN} and again.must_change_password and again.must_enrol


def test_a_role_taken_back_ends_at_once(world):
    opened = world.open(world.security)
    started = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True)
    (grant,) = Grant.objects.filter(account=opened.account)
    refuses(NOT_FOUND, end_grant, grant_id=grant.pk, by=world.viewer(Role.DOCTOR, world.clinic, "d2"), at=NINE)
    for _ in range(2):
        end_grant(grant_id=grant.pk, by=world.manager, at=NINE)
    assert viewer_of_session(started.pk, NINE) is None


def test_closing_ends_everything(world):
    opened = world.open(world.security)
    started = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True)
    refuses(NOT_ONES_OWN, close_account, account_id=world.manager.account_id, by=world.manager, at=NINE)
    close_account(account_id=opened.account.pk, by=world.manager, at=NINE)
    assert viewer_of_session(started.pk, NINE) is None
    refuses(sign_ins.WRONG_SIGN_IN, prove_password, "zhang.san", opened.password, by=HOUSE, at=NINE)
    refuses(NOT_FOUND, close_account, account_id=opened.account.pk, by=world.manager, at=NINE)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Ab1!", passwords.PASSWORD_SHORT),
        ("A1!" + "x" * 200, passwords.PASSWORD_SHORT),
        ("Ab1!\x00defgh", passwords.PASSWORD_SHORT),
        ("abcdefgh1", passwords.PASSWORD_PLAIN),
        ("P@ssw0rd", passwords.PASSWORD_COMMON),
        ("Zhang.San1", passwords.PASSWORD_SELF),
    ],
)
def test_weak_passwords_are_refused(world, password, why):
    opened = world.open(world.security)
    refuses(why, passwords.check_new_password, opened.account, password, at=NINE)


def test_the_last_five_passwords_are_not_taken_again(world):
    opened = world.open(world.security)
    started = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True)
    other = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True)
    viewer = session_viewer(started.pk)
    old, used = opened.password, []
    for number in range(5):
        new = f"Kang-Qu-{number}!"
        accounts.change_password(viewer=viewer, old=old, new=new, at=NINE + timedelta(minutes=number))
        used.append(new)
        old = new
    for former in used:
        refuses(passwords.PASSWORD_OLD, accounts.change_password, viewer=viewer, old=old, new=former, at=NINE)
    SignIn.objects.get(pk=started.pk, ended_at=None)
    assert SignIn.objects.get(pk=other.pk).ended_why == "changed"
    refuses(sign_ins.WRONG_SIGN_IN, accounts.change_password, viewer=viewer, old="wrong", new="Other-1!x", at=NINE)


def test_five_misses_lock_the_name_even_for_the_right_password_and_the_next_lock_is_longer(world):
    opened = world.open(world.security)
    at = NINE
    for _ in range(5):
        refuses(sign_ins.WRONG_SIGN_IN, prove_password, "zhang.san", "wrong", by=HOUSE, at=at)
    refuses(TOO_MANY, prove_password, "zhang.san", opened.password, by=HOUSE, at=at)
    refuses(TOO_MANY, prove_password, "ZHANG.SAN ", opened.password, by=HOUSE, at=at + timedelta(minutes=14))
    at += timedelta(minutes=16)
    for _ in range(5):
        refuses(sign_ins.WRONG_SIGN_IN, prove_password, "zhang.san", "wrong", by=HOUSE, at=at)
    refuses(TOO_MANY, prove_password, "zhang.san", opened.password, by=HOUSE, at=at)
    refuses(TOO_MANY, prove_password, "zhang.san", opened.password, by=HOUSE, at=at + timedelta(minutes=29))
    account = prove_password("zhang.san", opened.password, by=HOUSE, at=at + timedelta(minutes=31))
    start_sign_in(account, by=HOUSE, at=at, stepped_up=True)
    for _ in range(5):
        refuses(sign_ins.WRONG_SIGN_IN, prove_password, "nobody", "wrong", by=HOUSE, at=at)
    refuses(TOO_MANY, prove_password, "nobody", "wrong", by=HOUSE, at=at)


def test_slow_guessing_is_not_counted_together(world):
    for minute in range(0, 60, 11):
        take_attempt("password", "x", by=HOUSE, at=NINE + timedelta(minutes=minute))


def test_an_account_left_for_ninety_days_sleeps_until_reset(world):
    opened = world.open(world.security)
    later = NINE + timedelta(days=91)
    refuses(sign_ins.ACCOUNT_ASLEEP, prove_password, "zhang.san", opened.password, by=HOUSE, at=later)
    fresh = reset_account(account_id=opened.account.pk, by=world.manager, at=later, rng=RNG)
    assert prove_password("zhang.san", fresh.password, by=HOUSE, at=later).must_change_password
    refuses(sign_ins.WRONG_SIGN_IN, prove_password, "zhang.san", opened.password, by=HOUSE, at=later)


def test_a_first_password_is_good_for_a_week(world):
    opened = world.open(world.security)
    later = NINE + timedelta(days=8)
    refuses(sign_ins.FIRST_PASSWORD_OVER, prove_password, "zhang.san", opened.password, by=HOUSE, at=later)


def test_an_administrator_ends_the_sessions_of_others_in_scope(world):
    opened = world.open(world.security)
    started = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True)
    outsider = world.viewer(Role.INSTITUTION_MANAGER, world.clinic, "outsider")
    refuses(NOT_FOUND, accounts.end_sessions, account_id=opened.account.pk, by=outsider, at=NINE)
    assert accounts.end_sessions(account_id=opened.account.pk, by=world.manager, at=NINE) == 1
    assert viewer_of_session(started.pk, NINE) is None


def test_checks_find_what_should_not_be(world):
    assert [finding for check in _checks() for finding in check()] == []
    other = cast.institution("关了的", "clinic", cast.region("3703", "淄博"))
    account = cast.staff("both", Role.SYSTEM_ADMIN, other, at=NINE)
    Grant.objects.create(
        account=account, role=Role.AUDIT_ADMIN, institution=other, starts_at=NINE, granted_by=account.pk
    )
    other.status = "closed"
    other.save()
    assert [len(list(check())) for check in _checks()] == [1, 1, 2, 0, 0]


def _checks():
    return [check for name, (_, check) in all_checks().items() if name.startswith("access.")]


def _code(secret: bytes, at) -> str:
    return TOTP(secret, 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def test_a_one_time_code_is_good_once(world):
    account = world.open(world.security).account
    secret = bytes(range(20))
    begin_enrolment(account, entropy=lambda _: secret)
    refuses(second_factor.CODE_WRONG, confirm_enrolment, account, "000000", by=HOUSE, at=NINE, rng=RNG)
    refuses(second_factor.CODE_WRONG, use_code, account, _code(secret, NINE), by=HOUSE, at=NINE)
    paper = confirm_enrolment(account, _code(secret, NINE), by=HOUSE, at=NINE, rng=RNG)
    assert len(set(paper)) == 10
    refuses(second_factor.ALREADY_ENROLLED, begin_enrolment, account, entropy=lambda _: b"x" * 20)
    refuses(second_factor.CODE_WRONG, use_code, account, _code(secret, NINE), by=HOUSE, at=NINE)
    soon = NINE + timedelta(seconds=30)
    use_code(account, _code(secret, soon), by=HOUSE, at=soon)
    for at in (soon - timedelta(seconds=30), soon - timedelta(days=1), soon + timedelta(seconds=90)):
        refuses(second_factor.CODE_WRONG, use_code, account, _code(secret, at), by=HOUSE, at=soon)
    use_code(account, paper[0].upper(), by=HOUSE, at=soon)
    refuses(second_factor.CODE_WRONG, use_code, account, paper[0], by=HOUSE, at=soon)
    for wrong in ("", "１２３４５６", "abc", "9" * 5000):
        with pytest.raises(Refused):
            use_code(account, wrong, by=HOUSE, at=soon)


def test_sessions_are_ended_by_their_owner_and_no_other(world):
    opened = world.open(world.security)
    started = start_sign_in(opened.account, by=HOUSE, at=NINE, stepped_up=True)
    mine = world.manager
    refuses(NOT_FOUND, end_sign_in, started.pk, account_id=mine.account_id, by=mine.actor(), at=NINE)
    viewer = session_viewer(started.pk)
    end_sign_in(started.pk, account_id=opened.account.pk, by=viewer.actor(), at=NINE)
    assert viewer_of_session(started.pk, NINE) is None


def test_a_script_token_holds_the_roles_scopes_until_revoked(world):
    import_module("kangqu.site.urls")  # scopes are those of served operations

    give = {"institution_code": world.commission.code, "days": 1, "by": HOUSE, "at": NINE}
    refuses(TOKEN_ROLE, issue_token, role=Role.DEVICE, scopes=None, **give)
    refuses(SCOPE_UNKNOWN, issue_token, role=Role.AUDIT_ADMIN, scopes=["everything.read"], **give)
    issued = issue_token(role=Role.AUDIT_ADMIN, scopes=None, **give)
    viewer = viewer_of_token(issued.token, NINE)
    assert viewer is not None and viewer.account_id is not None and viewer.scopes is not None
    assert viewer.roles == {Role.AUDIT_ADMIN} and "access.audit" in viewer.scopes
    assert viewer_of_token(issued.token, NINE + timedelta(days=1)) is None
    assert Account.objects.get(pk=viewer.account_id).kind == AccountKind.SYSTEM
    assert revoke_tokens(viewer.account_id) == 1
    assert viewer_of_token(issued.token, NINE) is None
