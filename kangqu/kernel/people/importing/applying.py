"""Writing what was decided: new residents in bulk, and what a list adds to residents that are there already.

What a list may change: an empty sex, birth date or ethnicity is filled; a phone, a document or another way of writing
the name is added; an address is replaced, and the former one kept with its end, when the row was recognised by its
document. Name, sex and birth date of a known resident are never overwritten by a list. Households and guardians have
their own modules.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.people.importing.guardians import Ward, names_guardians, tie, waiting_wards
from kangqu.kernel.people.importing.housing import Homes, Step, former_place, prepare_homes, step_of
from kangqu.kernel.people.importing.known import Asked, Known, Membership
from kangqu.kernel.people.importing.models import ResidentImport, RowOutcome
from kangqu.kernel.people.importing.rows import Error
from kangqu.kernel.people.loading import Loader, NewIdentifier, NewPerson, take_id_blocks
from kangqu.kernel.people.models import PersonName, Relation, Sex
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.bulk import record_each

ACTION: Final = "people.import"
FORMER_FIELD: Final = "people.import.former"


def new_person(row: Asked) -> NewPerson:
    """The resident a row describes."""
    values = row.values
    return NewPerson(
        name=values.name,
        sex=values.sex,
        birth_date=values.born,
        identifiers=(NewIdentifier(values.kind, values.number),) if values.number else (),
        phones=(values.phone,) if values.phone else (),
        region=values.region or None,
        address=values.address,
        registered_region=values.registered_region or None,
        registered_address=values.registered_address,
        ethnicity=values.ethnicity,
        nationality=values.nationality,
        other_names=_former_names(row, row.values.name, ()),
        household=(row.home.new or row.home.id) if row.home is not None else None,
        relation=values.household_relation,
    )


def _former_names(row: Asked, name: str, known: Sequence[str]) -> tuple[tuple[str, PersonName.Use], ...]:
    former = row.values.former_name
    return ((former, PersonName.Use.FORMER),) if former and former != name and former not in known else ()


@dataclass(slots=True)
class Change:
    """What a row adds to a resident. ``more`` holds rows to be added; empty texts leave the resident as it is."""

    known: Known
    more: NewPerson
    sex: str = ""
    born: date | None = None
    ethnicity: str = ""
    moves: bool = False
    registers: bool = False
    step: Step | None = None
    ties: bool = False

    @property
    def is_any(self) -> bool:
        more = self.more
        return bool(
            self.sex or self.born or self.ethnicity or self.moves or self.registers
            or more.identifiers or more.phones or more.other_names or self.step or self.ties
        )  # fmt: skip


def change_of(row: Asked, known: Known) -> Change:
    """What ``row`` adds to ``known``; ``known`` is brought up to date, so that a later row sees what this one added."""
    values = row.values
    change = Change(known, NewPerson(name=""), ties=row.ties)
    if known.sex not in (Sex.MALE, Sex.FEMALE) and values.sex in (Sex.MALE, Sex.FEMALE):
        change.sex = known.sex = values.sex
    if known.born is None and values.born is not None:
        change.born = known.born = values.born
    if not known.ethnicity and values.ethnicity:
        change.ethnicity = known.ethnicity = values.ethnicity
    if values.number and (values.kind, values.number) not in known.numbers and values.number not in known.past:
        change.more.identifiers = (NewIdentifier(values.kind, values.number),)
        known.numbers.append((values.kind, values.number))
    if values.phone and values.phone not in known.phones and values.phone not in known.past:
        change.more.phones = (values.phone,)
        known.phones.append(values.phone)
    _change_names(row, known, change)
    _change_addresses(row, known, change)
    change.step = step_of(row, known)
    if change.sex or change.born:
        # New keys; the old ones stay and do no harm.
        change.more.name, change.more.sex, change.more.birth_date = known.name, known.sex, known.born
    return change


def _change_names(row: Asked, known: Known, change: Change) -> None:
    taken = [known.name, *known.other_names]
    names = list(_former_names(row, known.name, taken))
    if row.values.name not in [*taken, *(name for name, _ in names)]:
        names.append((row.values.name, PersonName.Use.SPELLING))
    known.other_names += [name for name, _ in names]
    change.more.other_names = names


def _change_addresses(row: Asked, known: Known, change: Change) -> None:
    values = row.values
    told = (values.region, values.address)
    if any(told) and told != (known.region, known.address) and told not in known.homes:
        # A region code without an address, or the other way round, says nothing about the other.
        told = (told[0] or known.region, told[1] or known.address)
        if told != (known.region, known.address) and (row.by_document or not (known.region or known.address)):
            known.region, known.address = told
            change.moves, change.more.region, change.more.address = True, told[0] or None, told[1]
    registered = (values.registered_region, values.registered_address)
    if any(registered) and registered not in known.registrations:
        registered = (registered[0] or known.registered[0], registered[1] or known.registered[1])
        if registered != known.registered and (row.by_document or not any(known.registered)):
            known.registered, change.registers = registered, True
            change.more.registered_region, change.more.registered_address = registered[0] or None, registered[1]


class Applier:
    """Writes chunk after chunk of one import."""

    def __init__(self, job: ResidentImport, *, by: Actor) -> None:
        self.job, self.by = job, by
        self.loader = Loader(kept_by=job.institution_id)
        self._homes = Homes(self.loader, job.pk, job.institution_id or 0)
        self._seal_former = keys().sealer(FORMER_FIELD)
        self._names_guardians = names_guardians(job.pk)

    def apply(self, rows: Sequence[Asked], *, at: datetime) -> None:
        """Write decided ``rows`` and the answers to them, in the present transaction."""
        fresh = [row for row in rows if row.outcome in (RowOutcome.NEW, RowOutcome.REVIEW)]
        prepare_homes([row for row in rows if row.outcome is not RowOutcome.ERROR])
        former = self._foresee_seats(fresh)
        people = self._write_new(fresh, at)
        self._homes.form(rows, at=at)
        former |= self._write_changes(rows, people, at)
        self._write_reviews([row for row in rows if row.outcome is RowOutcome.REVIEW], people, at)
        self._write_ties(rows, people, at)
        self._write_answers(rows, people, former)

    def foresee(self, rows: Sequence[Asked]) -> None:
        """Write the answers to decided ``rows`` as ``apply`` would give them, and nothing else."""
        people = {}
        for row in rows:
            if row.known is not None:
                people[row.line] = row.known.id
            if row.outcome is RowOutcome.CHANGED and row.known and not change_of(row, row.known).is_any:
                row.outcome = RowOutcome.UNCHANGED
        self._write_answers(rows, people, {})

    def _foresee_seats(self, fresh: Sequence[Asked]) -> dict[int, bytes]:
        """What undoing needs of new residents who will head a household that was there before."""
        former = {}
        for row in fresh:
            if _heads_from_now(row) and row.home is not None:
                seat = (row.home.head_id, row.home.region, row.home.address)
                former[row.line] = self._seal_former(json.dumps({"household": former_place(None, seat, row.home)}))
        return former

    def _write_new(self, rows: Sequence[Asked], at: datetime) -> dict[int, int]:
        """Write the new residents; line → number."""
        if not rows:
            return {}
        numbers = self.loader.write(
            [new_person(row) for row in rows],
            by=self.by,
            at=at,
            action=ACTION,
            object_type="import",
            object_id=self.job.pk,
        )
        return dict(zip((row.line for row in rows), numbers, strict=True))

    def _write_changes(self, rows: Sequence[Asked], people: dict[int, int], at: datetime) -> dict[int, bytes]:
        changes: list[tuple[Asked, Change]] = []
        former: dict[int, bytes] = {}
        fresh: dict[int, Known] = {}
        for row in rows:
            if row.outcome not in (RowOutcome.CHANGED, RowOutcome.LINKED):
                continue
            known = row.known
            if known is None and row.twin is not None:
                number = people[row.twin.line]
                known = fresh.setdefault(number, _as_known(number, row.twin))
            assert known is not None
            people[row.line] = known.id
            before = replace(known)
            seat = (row.home.head_id, row.home.region, row.home.address) if row.home is not None else None
            change = change_of(row, known)
            if change.is_any:
                changes.append((row, change))
                former[row.line] = self._seal_former(_former(before, change, seat))
            elif row.outcome is RowOutcome.CHANGED:
                row.outcome = RowOutcome.UNCHANGED
        yielded = self._write_places(rows, people, changes, at)
        if changes:
            _write(self.loader, [change for _, change in changes], at)
            changed = [change.known.id for _, change in changes] + yielded
            entry = replace(self.by, ip=None).did(ACTION, at=at, object_type="import", object_id=self.job.pk)
            record_each(entry, changed, take_id_blocks(len(changed)))
        return former

    def _write_places(
        self, rows: Sequence[Asked], people: dict[int, int], changes: Sequence[tuple[Asked, Change]], at: datetime
    ) -> list[int]:
        """Who entered, left, gave up or took a head's seat; those who had to yield one."""
        steps = [(change.known.id, change.step) for _, change in changes if change.step is not None]
        if steps:
            self._homes.move(steps, at=at)
            self._homes.vacate([(person_id, step.home) for person_id, step in steps if step.vacates])
        seated = {row.line for row, change in changes if change.step is not None and change.step.seat}
        heads = [(people[row.line], row) for row in rows if row.line in seated or _heads_from_now(row)]
        return self._homes.seat(heads) if heads else []

    def _write_ties(self, rows: Sequence[Asked], people: dict[int, int], at: datetime) -> None:
        wards = [Ward(people[row.line], row.values) for row in rows if row.ties and row.line in people]
        if self._names_guardians:
            blinds = [row.blind for row in rows if row.blind is not None and row.outcome in _WRITTEN]
            wards += waiting_wards(self.job.pk, rows[0].line, blinds)
        if wards:
            tie(self.job, wards, by=self.by, at=at)

    def _write_reviews(self, rows: Sequence[Asked], people: dict[int, int], at: datetime) -> None:
        found: list[tuple[Any, ...]] = []
        for row in rows:
            other = row.known.id if row.known is not None else people[row.twin.line] if row.twin is not None else None
            if other is not None:
                pair = sorted((people[row.line], other))
                found.append((*pair, row.probability, json.dumps(row.reasons), at))
        if found:
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO people_review (left_id, right_id, probability, reasons, state, found_at, note)"
                    " VALUES (%s, %s, %s, %s, 'open', %s, '') ON CONFLICT (left_id, right_id) DO NOTHING",
                    found,
                )

    def _write_answers(self, rows: Sequence[Asked], people: dict[int, int], former: dict[int, bytes]) -> None:
        answers = [(row.line, str(row.outcome), people.get(row.line), former.get(row.line)) for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE people_importrow r SET outcome = a.outcome, person_id = a.person_id, former = a.former"
                " FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bytea[])"
                " AS a (line, outcome, person_id, former) WHERE r.import_id = %s AND r.line = a.line",
                [*map(copying.array, zip(*answers, strict=True)), self.job.pk],
            )
        write_errors(self.job.pk, [(row.line, row.errors) for row in rows if row.errors])


