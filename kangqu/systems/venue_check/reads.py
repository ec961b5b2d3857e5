"""The public codes behind the rows of a page of presences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution, Station
from kangqu.kernel.trace.presences import Presence


@dataclass(frozen=True, slots=True)
class Codes:
    """Public codes by number."""

    people: dict[int, str]
    institutions: dict[int, str]
    stations: dict[int, str]


def codes_of(rows: Sequence[Presence]) -> Codes:
    """The codes of the people, institutions and stations in ``rows``: three queries however many there are."""
    return Codes(
        dict(Person.objects.filter(pk__in={row.person_id for row in rows}).values_list("pk", "public_code")),
        dict(Institution.objects.filter(pk__in={row.institution_id for row in rows}).values_list("pk", "code")),
        dict(Station.objects.filter(pk__in={row.station_id for row in rows}).values_list("pk", "code")),
    )


def records_of(person_id: int) -> list[int]:
    """The record itself and those it speaks for: what was reported of any of them is hers."""
    return [person_id, *Person.objects.filter(merged_into_id=person_id).values_list("pk", flat=True)]
