"""Bearer tokens for systems: OAuth 2 client credentials (RFC 6749 §4.4). Kept as SHA-256, shown once."""

from __future__ import annotations

import secrets
from typing import Any

from django.utils import timezone
from oauth2_provider.scopes import BaseScopes

from kangqu.kernel.access.identify import ACCESS_TOKEN_PREFIX
from kangqu.kernel.access.models import Grant
from kangqu.kernel.access.operations import all_operations, all_scopes
from kangqu.kernel.access.roles import Role


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
