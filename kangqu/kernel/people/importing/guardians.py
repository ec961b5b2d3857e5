"""Guardians and next of kin of a list: who they are, whether they may be, and the ties written.

A guardian given by a document becomes ``Proxy`` of a resident under age; everybody else is next of kin (``Contact``).
``docs/algorithms/import.md`` has the cases. A guardian may stand in a later line than the ward: whichever of the two is
written last makes the tie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import age_on, city_day, day_ends
from kangqu.kernel.basis.sealing import keys, unseal
from kangqu.kernel.people.documents import IDENTIFIER_FIELD
from kangqu.kernel.people.families import ConsentBy
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.columns import NAMES
from kangqu.kernel.people.importing.known import ROW_FIELD, Asked, Known, load_known
from kangqu.kernel.people.importing.limits import POLICIES
from kangqu.kernel.people.importing.models import ResidentImport, RowOutcome
from kangqu.kernel.people.importing.rows import Values, unpack
from kangqu.kernel.people.loading import take_id_blocks
from kangqu.kernel.people.models import ProxyKind
from kangqu.kernel.people.phones import mask_phone, open_phone, seal_phone
from kangqu.kernel.people.refusals import PROXY_LIMIT
from kangqu.kernel.people.register import policies as people_policies
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.bulk import record_each

_NAME, _NUMBER = NAMES.index("guardian_name"), NAMES.index("guardian_number")
_RELATION: Final = "监护人"
_Document = tuple[bytes, str]


def guardian_document(values: Values, blind: Any) -> bytes | None:
    """The blind index of the guardian's document, where one is given."""
    found: bytes | None = blind(values.guardian_number) if values.guardian_number else None
    return found


def evidence_of(job: ResidentImport) -> str:
    """What a guardianship from a list is shown by."""
    return f"名单 {job.code}"


# Judging


@dataclass(slots=True)
class _Held:
    """What a ward has already: guardians' numbers, and next of kin (name, relation, phone, agent)."""

    guardians: set[int]
    contacts: list[tuple[str, str, str, int | None]]


def judge_guardians(import_id: int, rows: Sequence[Asked], *, at: datetime) -> None:
    """Find the guardian of every row that names one, refuse who cannot be one, and see what is to be written."""
    asked = [
        row for row in rows
        if (row.values.guardian_name or row.values.guardian_number)
        and row.outcome not in (RowOutcome.ERROR, RowOutcome.UNCHANGED)
    ]  # fmt: skip
    if not asked:
        return
    today, blind = city_day(at), keys().blinder(IDENTIFIER_FIELD)
    papers = {row.line: (blind(row.values.guardian_number), row.values.guardian_kind)
              for row in asked if row.values.guardian_number}  # fmt: skip
    holders = holders_of(papers.values())
    known = load_known(set(holders.values()))
    staged = _staged(import_id, [paper for paper in papers.values() if paper not in holders])
    held = _held([row.known for row in asked if row.known is not None and row.outcome is not RowOutcome.REVIEW], at)
    for row in asked:
        if (paper := papers.get(row.line)) is not None:
            row.agent = known.get(holders.get(paper, 0))
            _judge_holder(row, row.agent, staged.get(paper), today)
        if not row.errors:
            _judge_tie(row, staged.get(paper) if paper else None, held, today)


def holders_of(papers: Iterable[_Document]) -> dict[_Document, int]:
    """Document → the resident who speaks for its holder."""
    blinds = {blind for blind, _ in papers}
    if not blinds:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.blind, d.kind, coalesce(p.merged_into_id, p.id) FROM unnest(%s::bytea[]) AS asked (blind)"
            " JOIN people_identifierdirectory d ON d.blind = asked.blind JOIN people_person p ON p.id = d.person_id",
            [copying.blob_array(blinds)],
        )
        return {(bytes(blind), kind): person_id for blind, kind, person_id in cursor.fetchall()}


def _staged(import_id: int, papers: Iterable[_Document]) -> dict[_Document, Values]:
    blinds = {blind for blind, _ in papers}
    if not blinds:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.blind, r.kind, r.sealed FROM unnest(%s::bytea[]) AS asked (blind), LATERAL (SELECT blind, kind,"
            " sealed, import_id, outcome FROM people_importrow WHERE blind = asked.blind OFFSET 0) r"
            " WHERE r.import_id = %s AND r.outcome <> 'error'",
            [copying.blob_array(blinds), import_id],
        )
        return {(bytes(blind), kind): unpack(unseal(sealed, ROW_FIELD)) for blind, kind, sealed in cursor.fetchall()}


def _judge_holder(row: Asked, agent: Known | None, staged: Values | None, today: date) -> None:
    name, own = row.values.guardian_name, row.values.number
    if agent is None and staged is None:
        _refuse(row, refusals.GUARDIAN_UNKNOWN.code)
        return
    called = agent.is_called(name) if agent else staged is not None and staged.name == name
    born = agent.born if agent else staged.born if staged else None
    itself = own == row.values.guardian_number or (agent is not None and _is(row, agent))
    if name and not called:
        _refuse(row, refusals.GUARDIAN_NAME.code, _NAME)
    elif itself or born is None or age_on(born, today) < _adult_age(today) or (agent is not None and agent.deceased):
        _refuse(row, refusals.GUARDIAN_UNFIT.code)


