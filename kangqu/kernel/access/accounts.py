"""Accounts and grants: opened, given, confirmed by a second pair of eyes, ended, closed.

``by`` is the viewer who asks, or None when the operator does at the machine itself (first set-up, sample data).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from kangqu.kernel.access.attempts import forget_attempts, take_attempt
from kangqu.kernel.access.emergency import NOT_ONES_OWN
from kangqu.kernel.access.events import Kind, note_event
from kangqu.kernel.access.models import Account, AccountKind, Grant, SignIn
from kangqu.kernel.access.operations import STAFF_ROLES
from kangqu.kernel.access.passwords import LONGEST, check_new_password, first_password, set_password
from kangqu.kernel.access.roles import ADMIN_ROLES, Role
from kangqu.kernel.access.second_factor import drop_second_factor
from kangqu.kernel.access.sign_ins import WRONG_SIGN_IN, end_all_sign_ins
from kangqu.kernel.access.tokens import revoke_tokens
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, NOT_YOURS, STALE, Refused, refusal
from kangqu.kernel.places.models import Institution, InstitutionStatus
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.entries import Stream

USERNAME_TAKEN = refusal(
    "username_taken", "KQ-1750", zh="这个登录名已有人用。", en="This user name is taken.", status=409
)
USERNAME_FORMAT = refusal(
    "username_format",
    "KQ-1751",
    zh="登录名为 3–60 位小写字母、数字、点、横线，以字母开头。",
    en="A user name has 3–60 small letters, digits, dots and dashes, and begins with a letter.",
)
ADMINS_APART = refusal(
    "admins_apart",
    "KQ-1752",
    zh="系统、安全、审计三种管理员不能由同一账户担任。",
    en="System, security and audit administrators must be three accounts.",
    status=409,
)
ALREADY_GRANTED = refusal(
    "already_granted", "KQ-1753", zh="这个账户已有此角色。", en="The account already holds this role.", status=409
)
ROLE_NOT_FOR_ACCOUNT = refusal(
    "role_not_for_account",
    "KQ-1754",
    zh="这个角色不能授予这类账户。",
    en="This role is not for this kind of account.",
)
SECOND_EYES = refusal(
    "second_eyes",
    "KQ-1755",
    zh="须由另一位安全管理员确认。",
    en="Another security administrator must confirm this.",
    status=403,
)
_USERNAME: Final = re.compile(r"[a-z][a-z0-9.\-]{2,59}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A new or reset account with its one-time password, which is shown once and must be changed."""

    account: Account
    password: str


def _actor(by: Viewer | None) -> Actor:
    return by.actor() if by is not None else the_house("operator")


def _open_institution(code: str) -> Institution:
    wanted = Institution.objects.filter(code=code, status__in=(InstitutionStatus.OPEN, InstitutionStatus.PREPARING))
    found = wanted.first()
    if found is None:
        raise Refused(NOT_FOUND, field="institution")
    return found


def _may_give(by: Viewer | None, role: Role, where: Institution) -> None:
    """Security administrators give every role in their subtree; managers those that do not administer."""
    if by is None or by.reaches(where.path, {Role.SECURITY_ADMIN}):
        return
    if role in ADMIN_ROLES or not by.reaches(where.path, {Role.INSTITUTION_MANAGER}):
        raise Refused(NOT_YOURS)


def _may_manage(by: Viewer | None, account: Account) -> None:
    """Who may reset or close an account: whoever may give every role it holds. Nobody their own."""
    if by is None:
        return
    if by.account_id == account.pk:
        raise Refused(NOT_ONES_OWN)
    grants = list(Grant.objects.filter(account=account, ends_at=None).select_related("institution"))
    if not grants and Role.SECURITY_ADMIN not in by.roles:
        raise Refused(NOT_FOUND)
    for grant in grants:
        try:
            _may_give(by, Role(grant.role), grant.institution)
        except Refused:
            raise Refused(NOT_FOUND) from None


def open_staff_account(
    *,
    username: str,
    display_name: str,
    role: Role,
    institution_code: str,
    by: Viewer | None,
    at: datetime,
    rng: random.Random,
    demo: bool = False,
) -> Opened:
    """A new staff account with its first role and a one-time password."""
    username, display_name = username.strip().lower(), display_name.strip()
    if not _USERNAME.fullmatch(username):
        raise Refused(USERNAME_FORMAT, field="username")
    if not 0 < len(display_name) <= 100 or not display_name.isprintable():
        raise Refused(BAD_INPUT, field="display_name", detail="display_name")
    where = _open_institution(institution_code)
    _may_give(by, role, where)
    password = first_password(rng)
    try:
        with transaction.atomic():
            account = Account.objects.create(
                kind=AccountKind.STAFF, username=username, display_name=display_name, opened_at=at, demo=demo
            )
            set_password(account, password, at=at, must_change=True)
            _tell("account.open", account, by, at, {"username": username})
            grant_role(account_id=account.pk, role=role, institution_code=institution_code, by=by, at=at)
    except IntegrityError:
        raise Refused(USERNAME_TAKEN, field="username") from None
    return Opened(account, password)


