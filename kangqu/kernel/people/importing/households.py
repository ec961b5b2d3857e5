"""Households of a list: which one a row means, and whether its resident may enter it (``housing`` writes who did).

``docs/algorithms/import.md`` has the rules and a worked table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.sealing import keys, unseal
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.columns import NAMES
from kangqu.kernel.people.importing.known import ROW_FIELD, Asked, Home, Membership
from kangqu.kernel.people.importing.models import RowOutcome
from kangqu.kernel.people.importing.rows import Values, unpack
from kangqu.kernel.people.models import Relation

NUMBER_FIELD: Final = "people.household.number"
HEAD: Final = Relation.HEAD.value
_NUMBER, _RELATION, _CODE = map(NAMES.index, ("household_number", "household_relation", "household_code"))


def household_key(values: Values) -> str:
    """What names the household of a row: its code where given, else its number; empty without one."""
    return values.household_code or values.household_number


def seat_blind(values: Values, blind: Callable[[str], bytes]) -> bytes | None:
    """The blind index of the household that a row says it heads."""
    return blind(household_key(values)) if values.household_relation == HEAD and household_key(values) else None


def judge_households(import_id: int, rows: Sequence[Asked], *, owner: int) -> None:
    """Find the household of every row that names one, and refuse what cannot be. ``owner``: whose numbers they are."""
    asked = [
        row for row in rows
        if household_key(row.values) and row.outcome not in (RowOutcome.ERROR, RowOutcome.UNCHANGED)
    ]  # fmt: skip
    if not asked:
        return
    homes = _homes(import_id, asked, owner)
    for row in asked:
        row.home = homes.get(household_key(row.values))
        if row.home is None:
            _refuse(row, refusals.HOUSEHOLD_UNKNOWN.code, _CODE)
    _refuse_second_heads(import_id, [row for row in asked if row.home and row.values.household_relation == HEAD])
    for row in asked:
        if row.home is not None and not row.errors:
            _refuse_entry(row, row.home)
    _refuse_heads(import_id, [row for row in asked if row.home and not row.errors])


def _refuse(row: Asked, code: str, column: int, **facts: Any) -> None:
    row.errors.append((code, column, facts))
    row.outcome = RowOutcome.ERROR


_HOME: Final = "h.id, h.head_id, coalesce(h.region_id, ''), h.address"


def _homes(import_id: int, rows: Iterable[Asked], owner: int) -> dict[str, Home]:
    """The household of every code and number; numbers that nobody knows are households to be formed."""
    blind = keys().blinder(NUMBER_FIELD)
    codes = {row.values.household_code for row in rows} - {""}
    numbers = {blind(n): n for n in {row.values.household_number for row in rows if not row.values.household_code}}
    homes: dict[str, Home] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT h.code, {_HOME} FROM people_household h WHERE h.code = ANY(%s) AND h.dissolved_at IS NULL",  # noqa: S608
            [list(codes)],
        )
        for code, *facts in cursor.fetchall():
            homes[code] = Home(blind(code), "", *facts)
        cursor.execute(
            # OFFSET 0 keeps the order: number, then household. Tables that have just grown mislead the planner.
            "SELECT n.blind, h.* FROM unnest(%s::bytea[]) AS asked (blind),"
            " LATERAL (SELECT blind, household_id FROM people_householdnumber WHERE blind = asked.blind"
            "  AND institution_id = %s OFFSET 0) n,"
            " LATERAL (SELECT id, head_id, coalesce(region_id, ''), address FROM people_household"
            "  WHERE id = n.household_id AND dissolved_at IS NULL OFFSET 0) h",
            [copying.blob_array(numbers), owner],
        )
        for found, *facts in cursor.fetchall():
            homes[numbers[bytes(found)]] = Home(bytes(found), numbers[bytes(found)], *facts)
        unknown = [found for found, number in numbers.items() if number not in homes]
        cursor.execute(_ADOPTED, [copying.blob_array(unknown), import_id, owner])
        for found, *facts in cursor.fetchall():
            home = homes[numbers[bytes(found)]] = Home(bytes(found), numbers[bytes(found)], *facts)
            home.adopted = True
    for found, number in numbers.items():
        homes.setdefault(number, Home(found, number))
    return homes


# A household without a number of this owner's, headed by the resident whom the list shows, by document, as the head.
_ADOPTED: Final = (
    "SELECT asked.blind, h.id, h.head_id, coalesce(h.region_id, ''), h.address FROM unnest(%s::bytea[]) AS asked (blind),"
    " LATERAL (SELECT import_id, outcome, blind, kind FROM people_importrow WHERE heads = asked.blind OFFSET 0) r,"
    " LATERAL (SELECT person_id FROM people_identifierdirectory WHERE blind = r.blind AND kind = r.kind OFFSET 0) d,"
    " LATERAL (SELECT coalesce(merged_into_id, id) AS id FROM people_person WHERE id = d.person_id OFFSET 0) p,"
    " LATERAL (SELECT household_id FROM people_householdmember WHERE person_id = p.id AND to_on IS NULL OFFSET 0) m,"
    " LATERAL (SELECT id, head_id, region_id, address FROM people_household WHERE id = m.household_id"
    "  AND head_id = p.id AND dissolved_at IS NULL OFFSET 0) h"
    " WHERE r.import_id = %s AND r.outcome <> 'error' AND NOT EXISTS (SELECT FROM people_householdnumber n"
    "  WHERE n.household_id = h.id AND n.institution_id = %s)"
)


def _refuse_second_heads(import_id: int, heads: Sequence[Asked]) -> None:
    """Of two lines that say they head one household, the later is wrong."""
    if not heads:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (r.heads) r.heads, r.line, r.sealed FROM unnest(%s::bytea[]) AS asked (heads),"
            " LATERAL (SELECT heads, line, sealed, import_id, outcome FROM people_importrow WHERE heads = asked.heads"
            " OFFSET 0) r WHERE r.import_id = %s AND r.outcome <> 'error' ORDER BY r.heads, r.line",
            [copying.blob_array({row.home.key for row in heads if row.home}), import_id],
        )
        first = {bytes(key): (line, sealed) for key, line, sealed in cursor.fetchall()}
    for row in heads:
        line, sealed = first.get(row.home.key, (row.line, None)) if row.home else (row.line, None)
        if line < row.line and sealed is not None and unpack(unseal(sealed, ROW_FIELD)) != row.values:
            _refuse(row, refusals.HEAD_TWICE.code, _RELATION, line=line)


def _refuse_entry(row: Asked, home: Home) -> None:
    """A dead resident enters no household; a number is not that of a household in another division."""
    known = row.known
    if known is not None and row.outcome is not RowOutcome.REVIEW:
        if any(here.household_id == home.id for here in known.memberships):
            return
        if known.deceased:
            _refuse(row, refusals.HOUSEHOLD_DECEASED.code, _NUMBER)
            return
    told = row.values.region or row.values.registered_region
    width = min(len(told), len(home.region))
    if home.id is not None and home.number and told[:width] != home.region[:width]:
        _refuse(row, refusals.HOUSEHOLD_ELSEWHERE.code, _NUMBER)


def _is(row: Asked, person_id: int | None) -> bool:
    known = row.known if row.outcome is not RowOutcome.REVIEW else None
    return known is not None and person_id in known.records


def _refuse_heads(import_id: int, rows: Sequence[Asked]) -> None:
    """A household whose head lives in it gets another only when the list says what becomes of the one it has."""
    claims = [
        row for row in rows
        if row.values.household_relation == HEAD and row.home and row.home.head_id and not _is(row, row.home.head_id)
    ]  # fmt: skip
    if not claims:
        return
    standing = _standing_heads({row.home.head_id or 0 for row in claims if row.home})
    told = _told_relations(import_id, standing)
    for row in claims:
        assert row.home is not None
        place = standing.get(row.home.head_id or 0)
        if place is None or place.household_id != row.home.id:
            continue
        if (relation := told.get(place.record_id, HEAD)) == HEAD:
            _refuse(row, refusals.HEAD_OTHER.code, _RELATION)
        else:
            row.home.yields, row.home.yields_to = place, relation


def _standing_heads(people: Collection[int]) -> dict[int, Membership]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.person_id, m.id, m.household_id, m.relation FROM people_householdmember m"
            " JOIN people_person p ON p.id = m.person_id WHERE m.person_id = ANY(%s) AND m.to_on IS NULL"
            " AND p.status <> 'deceased'",
            [list(people)],
        )
        return {row[0]: Membership(*row) for row in cursor.fetchall()}


def _told_relations(import_id: int, people: Iterable[int]) -> dict[int, str]:
    """What the list itself says these residents are in their households, by their documents."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.person_id, r.sealed FROM people_identifier i, LATERAL (SELECT sealed, kind, import_id, outcome"
            " FROM people_importrow WHERE blind = i.blind OFFSET 0) r WHERE i.person_id = ANY(%s) AND NOT i.mistaken"
            " AND r.kind = i.kind AND r.import_id = %s AND r.outcome <> 'error'",
            [list(people), import_id],
        )
        found = [(person_id, unpack(unseal(sealed, ROW_FIELD))) for person_id, sealed in cursor.fetchall()]
    return {person_id: values.household_relation for person_id, values in found if values.household_relation}
