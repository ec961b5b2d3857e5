"""Whom a row may be: residents of the index, and, while a preview writes nobody, earlier rows of the file.

Every key is bounded: a list in which all have the village's telephone costs no more than another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.people.documents import RESIDENT_ID
from kangqu.kernel.people.importing.known import Asked, open_rows
from kangqu.kernel.people.importing.models import ImportKey, ImportRow, RowOutcome
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.phones import PHONE_FIELD

MOST: Final = 50
"""Candidates of one row, and residents or rows taken of one key."""

_Pairs = list[tuple[int, int]]

_WITHOUT_NUMBER: Final = (
    " WHERE NOT EXISTS (SELECT FROM people_identifier i WHERE i.person_id = first.person_id AND i.kind = '01'"
    " AND NOT i.mistaken)"
)
# Ten times as many are looked at as are taken: most of those who share a key may have a number of their own.
_SHARING: Final = (
    "SELECT asked.line, coalesce(p.merged_into_id, p.id) FROM unnest(%s::bigint[], %s::{type}[]) AS asked (line, value),"
    " LATERAL (SELECT person_id FROM (SELECT person_id FROM {table} WHERE {column} = asked.value LIMIT 500) first{such}"
    "  LIMIT 50) m JOIN people_person p ON p.id = m.person_id"
)


def candidates(rows: Sequence[Asked]) -> dict[int, list[int]]:
    """Line → residents that share a blocking key or a phone with the row, those that share most first."""
    shared: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    blind = keys().blinder(PHONE_FIELD)
    for papered in (True, False):
        asked = [row for row in rows if row.papered is papered]
        for row in asked:
            row.take_keys()
        such = _WITHOUT_NUMBER * papered
        lines = [row.line for row in asked for _ in row.keys]
        values = copying.int_array([key for row in asked for key in row.keys])
        by_key = _SHARING.format(type="bigint", table="people_matchkey", column="key", such=such)
        told = [row for row in asked if row.values.phone]
        phones = copying.blob_array([blind(row.values.phone) for row in told])
        by_phone = _SHARING.format(type="bytea", table="people_phone", column="blind", such=such)
        found = _sharing(by_key, lines, values) + _sharing(by_phone, [row.line for row in told], phones)
        for line, person_id in found:
            shared[line][person_id] += 1
    return {line: _best(counts) for line, counts in shared.items()}


def _sharing(statement: str, lines: Sequence[int], values: str) -> _Pairs:
    if not lines:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [copying.int_array(lines), values])
        return cursor.fetchall()


def _best(counts: dict[int, int]) -> list[int]:
    return sorted(counts, key=lambda each: (-counts[each], each))[:MOST]


_EARLIER: Final = (
    "SELECT asked.line, k.line FROM unnest(%s::bigint[], %s::bigint[]) AS asked (line, value), LATERAL"
    " (SELECT first.line FROM (SELECT line FROM people_importkey WHERE import_id = %s AND key = asked.value LIMIT 500)"
    "  first JOIN people_importrow r ON r.line = first.line WHERE r.import_id = %s"
)


class EarlierRows:
    """The rows a preview judged new, kept under their keys in the database, so that later rows are weighed against
    them however far apart they stand. Where every row has a checked number, none needs to be kept."""

    def __init__(self, import_id: int) -> None:
        self._import_id, self._blind = import_id, keys().blinder(PHONE_FIELD)
        rows = ImportRow.objects.filter(import_id=import_id).exclude(outcome=RowOutcome.ERROR)
        self._keeps = rows.exclude(kind=RESIDENT_ID).exists()

    def like(self, rows: Sequence[Asked]) -> dict[int, list[Asked]]:
        """Line → the earlier rows that share a key with it; ``rows`` have taken their keys."""
        if not self._keeps:
            return {}
        shared: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for papered in (True, False):
            asked = [
                (row.line, key) for row in rows if row.papered is papered for key in (*row.keys, *self._phone(row))
            ]
            for line, other in self._sharing(asked, papered=papered):
                shared[line][other] += 1
        best = {line: _best(counts) for line, counts in shared.items()}
        opened = self._open({line for lines in best.values() for line in lines})
        return {line: [opened[other] for other in others] for line, others in best.items()}

    def _sharing(self, asked: Sequence[tuple[int, int]], *, papered: bool) -> _Pairs:
        with connection.cursor() as cursor:
            cursor.execute(
                _EARLIER + (" AND kind <> '01'" if papered else "") + " LIMIT 50) k",
                [
                    copying.int_array(line for line, _ in asked), copying.int_array(value for _, value in asked),
                    self._import_id, self._import_id,
                ],
            )  # fmt: skip
            return cursor.fetchall()

    def _open(self, lines: Iterable[int]) -> dict[int, Asked]:
        rows = ImportRow.objects.filter(import_id=self._import_id, line__in=list(lines))
        return {row.line: row for row in open_rows(rows.values_list("line", "kind", "blind", "sealed"))}

    def _phone(self, row: Asked) -> list[int]:
        phone = row.values.phone
        return [int.from_bytes(self._blind(phone)[:8], "big", signed=True)] if phone else []

    def keep(self, rows: Sequence[Asked]) -> None:
        """Remember those of ``rows`` that would be new residents."""
        if not self._keeps:
            return
        number = copying.int8(self._import_id)
        packed = [
            copying.row(number, copying.int8(key), copying.int8(row.line))
            for row in rows
            if row.outcome in (RowOutcome.NEW, RowOutcome.REVIEW)
            for key in {*match_keys(row.values.name, row.values.born, row.values.sex), *self._phone(row)}
        ]
        copying.copy_rows("people_importkey", ("import_id", "key", "line"), packed)

    def forget(self) -> None:
        """The preview is done."""
        ImportKey.objects.filter(import_id=self._import_id).delete()
