"""Who is this row? Thousands of rows are asked at once: one join by document, one by blocking key and phone, and the
matcher for the few that are left.

A row whose document is known is that resident, unless everything else speaks against it. A row without a known
document is weighed against the residents that share a key with it. Of residents with a checked identity number of
their own only those are weighed whose number could be the row's: two valid numbers are two people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.sealing import keys, unseal
from kangqu.kernel.people.documents import RESIDENT_ID, open_number
from kangqu.kernel.people.importing.models import RowOutcome
from kangqu.kernel.people.importing.refusals import DOCUMENT_OF_ANOTHER, TWICE_IN_FILE
from kangqu.kernel.people.importing.rows import Error, Values, unpack
from kangqu.kernel.people.keys import asked_keys
from kangqu.kernel.people.matching.decide import Decision, judge, match
from kangqu.kernel.people.matching.frequencies import IndexFrequencies
from kangqu.kernel.people.matching.normalise import prepare
from kangqu.kernel.people.matching.rows import Row, Subject
from kangqu.kernel.people.matching.weights import index_weights
from kangqu.kernel.people.phones import PHONE_FIELD, open_phone

Bytes = bytes | memoryview
ROW_FIELD: Final = "people.import.row"
MOST_CANDIDATES: Final = 50
_NUMBER_COLUMN: Final = 4


@dataclass(slots=True)
class Known:
    """A resident of the index, as far as a list can speak about one."""

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

    def subject(self) -> Subject:
        numbers = [number for kind, number in self.numbers if kind == RESIDENT_ID] or [n for _, n in self.numbers]
        born = self.born.isoformat() if self.born else ""
        phones, number = "/".join(self.phones), numbers[0] if numbers else ""
        return prepare(Row("", "", self.name, self.sex, born, self.address, phones, number))


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


def decide(import_id: int, rows: Sequence[Asked]) -> None:
    """Answer each of ``rows``, in their order; called inside a transaction. What the rows themselves say twice is
    found in the whole file by document, and within ``rows`` by everything else."""
    _plan_by_index()
    _refuse_repeated(import_id, rows)
    holders = _holders(rows)
    candidates = _candidates([row for row in rows if not row.errors and _key(row) not in holders])
    known = load_known({*holders.values(), *(each for found in candidates.values() for each in found)})
    weigher = _Weigher(known, rows)
    for row in rows:
        if row.errors:
            row.outcome = RowOutcome.ERROR
        elif row.outcome is RowOutcome.UNCHANGED:
            continue
        elif (holder := holders.get(_key(row))) is not None and holder in known:
            _meet_holder(row, known[holder])
        else:
            weigher.weigh(row, candidates.get(row.line, ()))


def _plan_by_index() -> None:
    # A table that grew in this very transaction has no statistics yet; only the indexes are right whatever its size.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
            " set_config('enable_mergejoin', 'off', true)"
        )


def _key(row: Asked) -> tuple[bytes | None, str]:
    return row.blind, row.kind


def _refuse_repeated(import_id: int, rows: Sequence[Asked]) -> None:
    """A document that stands in the file before: the same values again are no news, other values are an error."""
    blinds = [row.blind for row in rows if row.blind is not None]
    if not blinds:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            # OFFSET 0: the rows of a document are sought first, then those of this import among them; never the other
            # way round, whatever the planner believes about tables that have just grown.
            "SELECT DISTINCT ON (r.blind, r.kind) r.blind, r.kind, r.line, r.sealed"
            " FROM unnest(%s::bytea[]) AS asked (blind), LATERAL (SELECT blind, kind, line, sealed, import_id, outcome"
            " FROM people_importrow WHERE blind = asked.blind OFFSET 0) r"
            " WHERE r.import_id = %s AND r.outcome <> 'error' ORDER BY r.blind, r.kind, r.line",
            [copying.blob_array(blinds), import_id],
        )
        first = {(bytes(blind), kind): (line, sealed) for blind, kind, line, sealed in cursor.fetchall()}
    for row in rows:
        line, sealed = first.get(_key(row), (row.line, None))  # type: ignore[arg-type]
        if line >= row.line or sealed is None:
            continue
        if unpack(unseal(sealed, ROW_FIELD)) == row.values:
            row.outcome = RowOutcome.UNCHANGED
        else:
            row.errors.append((TWICE_IN_FILE.code, _NUMBER_COLUMN, {"line": line}))


def _holders(rows: Sequence[Asked]) -> dict[tuple[bytes | None, str], int]:
    """Document → the resident who speaks for its holder."""
    blinds = [row.blind for row in rows if row.blind is not None]
    if not blinds:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.blind, d.kind, coalesce(p.merged_into_id, p.id) FROM unnest(%s::bytea[]) AS asked (blind)"
            " JOIN people_identifierdirectory d ON d.blind = asked.blind JOIN people_person p ON p.id = d.person_id",
            [copying.blob_array(blinds)],
        )
        return {(bytes(blind), kind): person_id for blind, kind, person_id in cursor.fetchall()}


def _candidates(rows: Sequence[Asked]) -> dict[int, list[int]]:
    """Line → residents that share a blocking key or a phone with the row, those that share most first."""
    shared: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for papered in (True, False):
        asked = [row for row in rows if row.papered is papered]
        for row in asked:
            row.take_keys()
        for line, person_id in (*_sharing_a_key(asked, papered=papered), *_sharing_a_phone(asked, papered=papered)):
            shared[line][person_id] += 1
    return {
        line: sorted(counts, key=lambda each: (-counts[each], each))[:MOST_CANDIDATES]
        for line, counts in shared.items()
    }


_SHARING: Final = (
    "SELECT asked.line, coalesce(p.merged_into_id, p.id) FROM unnest(%s::bigint[], %s::{type}[]) AS asked (line, value)"
    " JOIN {table} m ON m.{column} = asked.value JOIN people_person p ON p.id = m.person_id"
)
_WITHOUT_NUMBER: Final = (
    " WHERE NOT EXISTS (SELECT FROM people_identifier i WHERE i.person_id = p.id AND i.kind = '01' AND NOT i.mistaken)"
)
_BY_KEY: Final = _SHARING.format(type="bigint", table="people_matchkey", column="key")
_BY_PHONE: Final = _SHARING.format(type="bytea", table="people_phone", column="blind")


def _sharing_a_key(rows: Sequence[Asked], *, papered: bool) -> list[tuple[int, int]]:
    lines = [row.line for row in rows for _ in row.keys]
    return _sharing(_BY_KEY, lines, copying.int_array([key for row in rows for key in row.keys]), papered=papered)


def _sharing_a_phone(rows: Sequence[Asked], *, papered: bool) -> list[tuple[int, int]]:
    told = [row for row in rows if row.values.phone]
    blind = keys().blinder(PHONE_FIELD)
    phones = copying.blob_array([blind(row.values.phone) for row in told])
    return _sharing(_BY_PHONE, [row.line for row in told], phones, papered=papered)


def _sharing(statement: str, lines: Sequence[int], values: str, *, papered: bool) -> list[tuple[int, int]]:
    if not lines:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement + _WITHOUT_NUMBER * papered, [copying.int_array(lines), values])
        return cursor.fetchall()


def load_known(ids: Iterable[int]) -> dict[int, Known]:
    """The residents ``ids``, with their papers, phones and other names opened."""
    asked = copying.int_array(ids)
    if asked == "{}":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, sex, birth_date, coalesce(region_id, ''), address, ethnicity FROM people_person"
            " WHERE id = ANY(%s::bigint[])",
            [asked],
        )
        known = {row[0]: Known(*row) for row in cursor.fetchall()}
        cursor.execute(
            "SELECT person_id, kind, sealed FROM people_identifier WHERE person_id = ANY(%s::bigint[]) AND NOT mistaken"
            " ORDER BY person_id, id",
            [asked],
        )
        for person_id, kind, sealed in cursor.fetchall():
            known[person_id].numbers.append((kind, open_number(sealed)))
        cursor.execute(
            "SELECT person_id, sealed FROM people_phone WHERE person_id = ANY(%s::bigint[]) AND ended_at IS NULL ORDER BY id",
            [asked],
        )
        for person_id, sealed in cursor.fetchall():
            known[person_id].phones.append(open_phone(sealed))
        cursor.execute("SELECT person_id, name FROM people_personname WHERE person_id = ANY(%s::bigint[])", [asked])
        for person_id, name in cursor.fetchall():
            known[person_id].other_names.append(name)
        cursor.execute(
            "SELECT person_id, coalesce(region_id, ''), address FROM people_residence"
            " WHERE person_id = ANY(%s::bigint[]) AND use = 'registered' AND to_on IS NULL ORDER BY id",
            [asked],
        )
        for person_id, region, address in cursor.fetchall():
            known[person_id].registered = (region, address)
    return known


def _meet_holder(row: Asked, holder: Known) -> None:
    """The document is known: link, unless name and the rest say that this is somebody else's number."""
    row.known, row.by_document, row.outcome = holder, True, RowOutcome.CHANGED
    if holder.name == row.values.name and (holder.born is None or holder.born == row.values.born):
        return
    found = judge(row.subject(), holder.subject(), index_weights(), IndexFrequencies())
    if found.decision is not Decision.SAME:
        row.known, row.outcome = None, RowOutcome.ERROR
        row.errors.append((DOCUMENT_OF_ANOTHER.code, _NUMBER_COLUMN, {}))


