"""Making clinics and keeping their rosters. What somebody has booked is never changed: it is named, and a person decides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.access.models import Grant
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random, new_code, read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, STALE, Refused
from kangqu.kernel.capacity.models import RosterException, RosterRow, Schedule
from kangqu.kernel.capacity.policy import number
from kangqu.kernel.capacity.sessions import Generated, generate
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.kind import APPOINTMENT
from kangqu.systems.appointments.rosters.refusals import CLINIC_ENDED, DEPARTMENT_UNKNOWN, DOCTOR_UNKNOWN, SCOPE_TAKEN
from kangqu.systems.appointments.rosters.rows import Asked, judge

LETTER: Final = "W"
_SYSTEM_RANDOM: Final = random.SystemRandom()
_AHEAD: Final = 2  # days beyond the horizon: a session is there before its release


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClinic:
    """A clinic to be: of a department, of a doctor's (her account) or the department's own. ``fee_fen`` in fen, None: not told."""

    department_id: int
    title: str
    level: str = "general"
    doctor_id: int | None = None
    doctor: str = ""
    room: str = ""
    fee_fen: int | None = None
    on_holidays: bool = False


def make_clinic(
    new: NewClinic, *, institution_id: int, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM
) -> Schedule:
    """Open a clinic. A person has one booking a day of its department (AP1)."""
    department = Department.objects.filter(pk=new.department_id, institution_id=institution_id, open=True).first()
    if department is None:
        raise Refused(DEPARTMENT_UNKNOWN, field="department")
    holds = Grant.objects.filter(account_id=new.doctor_id or 0, institution_id=institution_id, ends_at=None)
    if new.doctor_id is not None and not holds.exists():
        raise Refused(DOCTOR_UNKNOWN, field="doctor")
    with transaction.atomic():
        mine = Schedule.objects.select_for_update().filter(institution_id=institution_id, kind=APPOINTMENT.code)
        if mine.filter(department=department, title=new.title, ended_at=None).exists():
            raise Refused(SCOPE_TAKEN, field="title")
        made = Schedule.objects.create(
            code=new_code(LETTER, rng), kind=APPOINTMENT.code, institution_id=institution_id, department=department,
            practitioner_id=new.doctor_id, title=new.title, scope=f"department/{department.pk}", on_holidays=new.on_holidays,
            facts=_facts(new), begun_at=at,
        )  # fmt: skip
        told = {"title": new.title, "level": new.level, "department": department.pk}
        record(by.did("capacity.schedule", at=at, object_type="schedule", object_id=made.pk, facts=told))
    return made


def _facts(new: NewClinic) -> dict[str, Any]:
    told = {"room": new.room, "fee_fen": new.fee_fen, "doctor": new.doctor}
    return {"level": new.level, "roster": 0, **{name: value for name, value in told.items() if value not in ("", None)}}


def clinic_at(institution_id: int, code: str) -> Schedule:
    """A clinic of an institution by its public code; of another one it is not found."""
    found = Schedule.objects.select_related("department", "institution").filter(
        code=read_code(code[:40], LETTER) or "", institution_id=institution_id, kind=APPOINTMENT.code
    )
    schedule = found.first()
    if schedule is None:
        raise Refused(NOT_FOUND)
    return schedule


def end_clinic(schedule: Schedule, *, by: Actor, at: datetime) -> Generated:
    """End a clinic: sessions nobody has booked go; those with bookings are named, to be stopped by somebody."""
    with transaction.atomic():
        if not Schedule.objects.filter(pk=schedule.pk, ended_at=None).update(ended_at=at):
            raise Refused(CLINIC_ENDED)
        record(by.did("capacity.schedule", at=at, object_type="schedule", object_id=schedule.pk, facts={"ended": True}))
        return generate(schedule.pk, until=_until(at), by=by, at=at)


def version_of(schedule: Schedule) -> int:
    """How often the roster was changed: whoever saves says what she saw."""
    return int(schedule.facts.get("roster", 0))


def put_rows(schedule: Schedule, rows: Sequence[Asked], *, seen: int, by: Actor, at: datetime) -> Generated:
    """Have these rows from now on, and the sessions that follow from them. Raises STALE when somebody changed it meanwhile."""
    judge(rows)
    with transaction.atomic():
        _changed(schedule, seen, by, at, {"rows": len(rows)})
        RosterRow.objects.filter(schedule=schedule).delete()
        RosterRow.objects.bulk_create(
            RosterRow(
                schedule=schedule, weekday=row.weekday, begins=row.begins, ends=row.ends, slot_minutes=row.slot_minutes,
                quotas={channel: seats for channel, seats in row.quotas.items() if seats}, off_peak=row.off_peak,
                since=max(row.since, date(2000, 1, 1)), until=row.until,
            )
            for row in rows
        )  # fmt: skip
        return generate(schedule.pk, until=_until(at), by=by, at=at)


def put_day(
    schedule: Schedule, day: date, rows: Sequence[Asked] | None, *, why: str, seen: int, by: Actor, at: datetime
) -> Generated:
    """Have a day go by rows of its own (none: closed); ``rows`` None: like any other again."""
    judge(rows or (), weekly=False)
    with transaction.atomic():
        _changed(schedule, seen, by, at, {"day": day.isoformat()})
        RosterException.objects.filter(schedule=schedule, day=day).delete()
        if rows is not None:
            RosterException.objects.create(
                schedule=schedule, day=day, reason=why[:100], rows=[row.as_kept() for row in rows]
            )
        return generate(schedule.pk, until=_until(at), by=by, at=at)


def try_rows(schedule: Schedule, rows: Sequence[Asked], *, seen: int, by: Actor, at: datetime) -> Generated:
    """What ``put_rows`` would do, without doing it."""
    with transaction.atomic():
        found = put_rows(schedule, rows, seen=seen, by=by, at=at)
        transaction.set_rollback(True)
    return found


def copy_week(schedule: Schedule, monday: date, weeks: int, *, seen: int, by: Actor, at: datetime) -> Generated:
    """Have the rows that hold in the week of ``monday`` hold in each of the ``weeks`` after it too, instead of theirs."""
    first, last = monday + timedelta(days=7), monday + timedelta(days=7 * (weeks + 1) - 1)
    kept = list[Asked]()
    for row in RosterRow.objects.filter(schedule=schedule).order_by("weekday", "begins", "id"):
        asked = _asked(row)
        day = monday + timedelta(days=row.weekday - 1)
        if row.since <= day and (row.until is None or day <= row.until):
            kept.append(_over(asked, min(row.since, first), max(row.until or date.max, last)))
            continue
        kept += _around(asked, first, last)
    return put_rows(schedule, kept, seen=seen, by=by, at=at)


def _over(row: Asked, since: date, until: date) -> Asked:
    return Asked(
        weekday=row.weekday, begins=row.begins, ends=row.ends, slot_minutes=row.slot_minutes, quotas=row.quotas, off_peak=row.off_peak,
        since=since, until=None if until == date.max else until,
    )  # fmt: skip


def _around(row: Asked, first: date, last: date) -> list[Asked]:
    """What is left of a row's days outside a stretch."""
    ends = row.until or date.max
    if ends < first or row.since > last:
        return [row]
    parts = []
    if row.since < first:
        parts.append(_over(row, row.since, first - timedelta(days=1)))
    if ends > last:
        parts.append(_over(row, last + timedelta(days=1), ends))
    return parts


