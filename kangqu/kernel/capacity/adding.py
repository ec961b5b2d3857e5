"""A place beyond the roster's (加号), for a named person, as far as a policy allows."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.ids import Random
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.booking import Booked, Wanted, book
from kangqu.kernel.capacity.kinds import ADDED
from kangqu.kernel.capacity.models import Seat, Session, Slot
from kangqu.kernel.capacity.policy import number
from kangqu.kernel.capacity.refusals import FULL, NO_MORE_ADDED, SLOT_UNKNOWN
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_SYSTEM_RANDOM: Final = random.SystemRandom()


def add(wanted: Wanted, *, why: str, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM) -> Booked:
    """Book the slot named; when it is full, add a seat to it for this person. Raises NO_MORE_ADDED beyond the policy's number.

    The added seat is hers alone: it goes when the booking ends, and nobody who waits is given it.
    """
    try:
        return book(wanted, by=by, at=at, rng=rng)
    except Refused as refused:
        if refused.why is not FULL:
            raise
    with transaction.atomic():
        Session.objects.select_for_update().get(pk=wanted.session_id)
        slot = Slot.objects.filter(pk=wanted.slot_id or 0, session=wanted.session_id).first()
        if slot is None:
            raise Refused(SLOT_UNKNOWN)
        allowed = number("over_of_a_session", at)
        if Seat.objects.filter(session=wanted.session_id, over=True).count() >= allowed:
            raise Refused(NO_MORE_ADDED, count=allowed)
        Seat.objects.create(
            session_id=wanted.session_id, slot=slot, starts_at=slot.starts_at, channel=ADDED, opens={ADDED: at.isoformat()}, over=True
        )  # fmt: skip
        hers = replace(
            wanted, channel=ADDED, hold=None, facts={**wanted.facts, "channel": wanted.channel, "why": why[:200]}
        )
        booked = book(hers, by=by, at=at, rng=rng)
        told: dict[str, Any] = {"session": wanted.session_id, "slot": slot.pk}
        record(
            by.did(
                "capacity.over", at=at, person_id=wanted.person_id, object_type="booking", object_id=booked.id, reason=why[:200],
                facts=told,
            )
        )  # fmt: skip
    return booked
