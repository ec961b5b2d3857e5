"""What a doctor does with whoever waits: call, call again, pass, take in, send for tests, finish. Conditional UPDATEs throughout."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity import arriving
from kangqu.kernel.capacity.models import Session
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.care import first
from kangqu.systems.appointments.day import nearing
from kangqu.systems.appointments.day.models import CAN_BE_CALLED, Call, Post, Visit, VisitState
from kangqu.systems.appointments.day.reads import queue_of
from kangqu.systems.appointments.day.refusals import CALLED_ALREADY, NOBODY_WAITS, WRONG_STEP

LONGEST_ROOM: Final = 60


def stand(session: Session, *, room: str, by: Actor, at: datetime) -> Post:
    """Have the doctor at work in a session, in a room ("": where he is already, or the clinic's own)."""
    given = room.replace("\x00", "").strip()[:LONGEST_ROOM]
    first = given or str(session.schedule.facts.get("room", ""))[:LONGEST_ROOM]
    Post.objects.get_or_create(session=session, doctor_id=by.account_id or 0, defaults={"room": first, "seen_at": at})
    post = Post.objects.select_for_update().get(session=session, doctor_id=by.account_id or 0)
    post.room, post.seen_at = given or post.room, at
    post.save(update_fields=["room", "seen_at"])
    return post


def call_next(session: Session, *, room: str = "", by: Actor, at: datetime) -> Visit:
    """Call whoever is next, to this doctor's room. Of two doctors who press at once each gets another patient.

    Raises CALLED_ALREADY while somebody he called has neither come in nor been passed; NOBODY_WAITS.
    """
    with transaction.atomic():
        post = stand(session, room=room, by=by, at=at)
        mine = Visit.objects.filter(session=session, state=VisitState.CALLED, doctor_id=by.account_id)
        called = mine.values_list("label", flat=True).first()
        if called is not None:
            raise Refused(CALLED_ALREADY, label=called)
        for visit in queue_of(session, at=at).waiting:
            taken = _rows(visit).filter(state__in=CAN_BE_CALLED)
            if taken.update(state=VisitState.CALLED, doctor_id=by.account_id, room=post.room, called_at=at):
                _rows(visit).filter(first_called_at=None).update(first_called_at=at)
                return _called(visit, by, at)
        raise Refused(NOBODY_WAITS)


def call_again(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """Call once more whom one has called."""
    with transaction.atomic():
        _turn(visit, (VisitState.CALLED,), by, "appointments.call_again", at, mine=True, called_at=at)
        return _again(visit)


def _called(visit: Visit, by: Actor, at: datetime) -> Visit:
    Call.objects.create(
        person_id=visit.person_id, visit_id=visit.id, session_id=visit.session_id, doctor_id=by.account_id, at=at
    )
    _trace(visit, "appointments.call_next", by, at)
    nearing.tell_near(visit.session, by=by, at=at)
    return _again(visit)


def passed(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """Note that she did not answer: she is called again after others."""
    with transaction.atomic():
        _turn(
            visit, (VisitState.CALLED,), by, "appointments.pass", at, mine=True, state=VisitState.PASSED, passes=F("passes") + 1, since=at
        )  # fmt: skip
        return _again(visit)


def enter(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """Note that she has come in. Whoever sees her first in an episode is responsible for her."""
    with transaction.atomic():
        _turn(
            visit, (VisitState.CALLED,), by, "appointments.enter", at, mine=True, state=VisitState.IN_ROOM, in_room_at=at, passes=0
        )  # fmt: skip
        inside = _again(visit)
        first.seen(inside, by=by, at=at)
        return inside


def send_for_tests(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """Send her for tests; back from them she waits again."""
    with transaction.atomic():
        took = F("took_seconds") + _seconds(visit, at)
        _turn(
            visit, (VisitState.IN_ROOM,), by, "appointments.send_for_tests", at, mine=True, state=VisitState.OUT_FOR_TESTS,
            took_seconds=took,
        )  # fmt: skip
        return _again(visit)


def come_back(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """Back from tests, or to the hall after all: she waits again, after the next few."""
    with transaction.atomic():
        _turn(
            visit, (VisitState.OUT_FOR_TESTS, VisitState.LEFT), by, "appointments.come_back", at, state=VisitState.BACK, since=at
        )  # fmt: skip
        return _again(visit)


def leave(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """Note that she went without being seen (to the end)."""
    with transaction.atomic():
        _turn(visit, (*CAN_BE_CALLED, VisitState.OUT_FOR_TESTS), by, "appointments.leave", at, state=VisitState.LEFT)
        return _again(visit)


def finish(visit: Visit, *, tests_pending: bool = False, by: Actor, at: datetime) -> Visit:
    """End the visit; her booking is fulfilled. ``tests_pending``: tests cannot be done or reported today, the episode goes on."""
    with transaction.atomic():
        took = F("took_seconds") + _seconds(visit, at)
        _turn(
            visit, (VisitState.IN_ROOM,), by, "appointments.finish", at, mine=True, state=VisitState.FINISHED, finished_at=at,
            took_seconds=took,
        )  # fmt: skip
        arriving.finish(visit.person_id, visit.booking_id, by=by, at=at)
        first.done(visit, tests_pending=tests_pending, by=by, at=at)
        return _again(visit)


def finish_pending(visit: Visit, *, by: Actor, at: datetime) -> Visit:
    """End the visit with tests left open."""
    return finish(visit, tests_pending=True, by=by, at=at)


def _seconds(visit: Visit, at: datetime) -> int:
    since = _rows(visit).values_list("in_room_at", flat=True).get()
    return min(6 * 3600, max(1, int((at - since).total_seconds()))) if since is not None else 0


def _rows(visit: Visit) -> Any:
    return Visit.objects.filter(person_id=visit.person_id, id=visit.id)


def _turn(
    visit: Visit,
    before: tuple[VisitState, ...],
    by: Actor,
    action: str,
    at: datetime,
    *,
    mine: bool = False,
    **change: Any,
) -> None:
    """Move a visit out of one of the states ``before``; ``mine``: only whoever called her may."""
    rows = _rows(visit).filter(state__in=before)
    if mine:
        rows = rows.filter(doctor_id=by.account_id)
    if not rows.update(**change):
        now = _again(visit)
        raise Refused(WRONG_STEP, label=now.label, state=now.get_state_display())
    _trace(visit, action, by, at)


def _trace(visit: Visit, action: str, by: Actor, at: datetime) -> None:
    facts = {"number": visit.label, "session": visit.session_id}
    record(
        by.did(action, at=at, person_id=visit.person_id, object_type="visit", object_id=visit.id, facts=facts)
    )  # fmt: skip


def _again(visit: Visit) -> Visit:
    found: Visit = _rows(visit).select_related("person", "session").get()
    return found