def _asked(row: RosterRow) -> Asked:
    return Asked(
        weekday=row.weekday, begins=row.begins, ends=row.ends, slot_minutes=row.slot_minutes, quotas=row.quotas, off_peak=row.off_peak,
        since=row.since, until=row.until,
    )  # fmt: skip


def rows_of(schedule: Schedule) -> list[Asked]:
    """The roster as it stands."""
    return [
        _asked(row) for row in RosterRow.objects.filter(schedule=schedule).order_by("weekday", "begins", "since", "id")
    ]


def _changed(schedule: Schedule, seen: int, by: Actor, at: datetime, facts: dict[str, Any]) -> None:
    """Take the next version of a roster, if it is still the one that was seen."""
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if row.ended_at is not None:
        raise Refused(CLINIC_ENDED)
    if version_of(row) != seen:
        raise Refused(STALE)
    row.facts = {**row.facts, "roster": seen + 1}
    row.save(update_fields=["facts"])
    schedule.facts = row.facts
    record(by.did("capacity.roster", at=at, object_type="schedule", object_id=schedule.pk, facts=facts))


def _until(at: datetime) -> date:
    return city_day(at) + timedelta(days=number("horizon_days", at) + _AHEAD)


def generate_all(*, by: Actor, at: datetime) -> int:
    """Make the sessions of every clinic as far ahead as they are booked; how many were made."""
    made = 0
    for schedule_id in (
        Schedule.objects.filter(kind=APPOINTMENT.code, ended_at=None).order_by("id").values_list("pk", flat=True)
    ):
        made += generate(schedule_id, until=_until(at), by=by, at=at).made
    return made
