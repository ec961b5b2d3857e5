"""Taking an import back: its new residents are removed, its changes reverted, unless somebody has worked on them since."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.people.documents import blind_of_canonical
from kangqu.kernel.people.importing import phases
from kangqu.kernel.people.importing.applying import FORMER_FIELD
from kangqu.kernel.people.importing.guardians import untie
from kangqu.kernel.people.importing.housing import forget_homes, revert_place
from kangqu.kernel.people.importing.models import ImportRow, ImportState, ResidentImport, RowOutcome
from kangqu.kernel.people.importing.phases import Work
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.loading import take_id_blocks
from kangqu.kernel.people.phones import phone_blind
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.bulk import record_each

ACTION: Final = "people.import.undo"
Written = tuple[int, str, int, bytes | memoryview | None]
"""A row as it was applied: line, outcome, the resident's number, the sealed former values."""


def take_back(work: Work) -> None:
    """Take back what the import wrote, last rows first; who was touched since by somebody else stays as he is."""
    job = work.job
    while True:
        at = work.clock()
        with transaction.atomic():
            rows = list(
                ImportRow.objects.filter(import_id=job.pk, person_id__isnull=False)
                .order_by("-line")
                .values_list("line", "outcome", "person_id", "former")[: phases.CHUNK]
            )
            if not rows:
                break
            written = [(line, why, who or 0, was) for line, why, who, was in rows]
            kept = undo_rows(job, written, by=work.by, at=at)
            counts = Counter(job.counts)
            counts.update({"kept": kept, "undone": len(rows) - kept})
            job.counts = dict(counts)
            job.save(update_fields=["counts"])
        work.tell()
    with transaction.atomic():
        forget_homes(job.pk)
        work.move_on(ImportState.UNDONE, at)


def undo_rows(job: ResidentImport, rows: Sequence[Written], *, by: Actor, at: datetime) -> int:
    """Undo ``rows``, given last line first, in the present transaction; return how many had to stay."""
    touched = _touched(job, {person_id for _, _, person_id, _ in rows})
    changed = [(person_id, former) for _, _, person_id, former in rows if former is not None]
    made = [person_id for _, outcome, person_id, _ in rows if outcome in (RowOutcome.NEW, RowOutcome.REVIEW)]
    for person_id, former in changed:
        if person_id not in touched and former is not None:
            facts = json.loads(unseal(former, FORMER_FIELD))
            if "numbers" in facts:
                _revert(person_id, facts, at)
            revert_place(person_id, facts.get("household", {}))
    removed = _remove([person_id for person_id in made if person_id not in touched])
    kept = set(made) - removed | touched
    undone = sorted({person_id for _, _, person_id, _ in rows} - kept)
    untie(job, undone)
    entry = replace(by, ip=None).did(ACTION, at=at, object_type="import", object_id=job.pk)
    record_each(entry, undone, take_id_blocks(len(undone)))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_importrow SET person_id = NULL, former = NULL WHERE import_id = %s AND line = ANY(%s)",
            [job.pk, [line for line, *_ in rows]],
        )
    return sum(person_id in kept for _, _, person_id, _ in rows)


