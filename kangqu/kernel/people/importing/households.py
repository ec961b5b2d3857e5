"""Households of a list: which one a row means, whether its resident may enter it, and writing who entered, left, heads.

``docs/algorithms/import.md`` has the rules and a worked table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.sealing import keys, unseal
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.columns import NAMES
from kangqu.kernel.people.importing.known import ROW_FIELD, Asked, Home, Known, Membership
from kangqu.kernel.people.importing.models import RowOutcome
from kangqu.kernel.people.importing.rows import Values, unpack
from kangqu.kernel.people.loading import Loader, NewHousehold, take_id_blocks
from kangqu.kernel.people.models import Relation

NUMBER_FIELD: Final = "people.household.number"
_HEAD: Final = Relation.HEAD.value
_NUMBER, _RELATION, _CODE = map(NAMES.index, ("household_number", "household_relation", "household_code"))


def household_key(values: Values) -> str:
    """What names the household of a row: its code where given, else its number; empty without one."""
    return values.household_code or values.household_number


def seat_blind(values: Values, blind: Callable[[str], bytes]) -> bytes | None:
    """The blind index of the household that a row says it heads."""
    return blind(household_key(values)) if values.household_relation == _HEAD and household_key(values) else None


# Judging


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
    _refuse_second_heads(import_id, [row for row in asked if row.home and row.values.household_relation == _HEAD])
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
        if row.values.household_relation == _HEAD and row.home and row.home.head_id and not _is(row, row.home.head_id)
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
        if (relation := told.get(place.record_id, _HEAD)) == _HEAD:
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


# What a row changes


@dataclass(slots=True)
class Step:
    """What a row does to its resident's place: entering (and leaving ``left``), another relation, the head's seat."""

    home: Home
    relation: str
    enters: bool = False
    left: list[Membership] = field(default_factory=list)
    was: Membership | None = None
    seat: bool = False
    """Takes the head's seat."""
    vacates: bool = False
    """Gives the head's seat up."""


def step_of(row: Asked, known: Known) -> Step | None:
    """What ``row`` changes about the household of ``known``, who is brought up to date; None for nothing."""
    home, relation = row.home, row.values.household_relation
    if home is None:
        return None
    here = next((each for each in known.memberships if home.id is not None and each.household_id == home.id), None)
    if here is not None:
        seat = relation == _HEAD and home.head_id not in known.records
        vacates = relation != _HEAD and home.head_id in known.records
        if not row.by_document or (here.relation == relation and not seat):
            return None
        known.memberships = [Membership(here.record_id, here.row_id, here.household_id, relation)]
        return _seated(Step(home, relation, was=here, seat=seat, vacates=vacates), known)
    if known.memberships and (not row.by_document or any(each.row_id == 0 for each in known.memberships)):
        return None  # a place taken by an earlier row of this chunk stands
    step = Step(home, relation, enters=True, left=known.memberships, seat=relation == _HEAD)
    known.memberships = [Membership(known.id, 0, home.id or 0, relation)]
    return _seated(step, known)


def _seated(step: Step, known: Known) -> Step:
    if step.seat:
        step.home.head_id = known.id
    elif step.vacates:
        step.home.head_id = None
    return step


# Writing


def place_of(row: Asked) -> tuple[str, str]:
    """Region and address that a row gives its household."""
    values = row.values
    home = (values.region, values.address)
    return home if any(home) else (values.registered_region, values.registered_address)


def prepare_homes(rows: Sequence[Asked]) -> None:
    """Make ready the households that ``rows`` form: placed by the head's row, or else by the first."""
    for row in rows:
        home = row.home
        if home is None or home.id is not None:
            continue
        if home.new is None or row.values.household_relation == _HEAD:
            region, address = place_of(row)
            if home.new is None:
                home.new = NewHousehold(region or None, address)
            else:
                home.new.region, home.new.address = region or None, address