def _is(row: Asked, agent: Known) -> bool:
    return row.known is not None and row.outcome is not RowOutcome.REVIEW and row.known.id == agent.id


def _refuse(row: Asked, code: str, column: int = _NUMBER, **facts: Any) -> None:
    row.errors.append((code, column, facts))
    row.outcome = RowOutcome.ERROR


def _adult_age(today: date) -> int:
    return int(people_policies().value("people.adult_age", on=today))


def _comes_of_age(born: date | None, today: date) -> datetime | None:
    """The instant a minor comes of age; None for an adult, or without a birth date."""
    age = _adult_age(today)
    if born is None or age_on(born, today) >= age:
        return None
    leap = (born.month, born.day) == (2, 29)
    day = date(born.year + age, 3, 1) if leap else date(born.year + age, born.month, born.day)
    return day_ends(day - timedelta(days=1))


def _held(wards: Iterable[Known], at: datetime) -> dict[int, _Held]:
    owner = {record: ward.id for ward in wards for record in ward.records}
    held = {number: _Held(set(), []) for number in owner.values()}
    if not held:
        return held
    asked = copying.int_array(owner)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, agent_id FROM people_proxy WHERE person_id = ANY(%s::bigint[]) AND revoked_at IS NULL"
            " AND ends_at > %s",
            [asked, at],
        )
        for record, agent in cursor.fetchall():
            held[owner[record]].guardians.add(agent)
    for record, contacts in _contacts(owner).items():
        held[owner[record]].contacts += contacts
    return held


def _contacts(records: Iterable[int]) -> dict[int, list[tuple[str, str, str, int | None]]]:
    """Record → its next of kin: name, relation, phone, the resident it is."""
    found: dict[int, list[tuple[str, str, str, int | None]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, name, relation, sealed, agent_id FROM people_contact WHERE person_id = ANY(%s::bigint[])",
            [copying.int_array(records)],
        )
        for record, name, relation, sealed, agent in cursor.fetchall():
            found[record].append((name, relation, open_phone(sealed) if sealed is not None else "", agent))
    return found


def _judge_tie(row: Asked, staged: Values | None, held: Mapping[int, _Held], today: date) -> None:
    """Whether the row says anything about guardian or kin that is not known already."""
    values, agent = row.values, row.agent
    known = row.known if row.outcome is not RowOutcome.REVIEW else None
    has = held.get(known.id, _Held(set(), [])) if known is not None else _Held(set(), [])
    born = values.born or (known.born if known is not None else None)
    if not values.guardian_number:
        told = (values.guardian_name, values.guardian_relation, values.guardian_phone)
        row.ties = told not in [contact[:3] for contact in has.contacts]
        return
    records = agent.records if agent is not None else set()
    phones = {phone for *_, phone, who in has.contacts if who in records}
    own = {*agent.phones, *agent.past} if agent is not None else {staged.phone} if staged is not None else set()
    if _comes_of_age(born, today) is None:
        row.ties = not (phones and values.guardian_phone in phones)
        return
    tied = bool(has.guardians & records)
    row.ties = not tied or bool(values.guardian_phone and values.guardian_phone not in phones | own)
    limit = int(people_policies().value("people.proxy.agents", on=today))
    if not tied and len(has.guardians) >= limit:
        _refuse(row, PROXY_LIMIT.code, _NAME, limit=limit)


# Writing


@dataclass(frozen=True, slots=True)
class Ward:
    """A resident and what a row says about the guardian or kin."""

    person_id: int
    values: Values


def tie(job: ResidentImport, wards: Sequence[Ward], *, by: Actor, at: datetime) -> None:
    """Write the guardians and next of kin of ``wards``; who has no such guardian yet is tied when that row is written."""
    blind = keys().blinder(IDENTIFIER_FIELD)
    paper = {id(ward): (blind(ward.values.guardian_number), ward.values.guardian_kind) for ward in wards
             if ward.values.guardian_number}  # fmt: skip
    holders = holders_of(paper.values())
    agents = load_known(set(holders.values()))
    today = city_day(at)
    proxies: list[tuple[int, int, str, datetime]] = []
    contacts: list[tuple[int, str, str, str, int | None]] = []
    for ward in wards:
        values, agent = ward.values, agents.get(holders.get(paper[id(ward)], 0)) if id(ward) in paper else None
        relation, phone = values.guardian_relation, values.guardian_phone
        if id(ward) in paper and agent is None:
            continue
        if agent is None:
            contacts.append((ward.person_id, values.guardian_name, relation, phone, None))
        elif (ends := _comes_of_age(values.born, today)) is None:
            contacts.append((ward.person_id, agent.name, relation, phone, agent.id))
        else:
            proxies.append((ward.person_id, agent.id, relation or _RELATION, ends))
            if phone and phone not in {*agent.phones, *agent.past}:
                contacts.append((ward.person_id, agent.name, relation, phone, agent.id))
    _write_proxies(job, proxies, by, at)
    _write_contacts(job, contacts, at)


def _write_proxies(
    job: ResidentImport, proxies: Sequence[tuple[int, int, str, datetime]], by: Actor, at: datetime
) -> None:
    if not proxies:
        return
    rights = _rights(at)
    with connection.cursor() as cursor:
        # Whoever grants locks the row of the one acted for first, here as at a desk.
        cursor.execute(
            "SELECT id FROM people_person WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            [copying.int_array({ward for ward, *_ in proxies})],
        )
        cursor.execute(
            "INSERT INTO people_proxy (person_id, agent_id, kind, relation, rights, consent, evidence, granted_by,"
            " starts_at, ends_at) SELECT person_id, agent_id, %s, relation, %s::jsonb, %s, %s, %s, %s, ends_at"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])"
            " AS told (person_id, agent_id, relation, ends_at)"
            " ON CONFLICT DO NOTHING RETURNING person_id, agent_id",
            [
                ProxyKind.GUARDIAN.value, rights, ConsentBy.GUARDIAN.value, evidence_of(job), by.account_id, at,
                copying.int_array(ward for ward, *_ in proxies), copying.int_array(agent for _, agent, *_ in proxies),
                copying.array(relation for _, _, relation, _ in proxies),
                copying.array(ends.isoformat() for *_, ends in proxies),
            ],
        )  # fmt: skip
        granted = cursor.fetchall()
    if granted:
        entry = replace(by, ip=None).did("people.grant_guardian", at=at, object_type="import", object_id=job.pk)
        both = [person for pair in granted for person in pair]
        record_each(entry, both, take_id_blocks(len(both)))