_WRITTEN: Final = frozenset({RowOutcome.NEW, RowOutcome.REVIEW, RowOutcome.LINKED, RowOutcome.CHANGED})


def _heads_from_now(row: Asked) -> bool:
    """Whether a new resident takes the head's seat of a household that was there before this chunk."""
    return (
        row.outcome in (RowOutcome.NEW, RowOutcome.REVIEW)
        and row.home is not None
        and row.home.new is None
        and row.values.household_relation == Relation.HEAD
    )


def write_errors(import_id: int, wrong: Sequence[tuple[int, Sequence[Error]]]) -> None:
    """Write what is wrong with rows, by their lines."""
    if not wrong:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_importrow r SET outcome = 'error', errors = a.errors::jsonb"
            " FROM unnest(%s::bigint[], %s::text[]) AS a (line, errors) WHERE r.import_id = %s AND r.line = a.line",
            [copying.array(line for line, _ in wrong), copying.array(json.dumps(e) for _, e in wrong), import_id],
        )


def write_notices(import_id: int, lines: Sequence[int], error: Error) -> None:
    """Tell rows that were written what is missing all the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_importrow SET errors = %s::jsonb WHERE import_id = %s AND line = ANY(%s)",
            [json.dumps([error]), import_id, list(lines)],
        )


def _as_known(number: int, row: Asked) -> Known:
    values = row.values
    return Known(
        number,
        values.name,
        values.sex,
        values.born,
        values.region,
        values.address,
        values.ethnicity,
        [(values.kind, values.number)] if values.number else [],
        [values.phone] if values.phone else [],
        [values.former_name] if values.former_name else [],
        (values.registered_region, values.registered_address),
        records={number},
        memberships=[Membership(number, 0, row.home.id or 0, values.household_relation)] if row.home else [],
    )


def _former(before: Known, change: Change, seat: tuple[int | None, str, str] | None) -> str:
    """What undoing a change needs: the values it replaced and the rows it added."""
    facts: dict[str, Any] = {}
    if change.sex:
        facts["sex"] = before.sex
    if change.born:
        facts["born"] = None
    if change.ethnicity:
        facts["ethnicity"] = before.ethnicity
    if change.moves:
        facts["home"] = [before.region, before.address]
    if change.registers:
        facts["registered"] = list(before.registered)
    facts["numbers"] = [number.number for number in change.more.identifiers]
    facts["phones"] = list(change.more.phones)
    facts["names"] = [name for name, _ in change.more.other_names]
    if change.step is not None:
        facts["household"] = former_place(change.step, seat if change.step.seat else None, change.step.home)
    return json.dumps(facts, ensure_ascii=False)


def _write(loader: Loader, changes: Sequence[Change], at: datetime) -> None:
    """Write changes of residents, every table in one statement. A resident met twice is changed twice, in order."""
    today = city_day(at)
    _last_address_only(changes)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_person p SET sex = coalesce(c.sex, p.sex), birth_date = coalesce(c.born, p.birth_date),"
            " ethnicity = coalesce(c.ethnicity, p.ethnicity),"
            " region_id = CASE WHEN c.moves THEN c.region ELSE p.region_id END,"
            " address = CASE WHEN c.moves THEN c.address ELSE p.address END,"
            " version = p.version + 1, changed_at = %s"
            " FROM (SELECT DISTINCT ON (id) * FROM (SELECT id, place,"
            "   max(sex) OVER same AS sex, max(born) OVER same AS born, max(ethnicity) OVER same AS ethnicity,"
            "   bool_or(moves) OVER same AS moves, region, address"
            "   FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[], %s::boolean[], %s::text[], %s::text[])"
            "   WITH ORDINALITY AS c (id, sex, born, ethnicity, moves, region, address, place)"
            "   WINDOW same AS (PARTITION BY id)) each ORDER BY id, place DESC) c WHERE p.id = c.id",
            [at, *_columns(changes)],
        )
        for flag, use in (("moves", "home"), ("registers", "registered")):
            ended = [change.known.id for change in changes if getattr(change, flag)]
            cursor.execute(
                "UPDATE people_residence SET to_on = %s WHERE person_id = ANY(%s::bigint[]) AND use = %s AND to_on IS NULL",
                [today, copying.array(ended), use],
            )
    loader.write_more([(change.known.id, replace(change.more, lives_there_since=today)) for change in changes], at=at)


def _last_address_only(changes: Sequence[Change]) -> None:
    """Of a resident who is given two addresses in one chunk, only the last is written as a place lived at."""
    seen: set[tuple[str, int]] = set()
    for change in reversed(changes):
        for flag, region, address in (
            ("moves", "region", "address"),
            ("registers", "registered_region", "registered_address"),
        ):
            if getattr(change, flag) and (flag, change.known.id) in seen:
                setattr(change.more, region, None)
                setattr(change.more, address, "")
            elif getattr(change, flag):
                seen.add((flag, change.known.id))


def _columns(changes: Sequence[Change]) -> list[str]:
    # ``known`` is up to date after every row: the last row of a resident carries the address that stands.
    rows = [
        (
            change.known.id,
            change.sex or None,
            change.born,
            change.ethnicity or None,
            change.moves,
            change.known.region or None,
            change.known.address,
        )
        for change in changes
    ]
    return [copying.array(column) for column in zip(*rows, strict=True)]
