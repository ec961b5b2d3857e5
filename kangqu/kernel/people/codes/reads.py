"""What may be asked of codes: the public keys, and which paper cards are no longer good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from kangqu.kernel.people.codes.handles import pack
from kangqu.kernel.people.codes.keys import key_set
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import Card, CardKind


def published_keys(at: datetime) -> dict[str, Any]:
    """Everything a reader without a network needs to judge codes: public keys (JWK), limits, and the city's time."""
    keys = key_set(at).keys
    return {"at": at.isoformat(), "limits": limits_at(at).published(), "keys": [key.jwk() for key in keys.values()]}


def revocations(at: datetime, *, since: datetime | None = None) -> dict[str, Any]:
    """Handles of paper cards revoked since ``since`` (all, without it) and of all cards suspended now.

    Packed: six bytes each, ascending, base64. Dynamic codes need no list: a revoked card issues none, and the last one
    it issued is over within its validity. Cards too old to be accepted anyway are left out.
    """
    oldest = at - limits_at(at).paper_valid
    revoked = Card.objects.filter(kind=CardKind.PAPER, revoked_at__lte=at, issued_at__gte=oldest)
    if since is not None:
        revoked = revoked.filter(revoked_at__gte=since)
    suspended = Card.objects.filter(Q(suspended_at__lte=at), revoked_at=None)
    return {
        "at": at.isoformat(),
        "since": since.isoformat() if since else None,
        "revoked": pack(revoked.values_list("handle", flat=True)),
        "suspended": pack(suspended.values_list("handle", flat=True)),
    }