class Homes:
    """Writes the households of one import, chunk after chunk."""

    def __init__(self, loader: Loader, import_id: int, owner: int) -> None:
        self._loader, self._import_id, self._owner = loader, import_id, owner
        self._seal = keys().sealer(NUMBER_FIELD)

    def form(self, rows: Sequence[Asked], *, at: datetime) -> None:
        """Form what the new residents of the chunk did not form already, and keep the numbers."""
        homes = {id(row.home): row.home for row in rows if row.home is not None}
        fresh = [home for home in homes.values() if home.new is not None and home.id is None]
        self._loader.form([home.new for home in fresh if home.new and home.new.id is None], at=at)
        for home in fresh:
            assert home.new is not None
            home.id, home.head_id = home.new.id, home.new.head_id
        named = [home for home in homes.values() if home.adopted or home in fresh]
        columns = ("blind", "institution_id", "household_id", "sealed", "import_id", "formed")
        copying.copy_rows("people_householdnumber", columns, [self._packed(home) for home in named])
        for home in named:
            home.adopted = False

    def _packed(self, home: Home) -> bytes:
        return copying.row(
            copying.blob(home.key),
            copying.int8(self._owner),
            copying.int8(home.id),
            copying.blob(self._seal(home.number)),
            copying.int8(self._import_id),
            copying.boolean(home.new is not None),
        )

    def move(self, steps: Sequence[tuple[int, Step]], *, at: datetime) -> None:
        """Write what residents who were there already did: (resident, step), in order."""
        today = city_day(at)
        left = [each for _, step in steps for each in step.left if each.row_id]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE people_householdmember m SET to_on = %s FROM unnest(%s::bigint[], %s::bigint[])"
                " AS gone (person_id, id) WHERE m.person_id = gone.person_id AND m.id = gone.id",
                [today, copying.int_array(e.record_id for e in left), copying.int_array(e.row_id for e in left)],
            )
            # Of steps that one resident took in this very chunk only the last is a place lived in.
            last = {person_id: step for person_id, step in steps if step.enters}
            numbers = iter(take_id_blocks(len(last)))
            columns = ("person_id", "id", "household_id", "relation", "from_on", "to_on")
            copying.copy_rows("people_householdmember", columns, [
                copying.row(copying.int8(person_id), copying.int8(next(numbers)), copying.int8(step.home.id),
                            copying.text(step.relation), copying.day(today), copying.NULL)
                for person_id, step in last.items()
            ])  # fmt: skip
            changed = [(step.was, step.relation) for _, step in steps if step.was is not None]
            _relate(changed)
            self._leave_behind(left, at)

    def _leave_behind(self, left: Sequence[Membership], at: datetime) -> None:
        """A head who left leaves his household without one; the last one out dissolves it."""
        if not left:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE people_household h SET head_id = NULL FROM unnest(%s::bigint[], %s::bigint[]) AS gone (id, head)"
                " WHERE h.id = gone.id AND h.head_id = gone.head",
                [copying.int_array(e.household_id for e in left), copying.int_array(e.record_id for e in left)],
            )
            cursor.execute(
                "UPDATE people_household h SET dissolved_at = %s WHERE h.id = ANY(%s::bigint[]) AND NOT EXISTS (SELECT"
                " FROM people_householdmember m WHERE m.household_id = h.id AND m.to_on IS NULL)",
                [at, copying.int_array({each.household_id for each in left})],
            )

    def seat(self, heads: Sequence[tuple[int, Asked]]) -> list[int]:
        """Give households the heads who came to them: (resident, row), in order; who had to yield the seat."""
        yielding = [row.home.yields for _, row in heads if row.home and row.home.yields is not None]
        _relate([(row.home.yields, row.home.yields_to) for _, row in heads if row.home and row.home.yields is not None])
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE people_household h SET head_id = c.head, region_id = coalesce(c.region, h.region_id),"
                " address = CASE WHEN c.address = '' THEN h.address ELSE c.address END"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS c (id, head, region, address)"
                " WHERE h.id = c.id",
                [
                    copying.int_array(row.home.id or 0 for _, row in heads if row.home),
                    copying.int_array(person_id for person_id, _ in heads),
                    copying.array(place_of(row)[0] or None for _, row in heads),
                    copying.array(place_of(row)[1] for _, row in heads),
                ],
            )
        return [place.record_id for place in yielding if place is not None]

    def vacate(self, homes: Sequence[tuple[int, Home]]) -> None:
        """Take heads from their seats who are something else now."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE people_household h SET head_id = NULL FROM unnest(%s::bigint[], %s::bigint[]) AS gone (id, head)"
                " WHERE h.id = gone.id AND h.head_id = gone.head",
                [
                    copying.int_array(h.id or 0 for _, h in homes),
                    copying.int_array(person_id for person_id, _ in homes),
                ],
            )


def _relate(changed: Sequence[tuple[Membership | None, str]]) -> None:
    rows = [(place.record_id, place.row_id, relation) for place, relation in changed if place is not None]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE people_householdmember m SET relation = c.relation"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS c (person_id, id, relation)"
                " WHERE m.person_id = c.person_id AND m.id = c.id",
                [copying.array(column) for column in zip(*rows, strict=True)],
            )


# Taking back


def former_place(step: Step | None, seat: tuple[int | None, str, str] | None, home: Home | None) -> dict[str, Any]:
    """What undoing needs: places left, the relation before, and the seat as it was before ``seat`` was taken."""
    facts: dict[str, Any] = {}
    if step is not None:
        facts["left"] = [[each.record_id, each.row_id, each.household_id, each.relation] for each in step.left]
        if step.enters:
            facts["entered"] = step.home.id
        if step.was is not None:
            facts["was"] = [step.was.record_id, step.was.row_id, step.was.relation]
        if step.vacates:
            facts["vacated"] = step.home.id
    if seat is not None and home is not None:
        facts["seat"] = [home.id, *seat]
        if home.yields is not None:
            facts["yielded"] = [home.yields.record_id, home.yields.row_id, home.yields.relation]
    return facts


def revert_place(person_id: int, former: Mapping[str, Any]) -> None:
    """Put a resident back into the household she was in before a row of the list."""
    with connection.cursor() as cursor:
        if "seat" in former:
            household_id, head_id, region, address = former["seat"]
            cursor.execute(
                "UPDATE people_household SET head_id = %s, region_id = %s, address = %s WHERE id = %s AND head_id = %s",
                [head_id, region or None, address, household_id, person_id],
            )
        for record_id, row_id, relation in (former[name] for name in ("was", "yielded") if name in former):
            cursor.execute(
                "UPDATE people_householdmember SET relation = %s WHERE person_id = %s AND id = %s",
                [relation, record_id, row_id],
            )
        if "vacated" in former:
            cursor.execute(
                "UPDATE people_household SET head_id = %s WHERE id = %s AND head_id IS NULL",
                [person_id, former["vacated"]],
            )
        if "entered" in former:
            cursor.execute(
                "UPDATE people_household SET head_id = NULL WHERE id = %s AND head_id = %s",
                [former["entered"], person_id],
            )
            cursor.execute(
                "DELETE FROM people_householdmember WHERE person_id = %s AND household_id = %s AND to_on IS NULL",
                [person_id, former["entered"]],
            )
        for record_id, row_id, household_id, relation in former.get("left", ()):
            cursor.execute(
                "UPDATE people_householdmember SET to_on = NULL WHERE person_id = %s AND id = %s", [record_id, row_id]
            )
            cursor.execute(
                "UPDATE people_household SET dissolved_at = NULL,"
                " head_id = CASE WHEN %s AND head_id IS NULL THEN %s ELSE head_id END WHERE id = %s",
                [relation == _HEAD, record_id, household_id],
            )


def forget_homes(import_id: int) -> None:
    """Take back the numbers an import gave, and the households it formed in which nobody is left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM people_householdnumber n WHERE n.import_id = %s AND (NOT n.formed OR NOT EXISTS"
            " (SELECT FROM people_householdmember m WHERE m.household_id = n.household_id))"
            " RETURNING household_id, formed) DELETE FROM people_household h USING gone"
            " WHERE h.id = gone.household_id AND gone.formed",
            [import_id],
        )
