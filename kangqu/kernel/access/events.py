"""What happened to an account that its holder must hear of: locks, passwords, authenticators, roles.

Staff have no address outside the house, so they are told when they next sign in and on the page of their account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kangqu.kernel.access.models import Account, AccountEvent, AccountKind
from kangqu.kernel.trace.actor import Actor

Kind = AccountEvent.Kind


def note_event(account_id: int, kind: AccountEvent.Kind, *, by: Actor, at: datetime) -> None:
    """Note what the holder is to be told. In the caller's transaction, with the fact itself."""
    AccountEvent.objects.create(
        account_id=account_id, kind=kind, at=at, by_id=by.account_id, ip=by.ip, device=by.device[:60]
    )


def note_lock(attempted: str, subject: str, *, by: Actor, at: datetime) -> None:
    """A password or a one-time code was missed too often: told to the account it was tried on, if there is one."""
    if attempted == "password" and "\x00" not in subject:
        found = Account.objects.filter(username=subject, kind=AccountKind.STAFF)
    elif attempted == "totp" and subject.isascii() and subject.isdigit():
        found = Account.objects.filter(pk=int(subject), kind=AccountKind.STAFF)
    else:
        return
    for account_id in found.filter(closed_at=None).values_list("pk", flat=True):
        note_event(account_id, Kind.LOCKED if attempted == "password" else Kind.CODE_LOCKED, by=by, at=at)


def events_of(account_id: int, *, limit: int = 20) -> list[AccountEvent]:
    """What happened to an account lately, newest first."""
    return list(AccountEvent.objects.filter(account_id=account_id).order_by("-at", "-pk")[:limit])


def take_unheard(account_id: int, *, at: datetime, limit: int = 5) -> Sequence[AccountEvent]:
    """What its holder has not been told yet, oldest first; from now on it counts as told."""
    unheard = list(AccountEvent.objects.filter(account_id=account_id, told_at=None).order_by("at", "pk"))
    AccountEvent.objects.filter(pk__in=[event.pk for event in unheard]).update(told_at=at)
    return unheard[-limit:]
