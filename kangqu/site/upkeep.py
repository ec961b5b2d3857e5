"""Keeping the house: what must be ready before it is needed, and what is kept only for a while.

``prepare`` runs when the house is opened and every hour, ``forget`` every night; either may run twice or late.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.contrib.sessions.models import Session

from kangqu.kernel.access.housekeeping import forget_old
from kangqu.kernel.cases.delivering import forget_delivered
from kangqu.kernel.people.codes.housekeeping import forget_uses
from kangqu.kernel.people.codes.keys import ensure_keys
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.entries import Stream
from kangqu.kernel.trace.partitions import prepare_streams
from kangqu.systems.venue_check.housekeeping import forget_keys


def prepare(at: datetime) -> None:
    """Partitions of every stream for the days around ``at``, and keys to sign codes with."""
    prepare_streams(at)
    ensure_keys(at)


def forget(at: datetime) -> dict[str, int]:
    """Forget what its keep-time is over for; how many of each kind. The trace says so when there was something."""
    gone = {
        "sessions": Session.objects.filter(expire_date__lt=at).delete()[0],
        "access": forget_old(at),
        "events": forget_delivered(at),
        "presence_keys": forget_keys(at),
        **{f"code_{name}": count for name, count in asdict(forget_uses(at)).items()},
    }
    if any(gone.values()):
        record(the_house("clock").did("house.forget", at=at, facts=gone, stream=Stream.SECURITY))
    return gone