class _Weigher:
    """Weighs rows against residents, and against the new residents of the rows before them."""

    def __init__(self, known: Mapping[int, Known], rows: Sequence[Asked]) -> None:
        self._known = known
        # Two rows with two checked numbers are never compared: where all have one, nothing needs to be remembered.
        self._remembers = not all(row.papered for row in rows)
        self._subjects: dict[int, Subject] = {}
        self._fresh: dict[int | str, list[Asked]] = defaultdict(list)
        self._unpapered: dict[int | str, list[Asked]] = defaultdict(list)

    def weigh(self, row: Asked, candidates: Sequence[int]) -> None:
        """Decide about ``row``: the same as a candidate, one for review, or new."""
        residents = [self._known[each] for each in candidates if each in self._known]
        twins = self._twins(row) if self._remembers else []
        if residents or twins:
            self._judge(row, residents, twins)
        if self._remembers and row.outcome in (RowOutcome.NEW, RowOutcome.REVIEW):
            for key in self._keys(row):
                self._fresh[key].append(row)
                if not row.papered:
                    self._unpapered[key].append(row)

    def _judge(self, row: Asked, residents: Sequence[Known], twins: Sequence[Asked]) -> None:
        subjects = [*map(self._subject, residents), *(twin.subject() for twin in twins)]
        answer = match(row.subject(), subjects)
        if answer.best is None:
            return
        best = answer.matches[answer.best]
        row.probability = best.probability
        row.outcome = RowOutcome.LINKED if answer.decision is Decision.SAME else RowOutcome.REVIEW
        if answer.best < len(residents):
            row.known = residents[answer.best]
        else:
            row.twin = twins[answer.best - len(residents)]

    def _subject(self, resident: Known) -> Subject:
        if (found := self._subjects.get(resident.id)) is None:
            found = self._subjects[resident.id] = resident.subject()
        return found

    def _keys(self, row: Asked) -> list[int | str]:
        return [*row.keys, row.values.phone] if row.values.phone else [*row.keys]

    def _twins(self, row: Asked) -> list[Asked]:
        before = self._unpapered if row.papered else self._fresh
        found = {other.line: other for key in self._keys(row) for other in before.get(key, ())[:MOST_CANDIDATES]}
        return list(found.values())[:MOST_CANDIDATES]
