"""Every clinic of the city as it is looked for: held in memory, read anew when a minute is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, Final

from django.db.models import Max

from kangqu.kernel.access.models import Account
from kangqu.kernel.capacity.models import Schedule
from kangqu.kernel.people.names import spell
from kangqu.kernel.places.words import pinyin_of
from kangqu.systems.appointments.kind import APPOINTMENT

_KEPT: Final = timedelta(minutes=1)
LEVELS: Final = ("general", "expert", "special")


@dataclass(frozen=True)
class Clinic:
    """A schedule as a resident reads it. ``fee_fen`` None: not told."""

    id: int
    code: str
    title: str
    scope: str
    institution_id: int
    institution: str
    short: str
    phone: str
    address: str
    region: str
    department_id: int | None
    department: str
    department_code: str
    doctor: str
    level: str
    room: str
    fee_fen: int | None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.institution, self.short, self.department, self.doctor, self.title)))

    @cached_property
    def letters(self) -> tuple[tuple[str, str], ...]:
        """Pinyin and initials of each name."""
        found = [pinyin_of(name) for name in self.names if name != self.doctor]
        return (*found, spell(self.doctor)) if self.doctor else tuple(found)


class _Kept:
    """The clinics as they were read last, and when."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.clinics: Sequence[Clinic] = ()
        self.mark: tuple[Any, ...] = ()
        self.until: datetime | None = None


_kept = _Kept()


def clinics(at: datetime) -> Sequence[Clinic]:
    """Every clinic that has not ended, in the order of hospital and department. At most a minute old."""
    with _kept.lock:
        if _kept.until is None or not _kept.until - _KEPT <= at < _kept.until or _mark() != _kept.mark:
            _kept.mark, _kept.clinics, _kept.until = _mark(), _read(at), at + _KEPT
        return _kept.clinics


def _mark() -> tuple[Any, ...]:
    """Moves when a clinic is added: a new one is found at once."""
    return (Schedule.objects.filter(kind=APPOINTMENT.code).aggregate(last=Max("id"))["last"],)


def _read(at: datetime) -> list[Clinic]:
    rows = Schedule.objects.filter(kind=APPOINTMENT.code).exclude(ended_at__lte=at)
    found = list(rows.select_related("institution", "department").order_by("institution__name_pinyin", "title", "id"))
    doctors = dict(
        Account.objects.filter(pk__in={row.practitioner_id for row in found if row.practitioner_id}).values_list(
            "pk", "display_name"
        )
    )
    return [clinic_of(row, doctors.get(row.practitioner_id or 0, "")) for row in found]


def clinic_of(schedule: Schedule, doctor: str = "") -> Clinic:
    """A schedule as a clinic; ``doctor`` is whose it is, if it is somebody's."""
    place, department, facts = schedule.institution, schedule.department, schedule.facts
    fee = facts.get("fee_fen")
    return Clinic(
        id=schedule.pk, code=schedule.code, title=schedule.title, scope=schedule.scope,
        institution_id=place.pk, institution=place.name, short=place.short_name, phone=place.phone, address=place.address,
        region=place.region_id, department_id=department.pk if department else None,
        department=department.name if department else schedule.title,
        department_code=department.code if department else "", doctor=doctor or str(facts.get("doctor", "")),
        level=str(facts.get("level", "general")), room=str(facts.get("room", "")),
        fee_fen=fee if isinstance(fee, int) else None,
    )  # fmt: skip


def clinic_by_id(schedule_id: int) -> Clinic:
    """One clinic, as it is now."""
    schedule = Schedule.objects.select_related("institution", "department").get(pk=schedule_id)
    name = Account.objects.filter(pk=schedule.practitioner_id or 0).values_list("display_name", flat=True).first()
    return clinic_of(schedule, name or "")
