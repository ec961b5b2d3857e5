"""Delivering what was told, at least once, to everybody who listens.

An event is claimed by one UPDATE that counts the attempt and puts its next turn off; then its handler runs in one
transaction that also marks it done. A worker killed in between has done nothing, and the event comes again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.listening import Heard, handler_of
from kangqu.kernel.cases.models import Event, EventState
from kangqu.kernel.cases.policy import number
from kangqu.kernel.cases.refusals import EVENT_GONE
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_log = structlog.get_logger("kangqu.cases")

_CLAIM: Final = """
UPDATE cases_event SET attempts = attempts + 1, due_at = %(again)s::timestamptz
 WHERE id IN (SELECT id FROM cases_event WHERE state = 'waiting' AND due_at <= %(at)s::timestamptz
               ORDER BY due_at, id LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED)
RETURNING id, attempts
"""
_DONE: Final = """
UPDATE cases_event SET state = 'done', done_at = %(at)s::timestamptz, last_error = ''
 WHERE id = %(id)s::bigint AND state = 'waiting' AND attempts = %(attempts)s::smallint RETURNING id
"""
AT_ONCE: Final = 200


def deliver_due(at: datetime, limit: int = AT_ONCE) -> int:
    """Deliver what waits, oldest first; how many events were delivered."""
    again = at + timedelta(seconds=number("cases.events.lease_seconds", at))
    claimed = run(_CLAIM, {"again": again, "at": at, "limit": limit})
    return sum(deliver(event_id, attempts, at) for event_id, attempts in sorted(claimed))


def deliver(event_id: int, attempts: int, at: datetime) -> bool:
    """Deliver one claimed event; whether its listener took it. What fails waits longer each time and is parked at last."""
    event = Event.objects.get(pk=event_id)
    try:
        with transaction.atomic():
            if not run(_DONE, {"id": event_id, "attempts": attempts, "at": at}):
                return False
            handler = handler_of(event.name, event.listener)
            if handler is None:
                raise LookupError(f"nobody is {event.listener} any more")
            handler(_heard(event))
        return True
    except Exception as trouble:  # noqa: BLE001 - whatever a listener stumbles over is noted, tried again, parked
        _failed(event, attempts, trouble, at)
        return False


def _heard(event: Event) -> Heard:
    case = snapshot(event.case_id)
    assert case is not None
    return Heard(
        id=event.pk,
        name=event.name,
        case_id=case.id,
        seq=event.seq,
        person_id=case.person_id,
        institution_id=case.institution_id,
        facts=case.facts,
        values=event.values,
        told_at=event.told_at,
    )


def _failed(event: Event, attempts: int, trouble: Exception, at: datetime) -> None:
    _log.warning(
        "event failed", number=event.pk, told=event.name, listener=event.listener, error=type(trouble).__name__
    )
    told = f"{trouble.why.code} {trouble.why.name}" if isinstance(trouble, Refused) else type(trouble).__name__
    parked = attempts >= number("cases.events.attempts", at)
    wait = number("cases.events.retry_seconds", at) * 2 ** min(attempts - 1, 12)
    Event.objects.filter(pk=event.pk, state=EventState.WAITING, attempts=attempts).update(
        state=EventState.PARKED if parked else EventState.WAITING,
        due_at=at + timedelta(seconds=wait),
        last_error=told[:300],
    )


def parked_events(limit: int = 50) -> list[Event]:
    """The events nobody will deliver unless somebody says so, oldest first."""
    return list(Event.objects.filter(state=EventState.PARKED).select_related("case").order_by("told_at", "id")[:limit])


def deliver_again(event_id: int, *, by: Actor, at: datetime) -> None:
    """Put a parked event back: it is delivered at once, with all its attempts before it."""
    with transaction.atomic():
        parked = Event.objects.filter(pk=event_id, state=EventState.PARKED)
        if not parked.update(state=EventState.WAITING, due_at=at, attempts=0):
            raise Refused(EVENT_GONE)
        record(by.did("case.event_again", at=at, object_type="event", object_id=event_id))


def forget_delivered(at: datetime) -> int:
    """Forget events delivered longer ago than the policy keeps them; how many."""
    before = at - timedelta(days=number("cases.events.keep_days", at))
    gone, _ = Event.objects.filter(state=EventState.DONE, done_at__lt=before).delete()
    return gone


def waiting_since(at: datetime) -> timedelta:
    """How long the oldest event that should have been delivered waits."""
    first = Event.objects.filter(state=EventState.WAITING).order_by("due_at").values_list("told_at", flat=True).first()
    return max(at - first, timedelta(0)) if first is not None else timedelta(0)
