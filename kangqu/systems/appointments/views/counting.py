"""Figures of the clinics of some days, counted where the rows are, and the appointments each was counted from.

========== =================================================================================================
offered     seats of sessions that were held
booked      appointments of these sessions that stand or stood: booked, arrived, done, missed
came        arrived or done
missed      noted as not having come
waiting     waiting for a seat of these sessions now
lead        mean days from booking to the visit, of the booked
waited      mean minutes from check-in to the first call, of those called; ``within``: how many inside the range they were told
stopped     sessions stopped
========== =================================================================================================

A moved appointment counts where it is now. Nothing here is kept: every figure is counted anew.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.systems.appointments.kind import APPOINTMENT


class By(StrEnum):
    """What a row stands for."""

    CLINIC = "clinic"
    DEPARTMENT = "department"
    DOCTOR = "doctor"
    DAY = "day"
    INSTITUTION = "institution"


class Figure(StrEnum):
    """What opens to a list of appointments."""

    BOOKED = "booked"
    CAME = "came"
    MISSED = "missed"
    WAITING = "waiting"


STATUSES: Final = {
    Figure.BOOKED: (BookingStatus.BOOKED, BookingStatus.ARRIVED, BookingStatus.FULFILLED, BookingStatus.NO_SHOW),
    Figure.CAME: (BookingStatus.ARRIVED, BookingStatus.FULFILLED),
    Figure.MISSED: (BookingStatus.NO_SHOW,),
    Figure.WAITING: (BookingStatus.WAITLIST,),
}
_KEYS: Final = {
    By.CLINIC: "w.id",
    By.DEPARTMENT: "coalesce(w.department_id, 0)",
    By.DOCTOR: "coalesce(w.practitioner_id, 0)",
    By.DAY: "to_char(s.day, 'YYYYMMDD')::bigint",
    By.INSTITUTION: "s.institution_id",
}
_SQL: Final = """
WITH mine AS MATERIALIZED (
  SELECT s.id, s.state, {key} AS key
    FROM capacity_session s JOIN capacity_schedule w ON w.id = s.schedule_id
   WHERE s.day BETWEEN %(first)s AND %(last)s AND w.kind = %(kind)s
     AND (%(institution)s::bigint IS NULL OR s.institution_id = %(institution)s)
), held AS (
  SELECT key, count(*) FILTER (WHERE state = 'open') AS sessions, count(*) FILTER (WHERE state = 'stopped') AS stopped
    FROM mine GROUP BY 1
), seats AS (
  SELECT m.key, count(*) AS offered FROM mine m JOIN capacity_seat t ON t.session_id = m.id WHERE m.state = 'open' GROUP BY 1
), booked AS (
  SELECT m.key, count(*) FILTER (WHERE b.status IN ('booked', 'arrived', 'fulfilled', 'noshow')) AS booked,
         count(*) FILTER (WHERE b.status IN ('arrived', 'fulfilled')) AS came, count(*) FILTER (WHERE b.status = 'noshow') AS missed,
         count(*) FILTER (WHERE b.status = 'waitlist') AS waiting,
         avg(b.day - (b.made_at AT TIME ZONE 'Asia/Shanghai')::date)
           FILTER (WHERE b.status IN ('booked', 'arrived', 'fulfilled', 'noshow'))::float8 AS lead
    FROM mine m JOIN capacity_booking b ON b.session_id = m.id GROUP BY 1
), waits AS (
  SELECT m.key, count(*) AS called, avg(extract(epoch FROM v.first_called_at - v.came_at) / 60)::float8 AS waited,
         count(*) FILTER (WHERE v.told_least IS NOT NULL) AS told,
         count(*) FILTER (WHERE extract(epoch FROM v.first_called_at - v.came_at) / 60 BETWEEN v.told_least AND v.told_most) AS within
    FROM mine m JOIN appointments_visit v ON v.session_id = m.id WHERE v.first_called_at IS NOT NULL GROUP BY 1
)
SELECT h.key, h.sessions, h.stopped, coalesce(seats.offered, 0), coalesce(b.booked, 0), coalesce(b.came, 0), coalesce(b.missed, 0),
       coalesce(b.waiting, 0), b.lead, coalesce(v.called, 0), v.waited, coalesce(v.told, 0), coalesce(v.within, 0)
  FROM held h LEFT JOIN seats USING (key) LEFT JOIN booked b USING (key) LEFT JOIN waits v USING (key) ORDER BY h.key
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose sessions (every institution's when none), from which day to which, both inside, a row for what."""

    first: date
    last: date
    by: By
    institution_id: int | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """One row. ``key``: of what it stands for, a number (a day as YYYYMMDD); the rest as the table above says."""

    key: int
    sessions: int
    stopped: int
    offered: int
    booked: int
    came: int
    missed: int
    waiting: int
    lead: float | None
    called: int
    waited: float | None
    told: int
    within: int

    @property
    def use(self) -> float | None:
        """Booked of offered, in percent; more than a hundred where places were added. None where nothing was offered."""
        return _percent(self.booked, self.offered)

    @property
    def missed_rate(self) -> float | None:
        """Missed of those who came or were missed, in percent."""
        return _percent(self.missed, self.came + self.missed)

    @property
    def within_rate(self) -> float | None:
        """Of those told a range, how many waited as long as it said, in percent."""
        return _percent(self.within, self.told)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def used(asked: Asked) -> list[Used]:
    """The figures, a row for each clinic, department, doctor, day or institution that had a session in these days."""
    told: dict[str, Any] = {
        "first": asked.first,
        "last": asked.last,
        "institution": asked.institution_id,
        "kind": APPOINTMENT.code,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(key=_KEYS[asked.by]), told)
        return [Used(*row) for row in cursor.fetchall()]


def total_of(rows: list[Used]) -> Used:
    """All rows as one: sums, and means weighed by how many they are of."""
    summed: dict[str, Any] = {
        each.name: sum(getattr(row, each.name) for row in rows)
        for each in fields(Used)
        if each.name not in ("key", "lead", "waited")
    }
    lead = _mean([(row.lead, row.booked) for row in rows])
    waited = _mean([(row.waited, row.called) for row in rows])
    return Used(key=0, lead=lead, waited=waited, **summed)


def _mean(values: list[tuple[float | None, int]]) -> float | None:
    known = [(value, weight) for value, weight in values if value is not None and weight]
    weight = sum(each for _value, each in known)
    return sum(value * each for value, each in known) / weight if weight else None


def bookings_behind(asked: Asked, figure: Figure, key: int | None = None) -> Any:
    """The appointments a figure was counted from, of one row or (no ``key``) of all; in the order of their times."""
    rows = Booking.objects.filter(
        session__day__gte=asked.first, session__day__lte=asked.last, session__schedule__kind=APPOINTMENT.code, status__in=STATUSES[figure],
    )  # fmt: skip
    if asked.institution_id is not None:
        rows = rows.filter(session__institution_id=asked.institution_id)
    if key is not None:
        rows = rows.filter(**_row_of(asked.by, key))
    return rows.select_related("session__schedule", "slot").order_by(
        "session__starts_at", "session_id", "made_at", "id"
    )


def _row_of(by: By, key: int) -> dict[str, Any]:
    if by is By.DAY:
        return {"session__day": date(key // 10_000, key // 100 % 100, key % 100)}
    name = {By.CLINIC: "schedule_id", By.DEPARTMENT: "schedule__department_id", By.DOCTOR: "schedule__practitioner_id"}
    return {f"session__{name.get(by, 'institution_id')}": key or None}