def account_numbered(number: int) -> Account:
    """The open account of a number a session remembers."""
    account = Account.objects.filter(pk=number, is_active=True, closed_at=None).first()
    if account is None:
        raise Refused(NOT_FOUND)
    return account


def _tell(action: str, account: Account, by: Viewer | None, at: datetime, facts: dict[str, Any] | None = None) -> None:
    said = _actor(by).did(
        action, at=at, object_type="account", object_id=account.pk, facts=facts, stream=Stream.SECURITY
    )
    record(said)


def _locked(account_id: int) -> Account:
    account = Account.objects.select_for_update().filter(pk=account_id, closed_at=None).first()
    if account is None:
        raise Refused(NOT_FOUND)
    return account


def account_managed_by(account_id: int, by: Viewer | None) -> Account:
    """The open staff account of a number, locked, if ``by`` administers it; ``Refused`` otherwise. Nobody their own."""
    account = _locked(account_id)
    _may_manage(by, account)
    if account.kind != AccountKind.STAFF:
        raise Refused(NOT_FOUND)
    return account


def grant_role(*, account_id: int, role: Role, institution_code: str, by: Viewer | None, at: datetime) -> Grant:
    """Give a role at an institution. Nobody gives one to himself; an administrator's waits for a second pair of eyes."""
    where = _open_institution(institution_code)
    _may_give(by, role, where)
    with transaction.atomic():
        account = _locked(account_id)
        if by is not None and by.account_id == account_id:
            raise Refused(NOT_ONES_OWN)
        fitting = {AccountKind.STAFF: STAFF_ROLES, AccountKind.SYSTEM: frozenset(Role) - {Role.RESIDENT, Role.DEVICE}}
        if role not in fitting.get(AccountKind(account.kind), frozenset()):
            raise Refused(ROLE_NOT_FOR_ACCOUNT, field="role")
        held = Grant.objects.filter(account=account, ends_at=None)
        if role in ADMIN_ROLES and held.filter(role__in=ADMIN_ROLES - {role}).exists():
            raise Refused(ADMINS_APART, field="role")
        if held.filter(role=role, institution=where).exists():
            raise Refused(ALREADY_GRANTED, field="role")
        waits = role in ADMIN_ROLES and by is not None
        grant = Grant.objects.create(
            account=account,
            role=role,
            institution=where,
            starts_at=at,
            granted_by=by.account_id if by else None,
            waits=waits,
        )
        _told_grant("grant.give", grant, by, at)
        if not waits and account.last_login is not None:
            note_event(account_id, Kind.ROLE_GIVEN, by=_actor(by), at=at)
        end_all_sign_ins(account_id, by=_actor(by), at=at)
    return grant


def _told_grant(action: str, grant: Grant, by: Viewer | None, at: datetime) -> None:
    facts = {"role": grant.role, "institution": grant.institution_id, "account": grant.account_id}
    record(_actor(by).did(action, at=at, object_type="grant", object_id=grant.pk, facts=facts, stream=Stream.SECURITY))


def confirm_grant(*, grant_id: int, by: Viewer, at: datetime) -> None:
    """A second security administrator confirms an administrator's grant: not the one who gave it, not who gets it."""
    with transaction.atomic():
        waiting = Grant.objects.filter(pk=grant_id, waits=True, ends_at=None)
        grant = waiting.select_for_update(of=("self",)).select_related("institution").first()
        if grant is None or not by.reaches(grant.institution.path, {Role.SECURITY_ADMIN}):
            raise Refused(NOT_FOUND)
        if by.account_id == grant.account_id:
            raise Refused(NOT_ONES_OWN)
        if by.account_id == grant.granted_by:
            raise Refused(SECOND_EYES)
        waiting.update(waits=False, confirmed_by=by.account_id, starts_at=at)
        _told_grant("grant.confirm", grant, by, at)
        note_event(grant.account_id, Kind.ROLE_GIVEN, by=by.actor(), at=at)
        end_all_sign_ins(grant.account_id, by=by.actor(), at=at)


