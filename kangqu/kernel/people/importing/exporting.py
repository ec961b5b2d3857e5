"""Residents as a list: the columns of the template, so that what goes out comes in again and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Any, Final

from django.db import connection, transaction
from django.utils.translation import override

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.people.documents import mask_number, open_number
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.columns import MARK_TITLE, PUBLIC_CODE_TITLE, TITLES
from kangqu.kernel.people.importing.households import NUMBER_FIELD
from kangqu.kernel.people.importing.known import Bytes
from kangqu.kernel.people.importing.reads import write_csv
from kangqu.kernel.people.importing.rows import ethnicities
from kangqu.kernel.people.importing.template import write_sheet
from kangqu.kernel.people.models import IdentifierKind, Relation, Sex
from kangqu.kernel.people.phones import mask_phone, open_phone
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream

_BATCH: Final = 2_000


class ListFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


def export_residents(
    out: IO[bytes],
    *,
    purpose: str,
    by: Actor,
    at: datetime,
    kind: ListFormat = ListFormat.CSV,
    region: str = "",
    with_numbers: bool = False,
) -> int:
    """Write every resident on the books (of ``region`` and below) to ``out``; return how many.

    Numbers and phones are masked unless ``with_numbers``; every row carries who exported it and when. The export is
    traced before a row leaves, with its purpose. Refused without a purpose.
    """
    if not purpose.strip():
        raise Refused(refusals.PURPOSE_NEEDED)
    facts = {"region": region, "with_numbers": with_numbers, "format": str(kind)}
    record(by.did("people.export", at=at, reason=purpose[:200], object_type="export", facts=facts,
                  result=Result.SEEN, stream=Stream.LOOK))  # fmt: skip
    mark = f"{by.role or 'operator'} {by.account_id or ''} {at:%Y-%m-%d %H:%M} {purpose[:40]}".replace("  ", " ")
    counted = _Counted(_rows(region, mark, at, with_numbers=with_numbers))
    with override("zh-hans"):  # the words of lists are Chinese, whoever asks
        if kind is ListFormat.XLSX:
            write_sheet(out, counted)
        elif kind is ListFormat.NDJSON:
            _write_ndjson(out, counted)
        else:
            write_csv(out, iter(counted))
    record(by.did("people.export.done", at=at, object_type="export", facts={"rows": counted.count - 1}))
    return counted.count - 1


class _Counted:
    def __init__(self, rows: Iterator[list[str]]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Iterator[list[str]]:
        for row in self.rows:
            self.count += 1
            yield row


def _write_ndjson(out: IO[bytes], rows: _Counted) -> None:
    titles: list[str] = []
    for row in rows:
        if not titles:
            titles = row
            continue
        told = {title: cell for title, cell in zip(titles, row, strict=True) if cell}
        out.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")


_SELECT: Final = (
    "SELECT p.public_code, p.name, p.sex, p.birth_date, i.kind, i.sealed, f.sealed, p.address, coalesce(p.region_id, ''),"
    " coalesce(r.address, ''), coalesce(r.region_id, ''), p.ethnicity, p.nationality, coalesce(n.name, ''),"
    " h.code, h.relation, h.sealed, x.name, x.relation, x.kind, x.number, x.phone"
    " FROM people_person p"
    " LEFT JOIN LATERAL (SELECT kind, sealed FROM people_identifier WHERE person_id = p.id AND NOT mistaken"
    "  AND ended_at IS NULL ORDER BY kind, id LIMIT 1) i ON true"
    " LEFT JOIN LATERAL (SELECT sealed FROM people_phone WHERE person_id = p.id AND ended_at IS NULL"
    "  ORDER BY id DESC LIMIT 1) f ON true"
    " LEFT JOIN LATERAL (SELECT address, region_id FROM people_residence WHERE person_id = p.id"
    "  AND use = 'registered' AND to_on IS NULL ORDER BY id DESC LIMIT 1) r ON true"
    " LEFT JOIN LATERAL (SELECT name FROM people_personname WHERE person_id = p.id AND use = 'old'"
    "  ORDER BY id LIMIT 1) n ON true"
    " LEFT JOIN LATERAL (SELECT home.code, m.relation, (SELECT sealed FROM people_householdnumber"
    "   WHERE household_id = home.id ORDER BY institution_id LIMIT 1) AS sealed FROM people_householdmember m"
    "  JOIN people_household home ON home.id = m.household_id WHERE m.person_id = p.id AND m.to_on IS NULL) h ON true"
    " LEFT JOIN LATERAL (SELECT coalesce(a.name, k.name) AS name, k.relation, i.kind, i.sealed AS number,"
    "   coalesce(k.sealed, f.sealed) AS phone FROM ("
    "    SELECT 0 AS place, g.id, '' AS name, g.relation, g.agent_id, (SELECT sealed FROM people_contact"
    "      WHERE person_id = p.id AND agent_id = g.agent_id AND sealed IS NOT NULL ORDER BY id DESC LIMIT 1) AS sealed"
    "     FROM people_proxy g WHERE g.person_id = p.id AND g.kind = 'guardian' AND g.revoked_at IS NULL AND g.ends_at > %s"
    "    UNION ALL SELECT 1, id, name, relation, agent_id, sealed FROM people_contact WHERE person_id = p.id) k"
    "   LEFT JOIN people_person a ON a.id = k.agent_id"
    "   LEFT JOIN LATERAL (SELECT kind, sealed FROM people_identifier WHERE person_id = k.agent_id AND NOT mistaken"
    "     AND ended_at IS NULL ORDER BY kind, id LIMIT 1) i ON true"
    "   LEFT JOIN LATERAL (SELECT sealed FROM people_phone WHERE person_id = k.agent_id AND ended_at IS NULL"
    "     AND k.place = 0 ORDER BY id DESC LIMIT 1) f ON true ORDER BY k.place, k.id DESC LIMIT 1) x ON true"
    " WHERE p.status IN ('active', 'moved') AND p.merged_into_id IS NULL"
    " AND (%s = '' OR p.region_id LIKE %s || '%%') ORDER BY p.id"
)


def _rows(region: str, mark: str, at: datetime, *, with_numbers: bool) -> Iterator[list[str]]:
    yield [*TITLES, PUBLIC_CODE_TITLE, MARK_TITLE]
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_SELECT, [at, region, region])
        while rows := cursor.fetchmany(_BATCH):
            for row in rows:
                yield [*_cells(row, with_numbers=with_numbers), row[0], mark]


def _cells(row: Sequence[Any], *, with_numbers: bool) -> list[str]:
    """The cells of one resident in the order of ``COLUMNS``."""
    _, name, sex, born, kind, number, phone, address, region, home, home_region, ethnicity, nationality, former = row[
        :14
    ]
    code, relation, household, guardian, guardian_relation, guardian_kind, guardian_number, guardian_phone = row[14:]
    number, guardian_number = _number(number, with_numbers), _number(guardian_number, with_numbers)
    phone, guardian_phone = _phone(phone, with_numbers), _phone(guardian_phone, with_numbers)
    household = unseal(household, NUMBER_FIELD) if household is not None else ""
    return [
        name,
        {Sex.MALE: "男", Sex.FEMALE: "女"}.get(sex, "未知"),
        born.isoformat() if isinstance(born, date) else "",
        str(IdentifierKind(kind).label) if kind else "",
        number,
        phone,
        address,
        region,
        home,
        home_region,
        ethnicities().get(ethnicity, ""),
        nationality,
        former,
        "",
        household if with_numbers else mask_number(household),
        str(Relation(relation).label) if relation else "",
        code or "",
        guardian or "",
        str(IdentifierKind(guardian_kind).label) if guardian_kind else "",
        guardian_number,
        guardian_relation or "",
        guardian_phone,
    ]


def _number(sealed: Bytes | None, in_clear: bool) -> str:
    number = open_number(sealed) if sealed is not None else ""
    return number if in_clear else mask_number(number)


def _phone(sealed: Bytes | None, in_clear: bool) -> str:
    phone = open_phone(sealed) if sealed is not None else ""
    return phone.removeprefix("+86") if in_clear or not phone else mask_phone(phone)
