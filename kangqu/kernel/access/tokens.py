"""Bearer tokens for systems: OAuth 2 client credentials (RFC 6749 §4.4). Kept as SHA-256, shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, set_token_value
from oauth2_provider.scopes import BaseScopes

from kangqu.kernel.access.identify import ACCESS_TOKEN_PREFIX
from kangqu.kernel.access.models import Account, AccountKind, Grant
from kangqu.kernel.access.operations import all_operations, all_scopes
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, refusal
from kangqu.kernel.places.models import Institution, InstitutionStatus
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream

SCOPE_UNKNOWN = refusal(
    "scope_unknown",
    "KQ-1760",
    zh="角色 {role} 没有 {scope} 权限。可用：{known}",
    en="The role {role} has no scope {scope}. It has: {known}",
)
TOKEN_ROLE = refusal(
    "token_role",
    "KQ-1761",
    zh="居民和设备不用这种令牌。",
    en="Residents and devices do not use this kind of token.",
)


def new_access_token(request: Any, refresh_token: bool = False) -> str:
    """A new token: 256 random bits behind a prefix that secret scanners can know."""
    return ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(32)


def scopes_open_to(roles: frozenset[Role]) -> list[str]:
    """The scopes of every operation one of ``roles`` may call, sorted."""
    return sorted({each.scope for each in all_operations().values() if each.scope and each.roles & roles})


class ServedScopes(BaseScopes):  # type: ignore[misc]
    """The scopes are those that served operations ask for; a client may ask for those its roles can use."""

    def get_all_scopes(self) -> dict[str, str]:
        return all_scopes()

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        if application is None or application.user_id is None:
            return []
        now = timezone.now()
        roles = Grant.objects.filter(account_id=application.user_id, waits=False, starts_at__lte=now)
        held = {Role(grant.role) for grant in roles if grant.ends_at is None or grant.ends_at > now}
        return scopes_open_to(frozenset(held))

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application)


@dataclass(frozen=True, slots=True)
class Issued:
    """A bearer token, shown once."""

    token: str
    scopes: list[str]
    expires: datetime


def issue_token(
    *, role: Role, institution_code: str, scopes: list[str] | None, days: int, by: Actor, at: datetime
) -> Issued:
    """A bearer token for a script that acts in ``role`` at an institution; all the role's scopes unless some are named.

    One system account per role and institution holds the grant, so that what scripts did is told apart in the trace.
    """
    if role in (Role.RESIDENT, Role.DEVICE):
        raise Refused(TOKEN_ROLE)
    known = scopes_open_to(frozenset({role}))
    unknown = [scope for scope in scopes or () if scope not in known]
    if unknown:
        raise Refused(SCOPE_UNKNOWN, role=role.value, scope=unknown[0], known=", ".join(known) or "—")
    wanted = Institution.objects.filter(code=institution_code)
    where = wanted.filter(status__in=(InstitutionStatus.OPEN, InstitutionStatus.PREPARING)).first()
    if where is None:
        raise Refused(NOT_FOUND, field="institution")
    token, expires = new_access_token(None), at + timedelta(days=days)
    with transaction.atomic():
        client = _client_of(role, where, at)
        row = AccessToken(application=client, user=None, scope=" ".join(scopes or known), expires=expires)
        set_token_value(row, token)
        row.save()
        facts = {"role": role.value, "institution": where.pk, "scopes": scopes or known, "days": days}
        entry = by.did("token.issue", at=at, object_type="account", object_id=client.user_id, facts=facts)
        record(replace(entry, stream=Stream.SECURITY))
    return Issued(token, scopes or known, expires)


def _client_of(role: Role, where: Institution, at: datetime) -> Any:
    """The OAuth client of the system account that acts in ``role`` at ``where``, made when first asked for."""
    account, fresh = Account.objects.get_or_create(
        username=f"script.{role.value}.{where.code}".lower()[:60],
        defaults={
            "kind": AccountKind.SYSTEM,
            "display_name": f"{role.label}（脚本）",
            "opened_at": at,
            "password": "!",
        },
    )
    if fresh or not Grant.objects.filter(account=account, role=role, institution=where, ends_at=None).exists():
        Grant.objects.create(account=account, role=role, institution=where, starts_at=at)
    client, _ = Application.objects.get_or_create(
        user=account,
        defaults={
            "name": account.username,
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_CLIENT_CREDENTIALS,
        },
    )
    return client


@dataclass(frozen=True, slots=True)
class Client:
    """The credentials of a connected system; the secret is shown once."""

    client_id: str
    client_secret: str


def register_client(account: Account, *, by: Actor, at: datetime) -> Client:
    """OAuth 2 client credentials for a system's account. A second registration ends the first and its tokens."""
    if account.kind != AccountKind.SYSTEM:
        raise Refused(TOKEN_ROLE)
    secret = secrets.token_urlsafe(48)
    with transaction.atomic():
        revoke_tokens(account.pk)
        Application.objects.filter(user=account).delete()
        client = Application.objects.create(
            user=account,
            name=account.username,
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            client_secret=secret,
        )
        entry = by.did("client.register", at=at, object_type="account", object_id=account.pk)
        record(replace(entry, stream=Stream.SECURITY))
    return Client(client.client_id, secret)


def revoke_tokens(account_id: int) -> int:
    """End every token of an account's clients, now; how many there were."""
    ended, _ = AccessToken.objects.filter(Q(application__user_id=account_id) | Q(user_id=account_id)).delete()
    return ended