def _touched(job: ResidentImport, person_ids: set[int]) -> set[int]:
    """Of these residents, those about whom somebody did something else since the import began."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT person_id FROM trace_entry WHERE person_id = ANY(%s) AND at > %s AND stream = 'step'"
            " AND (object_type, object_id) IS DISTINCT FROM ('import', %s)",
            [list(person_ids), job.started_at, job.pk],
        )
        return {row[0] for row in cursor.fetchall()}


_TABLES: Final = ("identifier", "phone", "residence", "householdmember", "personname", "contact")


def _remove(person_ids: Sequence[int]) -> set[int]:
    """Remove residents with every row of theirs; return those removed. One that something else refers to stays."""
    if not person_ids:
        return set()
    try:
        with transaction.atomic():
            _remove_all(list(person_ids))
        return set(person_ids)
    except IntegrityError:
        if len(person_ids) == 1:
            return set()
        half = len(person_ids) // 2
        return _remove(person_ids[:half]) | _remove(person_ids[half:])


def _remove_all(person_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "DELETE FROM people_identifierdirectory d USING people_identifier i WHERE i.person_id = ANY(%s)"
            " AND d.blind = i.blind AND d.kind = i.kind AND d.person_id = i.person_id",
            [person_ids],
        )
        cursor.execute(
            "UPDATE people_household h SET head_id = NULL FROM people_householdmember m WHERE m.person_id = ANY(%s)"
            " AND h.id = m.household_id AND h.head_id = m.person_id",
            [person_ids],
        )
        cursor.execute("DELETE FROM people_proxy WHERE person_id = ANY(%s) OR agent_id = ANY(%s)", [person_ids] * 2)
        cursor.execute("UPDATE people_contact SET agent_id = NULL WHERE agent_id = ANY(%s)", [person_ids])
        for table in _TABLES:
            cursor.execute(f"DELETE FROM people_{table} WHERE person_id = ANY(%s)", [person_ids])  # noqa: S608
        cursor.execute("SELECT id, name, birth_date, sex FROM people_person WHERE id = ANY(%s)", [person_ids])
        keys = [(key, number) for number, *facts in cursor.fetchall() for key in match_keys(*facts)]
        cursor.execute(
            "DELETE FROM people_matchkey m USING unnest(%s::bigint[], %s::bigint[]) AS gone (key, person_id)"
            " WHERE m.key = gone.key AND m.person_id = gone.person_id",
            [[key for key, _ in keys], [number for _, number in keys]],
        )
        cursor.execute(
            "DELETE FROM people_review WHERE left_id = ANY(%s) OR right_id = ANY(%s)", [person_ids, person_ids]
        )
        cursor.execute("DELETE FROM people_person WHERE id = ANY(%s)", [person_ids])


def _revert(person_id: int, former: dict[str, Any], at: datetime) -> None:
    """Give a resident back the values a change replaced, and take away the rows it added."""
    with connection.cursor() as cursor:
        values: list[Any]
        assignments, values = ["version = version + 1", "changed_at = %s"], [at]
        for name, column in (("sex", "sex"), ("born", "birth_date"), ("ethnicity", "ethnicity")):
            if name in former:
                assignments.append(f"{column} = %s")
                values.append(former[name])
        if "home" in former:
            assignments += ["region_id = %s", "address = %s"]
            values += [former["home"][0] or None, former["home"][1]]
        cursor.execute(f"UPDATE people_person SET {', '.join(assignments)} WHERE id = %s", [*values, person_id])  # noqa: S608
        for number in former["numbers"]:
            blind = blind_of_canonical(number)
            cursor.execute(
                "DELETE FROM people_identifierdirectory WHERE blind = %s AND person_id = %s", [blind, person_id]
            )
            cursor.execute("DELETE FROM people_identifier WHERE person_id = %s AND blind = %s", [person_id, blind])
        for phone in former["phones"]:
            cursor.execute(
                "DELETE FROM people_phone WHERE person_id = %s AND blind = %s", [person_id, phone_blind(phone)]
            )
        for name in former["names"]:
            cursor.execute("DELETE FROM people_personname WHERE person_id = %s AND name = %s", [person_id, name])
    for name, use in (("home", "home"), ("registered", "registered")):
        if name in former:
            _revert_residence(person_id, use, (former[name][0], former[name][1]))


def _revert_residence(person_id: int, use: str, former: tuple[str, str]) -> None:
    """End nothing, begin nothing: the place the import wrote goes, the one it ended stands again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM people_residence WHERE (person_id, id) = (SELECT person_id, id FROM people_residence"
            " WHERE person_id = %s AND use = %s AND to_on IS NULL ORDER BY id DESC LIMIT 1)",
            [person_id, use],
        )
        cursor.execute(
            "UPDATE people_residence SET to_on = NULL WHERE (person_id, id) = (SELECT person_id, id FROM people_residence"
            " WHERE person_id = %s AND use = %s AND coalesce(region_id, '') = %s AND address = %s AND to_on IS NOT NULL"
            " ORDER BY id DESC LIMIT 1)",
            [person_id, use, *former],
        )
