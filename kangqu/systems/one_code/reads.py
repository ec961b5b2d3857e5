"""The station a desk or gate names, those it may choose from, and what it scanned a moment ago."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kangqu.kernel.people.codes.models import CodeScan
from kangqu.kernel.people.codes.words import Flag, Word
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Station

MOST_STATIONS: Final = 200


@dataclass(frozen=True, slots=True)
class OpenStation:
    """An open station and where it stands in the tree."""

    id: int
    institution_id: int
    path: str
    code: str = ""
    name: str = ""
    institution: str = ""


def open_station(code: str) -> OpenStation | None:
    """The open station of a public code, or None."""
    found = Station.objects.filter(code=code, open=True).select_related("institution").first()
    return _open(found) if found is not None else None


def stations_of(institutions: Iterable[int]) -> list[OpenStation]:
    """The open stations of institutions, by name: those a desk chooses from (at most 200)."""
    found = Station.objects.filter(institution_id__in=list(institutions), open=True).select_related("institution")
    return [_open(station) for station in found.order_by("institution__name", "name", "id")[:MOST_STATIONS]]


def _open(found: Station) -> OpenStation:
    where = found.institution
    return OpenStation(found.pk, found.institution_id, where.path, found.code, found.name, where.name)


@dataclass(frozen=True, slots=True)
class Taken:
    """A scan the city has answered: the word, the flags, and of whom it was."""

    key: str
    at: datetime
    word: Word
    flags: tuple[Flag, ...]
    person: Person | None


def scans_taken(scanner_id: int, keys: Iterable[str]) -> list[Taken]:
    """The scans a scanner sent under ``keys``, in their order. Keys of others are not found."""
    wanted = list(keys)
    rows = {row.key: row for row in CodeScan.objects.filter(scanner_id=scanner_id, key__in=wanted)}
    numbers = {row.person_id for row in rows.values() if row.person_id is not None}
    people = {person.pk: person for person in Person.objects.select_related("merged_into").filter(pk__in=numbers)}
    return [_taken(rows[key], people) for key in wanted if key in rows]


def _taken(row: CodeScan, people: dict[int, Person]) -> Taken:
    person = people.get(row.person_id) if row.person_id is not None else None
    living = person.merged_into or person if person is not None else None
    return Taken(row.key, row.scanned_at, Word(row.word), tuple(Flag(flag) for flag in row.flags.split()), living)
