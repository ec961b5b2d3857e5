"""Whom an excursion touched: everybody who was given a dose from its vials since it began, until they were held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.people.models import Person
from kangqu.systems.vaccination.cold_chain.holding import lain_of
from kangqu.systems.vaccination.cold_chain.models import Excursion
from kangqu.systems.vaccination.models import Dose, MoveKind, StockMove

_LATE = timedelta(days=31)
"""How long after an excursion doses given in it may still be reported (beyond every value of ``vaccination.report_hours``)."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A dose from the vials of an excursion, and who was given it. A merged record's doses are those of whom it leads to."""

    person: Person
    dose: Dose


def touched_by(excursion: Excursion) -> list[Touched]:
    """Every dose touched, in the order they were given. Computed from the movements of stock: a late reading changes it."""
    doses = _doses(excursion)
    people = {
        person.pk: person.merged_into or person
        for person in Person.objects.select_related("merged_into").filter(pk__in={each.person_id for each in doses})
    }
    return [Touched(people[each.person_id], each) for each in doses]


def _doses(excursion: Excursion) -> list[Dose]:
    place, end = excursion.fridge.institution_id, until(excursion)
    wanted: dict[int, datetime] = {}
    for lain in lain_of(excursion):
        given = StockMove.objects.filter(
            lain.where, institution_id=place, kind=MoveKind.GIVEN, at__gte=lain.since, dose_id__isnull=False
        )
        if end is not None:
            given = given.filter(at__lte=end + _LATE)
        for number in given.values_list("dose_id", flat=True):
            assert number is not None
            wanted[number] = min(lain.since, wanted.get(number, lain.since))
    days = {"given_on__gte": city_day(excursion.begins_at)} | (
        {"given_on__lte": city_day(end)} if end is not None else {}
    )
    found = Dose.objects.filter(institution_id=place, source="given", id__in=wanted, **days).order_by("given_at", "id")
    return [
        each
        for each in found
        if each.given_at and wanted[each.id] <= each.given_at and (end is None or each.given_at <= end)
    ]


def until(excursion: Excursion) -> datetime | None:
    """Until when a dose may have come from the vials: held, else back in range; none while neither."""
    return excursion.held_at or excursion.ends_at
