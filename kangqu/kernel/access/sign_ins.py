"""Signing in and out: proof of a password, the row a session belongs to, the list of one's own."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from kangqu.kernel.access import policy
from kangqu.kernel.access.attempts import forget_attempts, take_attempt
from kangqu.kernel.access.models import Account, AccountKind, SignIn
from kangqu.kernel.access.passwords import LONGEST
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, refusal
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream

WRONG_SIGN_IN = refusal(
    "wrong_sign_in",
    "KQ-1705",
    zh="登录名或密码不对。",
    en="The user name or password is wrong.",
    status=403,
)
ACCOUNT_ASLEEP = refusal(
    "account_asleep",
    "KQ-1706",
    zh="账户超过 {days} 天未用，已停用，请联系本单位管理员。",
    en="The account was not used for {days} days and is disabled: ask your administrator.",
    status=403,
)

FIRST_PASSWORD_OVER = refusal(
    "first_password_over",
    "KQ-1709",
    zh="初始密码超过 {days} 天未用，已失效，请本单位管理员重置。",
    en="The first password was not used within {days} days: ask your administrator to reset it.",
    status=403,
)

_NOBODYS: list[str] = []


def _nobodys_hash() -> str:
    """A hash to check against when there is no such account, so that the answer takes as long."""
    if not _NOBODYS:
        _NOBODYS.append(make_password("nobody's password"))
    return _NOBODYS[0]


def prove_password(username: str, password: str, *, by: Actor, at: datetime) -> Account:
    """The open staff account that ``username`` and ``password`` name; otherwise ``Refused``, always the same one.

    A locked name is refused with the right password too. Called outside any transaction.
    """
    username = username.strip().lower()[:60]
    take_attempt("password", username, by=by, at=at)
    account = Account.objects.filter(username=username, kind=AccountKind.STAFF).first()
    hashed = account.password if account is not None else _nobodys_hash()
    good = len(password) <= LONGEST and "\x00" not in password and check_password(password, hashed)
    if account is None or not good or not account.is_active or account.closed_at is not None:
        _tell_failure(account, by, at)
        raise Refused(WRONG_SIGN_IN)
    days = policy.number("account.idle_days", at)
    if at - (account.last_login or account.opened_at) > timedelta(days=days):
        raise Refused(ACCOUNT_ASLEEP, days=days)
    first_days = policy.number("password.first_days", at)
    if account.must_change_password and at - (account.password_changed_at or at) > timedelta(days=first_days):
        raise Refused(FIRST_PASSWORD_OVER, days=first_days)
    return account


def _tell_failure(account: Account | None, by: Actor, at: datetime) -> None:
    known = account.pk if account is not None else None
    entry = by.did(
        "sign_in", at=at, object_type="account", object_id=known, result=Result.FAILED, stream=Stream.SECURITY
    )
    record(entry)


def start_sign_in(account: Account, *, by: Actor, at: datetime, stepped_up: bool) -> SignIn:
    """A new signing in. ``stepped_up``: a second factor was shown just now."""
    with transaction.atomic():
        started = SignIn.objects.create(
            account=account,
            started_at=at,
            seen_at=at,
            stepped_up_at=at if stepped_up else None,
            ip=by.ip,
            device=by.device[:60],
        )
        Account.objects.filter(pk=account.pk).update(last_login=at)
        record(
            _as(account, by).did("sign_in", at=at, object_type="sign_in", object_id=started.pk, stream=Stream.SECURITY)
        )
    forget_attempts("password", account.username)
    return started


def _as(account: Account, by: Actor) -> Actor:
    return Actor(account.pk, by.role, by.institution_id, by.purpose, by.ip, by.device, by.request_id)


def step_up(sign_in_id: int, *, at: datetime) -> None:
    """The second factor was shown again within a session."""
    SignIn.objects.filter(pk=sign_in_id, ended_at=None).update(stepped_up_at=at)


def end_sign_in(sign_in_id: int, *, account_id: int, by: Actor, at: datetime) -> None:
    """End a signing in of ``account_id``: by its owner (her own account's), or by a security administrator.

    Ending one that has ended is the same as ending it once.
    """
    mine = SignIn.objects.filter(pk=sign_in_id, account_id=account_id)
    if not mine.exists():
        raise Refused(NOT_FOUND)
    own = by.account_id == account_id
    why = SignIn.Ended.SIGNED_OUT if own else SignIn.Ended.REVOKED
    with transaction.atomic():
        if mine.filter(ended_at=None).update(ended_at=at, ended_by=by.account_id, ended_why=why):
            said = by.did("sign_in.end", at=at, object_type="sign_in", object_id=sign_in_id, stream=Stream.SECURITY)
            record(said)


def end_all_sign_ins(
    account_id: int, *, by: Actor, at: datetime, but: int | None = None, why: SignIn.Ended = SignIn.Ended.CHANGED
) -> int:
    """End every signing in of an account but one; how many there were. In the caller's transaction."""
    alive = SignIn.objects.filter(account_id=account_id, ended_at=None)
    if but is not None:
        alive = alive.exclude(pk=but)
    return alive.update(ended_at=at, ended_by=by.account_id, ended_why=why)


def alive_sign_ins(account_id: int) -> list[SignIn]:
    """The signings in of an account that have not ended, latest seen first."""
    return list(SignIn.objects.filter(account_id=account_id, ended_at=None).order_by("-seen_at", "-pk")[:100])
