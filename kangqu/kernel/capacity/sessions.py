"""Sessions made from rosters, as far ahead as asked, and kept in step with them while nobody has booked."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.models import Booking, RosterException, RosterRow, Schedule, Seat, Session, Slot
from kangqu.kernel.capacity.policy import opens_of, release_of
from kangqu.kernel.capacity.rosters import Draft, Row, sessions_of
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

LETTER: Final = "S"
_SYSTEM_RANDOM: Final = random.SystemRandom()
_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Generated:
    """How many sessions were made, made anew, taken away; and those with bookings that are no longer as the roster says."""

    made: int = 0
    anew: int = 0
    gone: int = 0
    differing: tuple[int, ...] = ()


def generate(schedule_id: int, *, until: date, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM) -> Generated:
    """Make the sessions of a schedule from tomorrow (today's that are yet to begin, too) until ``until``.

    Repeating it changes nothing. What somebody has booked is left as it is and named; a person decides.
    """
    with transaction.atomic():
        schedule = Schedule.objects.select_for_update().filter(pk=schedule_id).first()
        if schedule is None:
            raise Refused(NOT_FOUND)
        first = city_day(at)
        wanted = {} if schedule.ended_at is not None else _wanted(schedule, first, until, at)
        there = {
            each.starts_at: each
            for each in Session.objects.filter(schedule=schedule, starts_at__gt=at, starts_at__lt=day_starts(until + timedelta(1)))
        }  # fmt: skip
        differing, anew, gone = list[int](), 0, 0
        for starts, session in there.items():
            if starts in wanted and _as_wanted(session, wanted[starts]):
                del wanted[starts]
            elif session.state != "open" or not _taken_away(session):
                differing.append(session.pk)
                wanted.pop(starts, None)
            elif starts in wanted:
                anew += 1
            else:
                gone += 1
        _make(schedule, wanted.values(), at, rng)
        done = Generated(len(wanted) - anew, anew, gone, tuple(sorted(differing)))
        if wanted or gone:
            facts = {"until": until.isoformat(), "made": done.made, "anew": anew, "gone": gone}
            record(by.did("capacity.generate", at=at, object_type="schedule", object_id=schedule.pk, facts=facts))
    return done


def _wanted(schedule: Schedule, first: date, until: date, at: datetime) -> dict[datetime, Draft]:
    rows = [_row(each) for each in RosterRow.objects.filter(schedule=schedule)]
    asked = RosterException.objects.filter(schedule=schedule, day__gte=first, day__lte=until)
    exceptions = {each.day: [row_of(row) for row in each.rows] for each in asked}
    found: dict[datetime, Draft] = {}
    for day in (first + timedelta(days=number) for number in range((until - first).days + 1)):
        for draft in sessions_of(day, rows, on_holidays=schedule.on_holidays, exception=exceptions.get(day)):
            if draft.starts_at > at:
                found[draft.starts_at] = draft
    return found


def _row(row: RosterRow) -> Row:
    return Row(row.weekday, row.begins, row.ends, row.slot_minutes, row.quotas, row.off_peak, row.since, row.until)


def row_of(kept: Mapping[str, Any]) -> Row:
    """A row of an exception as it is kept."""
    begins, ends = time.fromisoformat(kept["begins"]), time.fromisoformat(kept["ends"])
    return Row(0, begins, ends, kept["slot_minutes"], kept["quotas"], kept.get("off_peak", False))


def _as_wanted(session: Session, draft: Draft) -> bool:
    """Whether a session is as the roster has it: its slots, its seats by channel (added ones aside)."""
    if (session.ends_at, session.off_peak) != (draft.ends_at, draft.off_peak):
        return False
    slots = list(Slot.objects.filter(session=session).order_by("starts_at").values_list("starts_at", "ends_at"))
    if slots != list(draft.slots):
        return False
    counted = dict.fromkeys(draft.quotas, 0)
    for channel in Seat.objects.filter(session=session, over=False).values_list("channel", flat=True):
        counted[channel] = counted.get(channel, 0) + 1
    return counted == {channel: seats * len(draft.slots) for channel, seats in draft.quotas.items()}


def _taken_away(session: Session) -> bool:
    """Take a session away if nobody has had to do with it. Seats first: whoever is just taking one is waited for."""
    list(Seat.objects.select_for_update().filter(session=session).order_by("id").values_list("id"))
    Session.objects.select_for_update().get(pk=session.pk)
    if Booking.objects.filter(session=session).exists():
        return False
    session.delete()
    return True


def _make(schedule: Schedule, drafts: Iterable[Draft], at: datetime, rng: Random) -> None:
    drafts = sorted(drafts, key=lambda each: each.starts_at)
    sessions = [
        _session(schedule, draft, number, at, rng) for draft, number in zip(drafts, take_ids(len(drafts)), strict=True)
    ]
    Session.objects.bulk_create(sessions, batch_size=_AT_ONCE)
    slots: list[tuple[Slot, Session, Draft]] = []
    numbers = iter(take_ids(sum(len(draft.slots) for draft in drafts)))
    for session, draft in zip(sessions, drafts, strict=True):
        slots += [
            (Slot(id=next(numbers), session=session, starts_at=starts, ends_at=ends), session, draft)
            for starts, ends in draft.slots
        ]
    Slot.objects.bulk_create([slot for slot, _, _ in slots], batch_size=_AT_ONCE)
    Seat.objects.bulk_create(
        [seat for slot, session, draft in slots for seat in _seats(slot, session, draft.quotas, at)],
        batch_size=_AT_ONCE,
    )


def _session(schedule: Schedule, draft: Draft, number: int, at: datetime, rng: Random) -> Session:
    return Session(
        id=number,
        code=new_code(LETTER, rng),
        schedule=schedule,
        institution_id=schedule.institution_id,
        day=city_day(draft.starts_at),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        released_at=release_of(draft.starts_at, at),
        off_peak=draft.off_peak,
    )


def _seats(slot: Slot, session: Session, quotas: Mapping[str, int], at: datetime) -> Sequence[Seat]:
    assert session.released_at is not None
    made: list[Seat] = []
    for channel, count in quotas.items():
        opens = {
            to: since.isoformat() for to, since in opens_of(channel, slot.starts_at, session.released_at, at).items()
        }
        made += [
            Seat(session=session, slot=slot, starts_at=slot.starts_at, channel=channel, opens=opens)
            for _ in range(count)
        ]
    return made
