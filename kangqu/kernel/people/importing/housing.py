"""Housing the residents of a list: who enters, leaves and heads the households that ``households`` found, and back again.

``docs/algorithms/import.md`` has the rules and a worked table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.people.importing.households import HEAD, NUMBER_FIELD
from kangqu.kernel.people.importing.known import Asked, Home, Known, Membership
from kangqu.kernel.people.loading import Loader, NewHousehold, take_id_blocks


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
        seat = relation == HEAD and home.head_id not in known.records
        vacates = relation != HEAD and home.head_id in known.records
        if not row.by_document or (here.relation == relation and not seat):
            return None
        known.memberships = [Membership(here.record_id, here.row_id, here.household_id, relation)]
        return _seated(Step(home, relation, was=here, seat=seat, vacates=vacates), known)
    if known.memberships and (not row.by_document or any(each.row_id == 0 for each in known.memberships)):
        return None  # a place taken by an earlier row of this chunk stands
    step = Step(home, relation, enters=True, left=known.memberships, seat=relation == HEAD)
    known.memberships = [Membership(known.id, 0, home.id or 0, relation)]
    return _seated(step, known)


def _seated(step: Step, known: Known) -> Step:
    if step.seat:
        step.home.head_id = known.id
    elif step.vacates:
        step.home.head_id = None
    return step


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
        if home.new is None or row.values.household_relation == HEAD:
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
        _unseat([(each.household_id, each.record_id) for each in left])
        with connection.cursor() as cursor:
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
        _unseat([(home.id or 0, person_id) for person_id, home in homes])


def _unseat(heads: Sequence[tuple[int, int]]) -> None:
    """Leave households without the heads who gave the seat up, (household, resident); who sits there now stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_household h SET head_id = NULL FROM unnest(%s::bigint[], %s::bigint[]) AS gone (id, head)"
            " WHERE h.id = gone.id AND h.head_id = gone.head",
            [copying.int_array(household for household, _ in heads), copying.int_array(head for _, head in heads)],
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
                [relation == HEAD, record_id, household_id],
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
