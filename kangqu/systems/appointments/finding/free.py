"""What is free next of many clinics, and what can be waited for: two statements, however many clinics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.capacity.models import Seat, Session, SessionState, Slot

_WHEN: Final = """
   n.schedule_id = w.id AND n.state = 'open' AND n.released_at <= %(at)s::timestamptz AND n.ends_at > %(at)s::timestamptz
   AND n.day >= %(since)s::date AND n.day <= %(until)s::date AND (NOT %(off_peak)s::boolean OR n.off_peak)
   AND (n.starts_at AT TIME ZONE '+08:00'::interval)::time >= %(from)s::time
   AND (n.starts_at AT TIME ZONE '+08:00'::interval)::time < %(to)s::time
"""
_FREE: Final = f"""
SELECT w.id, f.session_id, f.code, f.day, f.off_peak, f.slot_id, f.starts_at
  FROM unnest(%(ids)s::bigint[]) AS w(id) CROSS JOIN LATERAL (
    SELECT n.id AS session_id, n.code, n.day, n.off_peak, s.slot_id, s.starts_at
      FROM capacity_session n CROSS JOIN LATERAL (
        SELECT s.slot_id, s.starts_at FROM capacity_seat s
         WHERE s.session_id = n.id AND (s.booking_id IS NULL OR s.held_until IS NOT NULL)
           AND (s.booking_id IS NULL OR s.held_until <= %(at)s::timestamptz)
           AND (s.opens ->> 'citizen')::timestamptz <= %(at)s::timestamptz AND s.starts_at > %(at)s::timestamptz
         ORDER BY s.starts_at, s.id LIMIT 1) s
     WHERE {_WHEN} ORDER BY n.starts_at LIMIT %(each)s::int) f
"""  # noqa: S608 - of constants
_OPEN: Final = f"""
SELECT w.id, f.session_id, f.code, f.day, f.off_peak, NULL::bigint, f.starts_at
  FROM unnest(%(ids)s::bigint[]) AS w(id) CROSS JOIN LATERAL (
    SELECT n.id AS session_id, n.code, n.day, n.off_peak, n.starts_at
      FROM capacity_session n WHERE {_WHEN} ORDER BY n.starts_at LIMIT 1) f
"""  # noqa: S608 - of constants


class Free(NamedTuple):
    """The first free time of a session; ``slot_id`` None: the session is full and can be waited for."""

    schedule_id: int
    session_id: int
    session: str
    day: date
    off_peak: bool
    slot_id: int | None
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Within which days and which part of the day."""

    since: date
    until: date
    from_: time = time.min
    to: time = time(23, 59, 59)
    off_peak: bool = False


def free_of(schedule_ids: Sequence[int], when: When, *, at: datetime, each: int = 3) -> dict[int, list[Free]]:
    """Of each clinic the first free time of its next ``each`` sessions that have one."""
    return _grouped(run(_FREE, _asked(schedule_ids, when, at) | {"each": each}))


def full_of(schedule_ids: Sequence[int], when: When, *, at: datetime) -> dict[int, list[Free]]:
    """Of each clinic its next session that is sold, free or full."""
    return _grouped(run(_OPEN, _asked(schedule_ids, when, at)))


def _asked(schedule_ids: Sequence[int], when: When, at: datetime) -> dict[str, Any]:
    return {
        "ids": list(schedule_ids), "at": at, "since": when.since, "until": when.until, "off_peak": when.off_peak,
        "from": when.from_, "to": when.to,
    }  # fmt: skip


def _grouped(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[Free]]:
    found: dict[int, list[Free]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Free(*row))
    return found


@dataclass(frozen=True, slots=True)
class SlotFree:
    """A slot of a session and how many places of it a channel may take now."""

    id: int
    starts_at: datetime
    ends_at: datetime
    free: int


@dataclass(frozen=True, slots=True)
class SessionFree:
    """A session with its slots, as one channel sees it now. ``opens_at``: not sold yet; None: given by lot, or sold already."""

    session: Session
    slots: tuple[SlotFree, ...]
    opens_at: datetime | None

    @property
    def free(self) -> int:
        return sum(slot.free for slot in self.slots)

    @property
    def full(self) -> bool:
        return self.opens_at is None and self.free == 0


def sessions_free(
    schedule_ids: Sequence[int], *, since: date, until: date, channel: str, at: datetime, session_ids: Sequence[int] = ()
) -> list[SessionFree]:  # fmt: skip
    """The open sessions of some clinics within days, in the order of time, with what is free of each slot."""
    rows = Session.objects.filter(state=SessionState.OPEN, ends_at__gt=at)
    rows = (
        rows.filter(pk__in=session_ids)
        if session_ids
        else rows.filter(schedule_id__in=schedule_ids, day__gte=since, day__lte=until)
    )
    sessions = list(rows.exclude(released_at=None).order_by("starts_at", "id")[:200])
    counted = _counted([each.pk for each in sessions], channel, at)
    slots: dict[int, list[SlotFree]] = {}
    for slot in Slot.objects.filter(session__in=sessions).order_by("starts_at"):
        if slot.starts_at > at:
            free = counted.get(slot.pk, 0)
            slots.setdefault(slot.session_id, []).append(SlotFree(slot.pk, slot.starts_at, slot.ends_at, free))
    return [
        SessionFree(
            each, tuple(slots.get(each.pk, ())), each.released_at if each.released_at and each.released_at > at else None
        )
        for each in sessions
    ]  # fmt: skip


def _counted(session_ids: Sequence[int], channel: str, at: datetime) -> dict[int, int]:
    """Free places of a channel by slot."""
    rows = Seat.objects.filter(session__in=session_ids, starts_at__gt=at).values_list(
        "slot_id", "booking_id", "held_until", "opens"
    )
    found: dict[int, int] = {}
    for slot_id, booking_id, held_until, opens in rows:
        taken = booking_id is not None and (held_until is None or held_until > at)
        if not taken and channel in opens and datetime.fromisoformat(opens[channel]) <= at:
            found[slot_id] = found.get(slot_id, 0) + 1
    return found
