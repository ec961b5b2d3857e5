"""A calendar feed's secret address: opened once, read without signing in, ended by a press."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kangqu.kernel.access.models import Account, AccountKind
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.reads import person_of_id
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.models import Feed

_BYTES: Final = 32
_READ_AGAIN: Final = timedelta(minutes=10)


def open_feed(viewer: Viewer, *, by: Actor, at: datetime, secret: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """Open a feed for the resident, ending the one she has; its token, which is shown now and kept nowhere."""
    token = secret(_BYTES)
    with transaction.atomic():
        Feed.objects.select_for_update().filter(account_id=viewer.account_id or 0, ended_at=None).update(ended_at=at)
        made = Feed.objects.create(
            account_id=viewer.account_id or 0, person_id=viewer.person_id or 0, token_sha256=_digest(token), made_at=at
        )
        record(by.did("appointments.feed", at=at, person_id=viewer.person_id, object_type="feed", object_id=made.pk))
    return token


def end_feed(viewer: Viewer, *, by: Actor, at: datetime) -> bool:
    """End the feed; whether there was one. Its address answers nothing from then on."""
    with transaction.atomic():
        ended = Feed.objects.filter(account_id=viewer.account_id or 0, ended_at=None).update(ended_at=at)
        if ended:
            record(by.did("appointments.end_feed", at=at, person_id=viewer.person_id, object_type="feed"))
    return bool(ended)


def feed_of(viewer: Viewer) -> Feed | None:
    return Feed.objects.filter(account_id=viewer.account_id or 0, ended_at=None).first()


def reader_of(token: str, *, at: datetime) -> Viewer:
    """Who reads under a token: the resident of its account, as long as both last; ``Refused(NOT_FOUND)`` for any other."""
    feed = Feed.objects.filter(token_sha256=_digest(token), ended_at=None).first() if 20 < len(token) < 100 else None
    account = Account.objects.filter(pk=feed.account_id, is_active=True, closed_at=None).first() if feed else None
    if feed is None or account is None or account.person_id is None:
        raise Refused(NOT_FOUND)
    if feed.read_at is None or feed.read_at < at - _READ_AGAIN:
        Feed.objects.filter(pk=feed.pk).update(read_at=at)
    root = person_of_id(account.person_id).pk
    return Viewer(
        principal_id=account.pk,
        account_id=account.pk,
        kind=AccountKind.RESIDENT,
        person_id=root,
        language=account.language,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
