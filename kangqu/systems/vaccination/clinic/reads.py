"""What the clinic's pages show: a person's card and what is due, lots in the order they expire, who is being observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.people.models import Person
from kangqu.systems.vaccination.forecast import Asked, Forecast, forecast
from kangqu.systems.vaccination.models import (
    Dose,
    DoseSource,
    LotState,
    Observation,
    OpenVial,
    PreCheck,
    VaccineLot,
    VialStock,
)
from kangqu.systems.vaccination.records.known import Known, known
from kangqu.systems.vaccination.records.questions import JUDGED_BY


@dataclass(frozen=True, slots=True)
class Watched:
    """Somebody being observed: ``left`` whole minutes to go, 0 when she may go."""

    id: int
    code: str
    name: str
    vaccine: str
    since: datetime
    until: datetime
    left: int
    done: int
    whole: int


def asked_of(who: Known, day: date) -> Asked:
    """The question what is due for somebody on a day, by the programmes records are judged by."""
    return Asked(person=who.as_asked(), as_of=day, history=tuple(who.history()), programmes=JUDGED_BY)


def due_for(person_id: int, day: date) -> Forecast | None:
    """What the schedules say of a person on a day; None without a birth date."""
    who = known([person_id]).get(person_id)
    if who is None or who.person.birth_date is None or day < who.person.birth_date:
        return None
    return forecast(asked_of(who, day))


def check_of(person_id: int, institution_id: int, day: date) -> PreCheck | None:
    """The latest answers of the day at the institution."""
    rows = PreCheck.objects.filter(person_id=person_id, institution_id=institution_id, day=day)
    return rows.order_by("-asked_at", "-id").first()


def lots_at(institution_id: int, at: datetime) -> dict[str, list[VaccineLot]]:
    """The lots that may be given here now, by vaccine; the first to expire first."""
    rows = VaccineLot.objects.filter(state=LotState.OK, expires_on__gte=city_day(at))
    closed = VialStock.objects.filter(institution_id=institution_id, vials__gt=0, holds=0).values("lot_id")
    still = OpenVial.objects.filter(institution_id=institution_id, doses_left__gt=0, holds=0, discard_at__gt=at).values(
        "lot_id"
    )
    found: dict[str, list[VaccineLot]] = {}
    for lot in (rows.filter(pk__in=closed) | rows.filter(pk__in=still)).order_by("expires_on", "number"):
        found.setdefault(lot.vaccine, []).append(lot)
    return found


def watched(institution_id: int, at: datetime) -> list[Watched]:
    """Everybody being observed at the institution, who may go first first."""
    rows = list(Observation.objects.filter(institution_id=institution_id, ended_at=None).order_by("until", "id")[:200])
    people = {each.pk: each for each in Person.objects.filter(pk__in=[row.person_id for row in rows])}
    vaccines = {
        (d.person_id, d.id): d.vaccine
        for d in Dose.objects.filter(person_id__in=people, id__in=[r.dose_id for r in rows])
    }
    return [_watched(row, people[row.person_id], vaccines.get((row.person_id, row.dose_id), ""), at) for row in rows]


def _watched(row: Observation, person: Person, vaccine: str, at: datetime) -> Watched:
    whole = max(1, round((row.until - row.starts_at).total_seconds() / 60))
    left = max(0, -int((at - row.until).total_seconds() // 60))
    return Watched(
        row.id, person.public_code, person.name, vaccine, row.starts_at, row.until, left, min(whole, whole - left), whole
    )  # fmt: skip


def given_today(institution_id: int, day: date) -> int:
    """How many doses the institution gave on a day."""
    return Dose.objects.filter(
        institution_id=institution_id, given_on=day, source=DoseSource.GIVEN, status="completed"
    ).count()


def in_store(institution_id: int) -> QuerySet[VialStock]:
    """What the institution has of every lot, the first to expire first."""
    rows = VialStock.objects.filter(institution_id=institution_id).select_related("lot")
    return rows.order_by("lot__expires_on", "lot__number", "fridge")[:500]


def open_vials(institution_id: int) -> QuerySet[OpenVial]:
    """The opened vials with something left, the first to throw away first."""
    rows = OpenVial.objects.filter(institution_id=institution_id, doses_left__gt=0).select_related("lot")
    return rows.order_by("discard_at", "id")[:200]