def end_grant(*, grant_id: int, by: Viewer | None, at: datetime) -> None:
    """Take a role back; its holder's sessions end. Ending it twice is the same as once."""
    with transaction.atomic():
        grant = Grant.objects.select_for_update(of=("self",)).select_related("institution").filter(pk=grant_id).first()
        if grant is None:
            raise Refused(NOT_FOUND)
        if by is not None and by.account_id == grant.account_id:
            raise Refused(NOT_ONES_OWN)
        try:
            _may_give(by, Role(grant.role), grant.institution)
        except Refused:
            raise Refused(NOT_FOUND) from None
        if Grant.objects.filter(pk=grant_id, ends_at=None).update(ends_at=at, ended_by=by.account_id if by else None):
            _told_grant("grant.end", grant, by, at)
            note_event(grant.account_id, Kind.ROLE_ENDED, by=_actor(by), at=at)
            end_all_sign_ins(grant.account_id, by=_actor(by), at=at)


def reset_account(*, account_id: int, by: Viewer | None, at: datetime, rng: random.Random) -> Opened:
    """A new one-time password for somebody who lost theirs or fell asleep; the authenticator is set up anew."""
    with transaction.atomic():
        account = _locked(account_id)
        _may_manage(by, account)
        if account.kind != AccountKind.STAFF:
            raise Refused(NOT_FOUND)
        password = first_password(rng)
        set_password(account, password, at=at, must_change=True)
        drop_second_factor(account)
        Account.objects.filter(pk=account_id).update(is_active=True, last_login=at)
        end_all_sign_ins(account_id, by=_actor(by), at=at)
        _tell("account.reset", account, by, at)
        note_event(account_id, Kind.RESET, by=_actor(by), at=at)
    forget_attempts("password", account.username)
    return Opened(account, password)


def end_sessions(*, account_id: int, by: Viewer | None, at: datetime) -> int:
    """End every session of somebody's account, as its administrator; how many there were."""
    with transaction.atomic():
        account = _locked(account_id)
        _may_manage(by, account)
        ended = end_all_sign_ins(account_id, by=_actor(by), at=at, why=SignIn.Ended.REVOKED)
        _tell("account.sessions_end", account, by, at, {"ended": ended})
    return ended


def close_account(*, account_id: int, by: Viewer | None, at: datetime) -> None:
    """Close an account for good: its grants, sessions and tokens end now."""
    with transaction.atomic():
        account = _locked(account_id)
        _may_manage(by, account)
        Account.objects.filter(pk=account_id).update(is_active=False, closed_at=at)
        Grant.objects.filter(account=account, ends_at=None).update(ends_at=at, ended_by=by.account_id if by else None)
        end_all_sign_ins(account_id, by=_actor(by), at=at)
        revoke_tokens(account_id)
        _tell("account.close", account, by, at)


def change_password(*, viewer: Viewer, old: str, new: str, at: datetime) -> None:
    """Change one's own password, knowing the old one; every other session of the account ends."""
    mine = Account.objects.filter(pk=viewer.account_id or 0, kind=AccountKind.STAFF).first()
    if mine is None:
        raise Refused(NOT_YOURS)
    take_attempt("password", mine.username, by=viewer.actor(), at=at)
    if len(old) > LONGEST or not mine.check_password(old):
        raise Refused(WRONG_SIGN_IN, field="old")
    forget_attempts("password", mine.username)
    with transaction.atomic():
        account = _locked(mine.pk)
        if account.password != mine.password:
            raise Refused(STALE)
        check_new_password(account, new, at=at)
        set_password(account, new, at=at, must_change=False)
        end_all_sign_ins(account.pk, by=viewer.actor(), at=at, but=viewer.sign_in_id)
        _tell("password.change", account, viewer, at)
        note_event(account.pk, Kind.PASSWORD_CHANGED, by=viewer.actor(), at=at)


@dataclass(frozen=True, slots=True)
class StaffRow:
    """An account as the administration's list shows it."""

    account: Account
    grants: list[Grant]


def staff_in_scope(viewer: Viewer, *, text: str = "", limit: int = 50) -> list[StaffRow]:
    """Staff with a role in the subtree of the viewer's administration, by name or user name."""
    places = Q(pk__in=[])
    for held in viewer.holding({Role.SECURITY_ADMIN, Role.INSTITUTION_MANAGER, Role.AUDIT_ADMIN}):
        places |= Q(institution__path__startswith=held.path)
    grants = Grant.objects.filter(places, ends_at=None)
    accounts = Account.objects.filter(kind=AccountKind.STAFF, pk__in=grants.values("account_id"))
    if text := text.replace("\x00", "").strip()[:60]:
        accounts = accounts.filter(Q(username__startswith=text.lower()) | Q(display_name__startswith=text))
    found = list(accounts.order_by("username")[: max(1, min(limit, 200))])
    held_by: dict[int, list[Grant]] = {account.pk: [] for account in found}
    for grant in grants.filter(account__in=found).select_related("institution").order_by("pk"):
        held_by[grant.account_id].append(grant)
    return [StaffRow(account, held_by[account.pk]) for account in found]
