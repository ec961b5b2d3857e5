"""What a chunk is judged with: its rows, opened, and the residents of the index they may be about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.people.documents import RESIDENT_ID, open_number
from kangqu.kernel.people.importing.models import RowOutcome
from kangqu.kernel.people.importing.rows import Error, Values, unpack
from kangqu.kernel.people.keys import asked_keys
from kangqu.kernel.people.loading import NewHousehold
from kangqu.kernel.people.matching.normalise import prepare
from kangqu.kernel.people.matching.rows import Row, Subject
from kangqu.kernel.people.models import PersonStatus
from kangqu.kernel.people.phones import open_phone

Bytes = bytes | memoryview
ROW_FIELD: Final = "people.import.row"


@dataclass(frozen=True, slots=True)
class Membership:
    """One record's place in a household: ``row_id`` is the number of the row that says so."""

    record_id: int
    row_id: int
    household_id: int
    relation: str


@dataclass(slots=True, eq=False)
class Home:
    """A household as the rows of a chunk see it; without ``id`` it is to be formed. ``head_id`` is who heads it now."""

    key: bytes
    number: str
    id: int | None = None
    head_id: int | None = None
    region: str = ""
    address: str = ""
    adopted: bool = False
    new: NewHousehold | None = None
    yields: Membership | None = None
    """The former head's place, where the list gives him another relation; ``yields_to`` says which."""
    yields_to: str = ""


@dataclass(slots=True)
class Known:
    """A resident of the index, as far as a list can speak about one. Records merged into hers speak for her too."""

    id: int
    name: str
    sex: str
    born: date | None
    region: str
    address: str
    ethnicity: str
    numbers: list[tuple[str, str]] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)
    registered: tuple[str, str] = ("", "")
    records: set[int] = field(default_factory=set)
    identities: list[tuple[str, date | None]] = field(default_factory=list)
    homes: list[tuple[str, str]] = field(default_factory=list)
    registrations: list[tuple[str, str]] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    deceased: bool = False
    past: set[str] = field(default_factory=set)
    """Numbers and phones that a desk ended or marked as a mistake: a list does not bring them back."""

    def subject(self) -> Subject:
        numbers = [number for kind, number in self.numbers if kind == RESIDENT_ID] or [n for _, n in self.numbers]
        born = self.born.isoformat() if self.born else ""
        phones, number = "/".join(self.phones), numbers[0] if numbers else ""
        return prepare(Row("", "", self.name, self.sex, born, self.address, phones, number))

    def is_called(self, name: str) -> bool:
        return name == self.name or name in self.other_names


@dataclass(slots=True)
class Asked:
    """A staged row and the answer to it. ``twin`` is an earlier row of the same chunk that is the same new resident."""

    line: int
    kind: str
    blind: bytes | None
    values: Values
    outcome: RowOutcome = RowOutcome.NEW
    by_document: bool = False
    known: Known | None = None
    twin: Asked | None = None
    probability: float = 1.0
    reasons: list[str] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    home: Home | None = None
    agent: Known | None = None
    """The guardian, where the index knows him."""
    ties: bool = False
    """Whether a tie to the guardian, or the next of kin, is to be written."""

    @property
    def papered(self) -> bool:
        """Whether a checked resident number tells this row from everybody who has another."""
        return self.kind == RESIDENT_ID

    def take_keys(self) -> None:
        values = self.values
        self.keys = asked_keys(values.name, values.born, values.sex, values.mother_name)

    def subject(self) -> Subject:
        values = self.values
        return prepare(
            Row(
                "", "", values.name, values.sex, values.birth_date, values.address, values.phone, values.number,
                values.mother_name,
            )
        )  # fmt: skip


def open_rows(rows: Iterable[tuple[int, str, Bytes | None, Bytes]]) -> list[Asked]:
    """Staged rows (line, kind, blind, sealed), opened."""
    return [
        Asked(line, kind, None if blind is None else bytes(blind), unpack(unseal(sealed, ROW_FIELD)))
        for line, kind, blind, sealed in rows
    ]


def load_known(ids: Iterable[int], *, with_homes: bool = False) -> dict[int, Known]:
    """The residents ``ids`` (who speak for themselves), with the papers, phones and other names of all their records
    opened; ``with_homes``: and their places in households."""
    known, speaks_for = _load_records(copying.int_array(ids))
    if not known:
        return {}
    asked = copying.int_array(speaks_for)

    def rows(statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, [asked])
            # What the record itself holds comes before what records merged into it hold.
            return sorted(cursor.fetchall(), key=lambda row: row[0] not in known)

    for record, kind, sealed, mistaken in rows(
        "SELECT person_id, kind, sealed, mistaken FROM people_identifier WHERE person_id = ANY(%s::bigint[])"
        " ORDER BY person_id, id"
    ):
        who, number = known[speaks_for[record]], open_number(sealed)
        if mistaken:
            who.past.add(number)
        else:
            who.numbers.append((kind, number))
    for record, sealed, ended in rows(
        "SELECT person_id, sealed, ended_at IS NOT NULL FROM people_phone WHERE person_id = ANY(%s::bigint[]) ORDER BY id"
    ):
        who, phone = known[speaks_for[record]], open_phone(sealed)
        if ended:
            who.past.add(phone)
        else:
            who.phones.append(phone)
    for record, name in rows("SELECT person_id, name FROM people_personname WHERE person_id = ANY(%s::bigint[])"):
        known[speaks_for[record]].other_names.append(name)
    for record, region, address in rows(
        "SELECT person_id, coalesce(region_id, ''), address FROM people_residence"
        " WHERE person_id = ANY(%s::bigint[]) AND use = 'registered' AND to_on IS NULL ORDER BY id"
    ):
        who = known[speaks_for[record]]
        if record == who.id:
            who.registered = (region, address)
        else:
            who.registrations.append((region, address))
    if with_homes:
        for record, row_id, household_id, relation in rows(
            "SELECT person_id, id, household_id, relation FROM people_householdmember"
            " WHERE person_id = ANY(%s::bigint[]) AND to_on IS NULL"
        ):
            known[speaks_for[record]].memberships.append(Membership(record, row_id, household_id, relation))
    return known


_RECORD: Final = (
    "SELECT {}, id, name, sex, birth_date, coalesce(region_id, ''), address, ethnicity, status FROM people_person"
    " WHERE {} = ANY(%s::bigint[])"
)


def _load_records(asked: str) -> tuple[dict[int, Known], dict[int, int]]:
    """Residents by number, and which of them each record belongs to."""
    if asked == "{}":
        return {}, {}
    with connection.cursor() as cursor:
        cursor.execute(f"{_RECORD.format('id', 'id')} UNION ALL {_RECORD.format('merged_into_id', 'merged_into_id')}",
                       [asked, asked])  # fmt: skip
        found = cursor.fetchall()
    known: dict[int, Known] = {}
    for owner, record, name, sex, born, region, address, ethnicity, status in found:
        if owner == record:
            known[owner] = Known(record, name, sex, born, region, address, ethnicity)
            known[owner].deceased = status == PersonStatus.DECEASED
    for owner, record, name, _sex, born, region, address, _ethnicity, _status in found:
        if (who := known.get(owner)) is None:
            continue
        who.records.add(record)
        who.identities.append((name, born))
        if record != owner:
            who.other_names.append(name)
            who.homes.append((region, address))
    return known, {record: owner for owner, record, *_ in found if owner in known}