def _rights(at: datetime) -> str:
    chosen = POLICIES.value("people.import.guardian_rights", on=city_day(at))
    return "[" + ", ".join(f'"{right}"' for right in sorted(chosen)) + "]"


def _write_contacts(
    job: ResidentImport, contacts: Sequence[tuple[int, str, str, str, int | None]], at: datetime
) -> None:
    known = _contacts({ward for ward, *_ in contacts})
    contacts = [told for told in contacts if told[1:] not in known.get(told[0], ())]
    numbers = iter(take_id_blocks(len(contacts)))
    columns = ("person_id", "id", "name", "relation", "sealed", "shown", "agent_id", "import_id", "recorded_at")
    rows = []
    for ward, name, relation, phone, agent in contacts:
        number = (copying.blob(seal_phone(phone)), copying.text(mask_phone(phone))) if phone else _NO_PHONE
        head = (copying.int8(ward), copying.int8(next(numbers)), copying.text(name), copying.text(relation))
        rows.append(copying.row(*head, *number, copying.int8(agent), copying.int8(job.pk), copying.instant(at)))
    copying.copy_rows("people_contact", columns, rows)


_NO_PHONE: Final = (copying.NULL, copying.text(""))


def waiting_wards(import_id: int, before: int, blinds: Iterable[bytes]) -> list[Ward]:
    """Residents of earlier lines whose guardian's document is one of ``blinds``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.person_id, r.sealed FROM unnest(%s::bytea[]) AS asked (blind), LATERAL (SELECT person_id, sealed,"
            " import_id, outcome, line FROM people_importrow WHERE guardian = asked.blind OFFSET 0) r"
            " WHERE r.import_id = %s AND r.line < %s AND r.person_id IS NOT NULL AND r.outcome <> 'error'",
            [copying.blob_array(blinds), import_id, before],
        )
        return [Ward(person_id, unpack(unseal(sealed, ROW_FIELD))) for person_id, sealed in cursor.fetchall()]


def names_guardians(import_id: int) -> bool:
    """Whether any row of the import names a guardian by document."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM people_importrow WHERE guardian IS NOT NULL AND import_id = %s)", [import_id]
        )
        return bool(cursor.fetchone()[0])


def untied_lines(import_id: int) -> list[int]:
    """Written rows whose guardian never came: his own row turned out wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line FROM people_importrow r WHERE guardian IS NOT NULL AND import_id = %s AND person_id IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM people_identifierdirectory d WHERE d.blind = r.guardian) ORDER BY line",
            [import_id],
        )
        return [line for (line,) in cursor.fetchall()]


def untied_error() -> tuple[str, int, dict[str, Any]]:
    """What such a row is told."""
    return refusals.GUARDIAN_UNKNOWN.code, _NUMBER, {}


def untie(job: ResidentImport, person_ids: Sequence[int]) -> None:
    """Take back what an import said about the guardians and kin of these residents."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM people_proxy WHERE person_id = ANY(%s) AND kind = %s AND evidence = %s",
            [list(person_ids), ProxyKind.GUARDIAN.value, evidence_of(job)],
        )
        cursor.execute(
            "DELETE FROM people_contact WHERE person_id = ANY(%s) AND import_id = %s", [list(person_ids), job.pk]
        )
