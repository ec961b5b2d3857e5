"""What holds among residents' rows, on live data (``kangqu check``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import blind, unseal
from kangqu.kernel.people.documents import blind_of_canonical, mask_number, open_number
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.models import HouseholdNumber, Identifier, MatchKey, Person, Phone
from kangqu.kernel.people.phones import mask_phone, open_phone, phone_blind

SAMPLE: Final = 2_000
"""How many sealed values a check opens: spread over all of them, the same at every run on the same rows."""


def _rows(sql: str) -> Iterator[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(500):
            yield from rows


@check("people.directory", "Every document in the directory is held by the person it names.")
def check_directory() -> Iterator[Finding]:
    for person_id, kind in _rows(
        "SELECT d.person_id, d.kind FROM people_identifierdirectory d LEFT JOIN people_identifier i"
        " ON i.person_id = d.person_id AND i.kind = d.kind AND i.blind = d.blind AND NOT i.mistaken"
        " WHERE i.person_id IS NULL"
    ):
        yield Finding(f"people_identifierdirectory person_id={person_id} kind={kind}", "the person does not hold it")


@check("people.papers", "Every document somebody holds is in the directory.")
def check_papers() -> Iterator[Finding]:
    for person_id, row_id in _rows(
        "SELECT i.person_id, i.id FROM people_identifier i LEFT JOIN people_identifierdirectory d"
        " ON d.person_id = i.person_id AND d.kind = i.kind AND d.blind = i.blind"
        " WHERE NOT i.mistaken AND d.person_id IS NULL"
    ):
        yield Finding(f"people_identifier person_id={person_id} id={row_id}", "a search by its number finds nobody")


@check(
    "people.merges", "Every merged record points at the record at the root of its merges, and only merged ones point."
)
def check_merges() -> Iterator[Finding]:
    for person_id, points_at, root in _rows(
        "WITH RECURSIVE climb(id, at, step) AS ("
        " SELECT absorbed_id, survivor_id, 1 FROM people_merging WHERE unmerged_at IS NULL"
        " UNION ALL SELECT c.id, m.survivor_id, c.step + 1 FROM climb c JOIN people_merging m ON m.absorbed_id = c.at"
        " WHERE m.unmerged_at IS NULL AND c.step < 1000),"
        " roots AS (SELECT DISTINCT ON (id) id, at FROM climb ORDER BY id, step DESC)"
        " SELECT coalesce(p.id, r.id), p.merged_into_id, r.at FROM roots r FULL JOIN"
        " (SELECT id, merged_into_id FROM people_person WHERE merged_into_id IS NOT NULL) p ON p.id = r.id"
        " WHERE p.merged_into_id IS DISTINCT FROM r.at"
    ):
        where = f"people_person id={person_id}"
        yield Finding(where, f"points at {points_at}, while its merges lead to {root}")
    for person_id, root in _rows(
        "SELECT p.id, s.id FROM people_person p JOIN people_person s ON s.id = p.merged_into_id"
        " WHERE s.merged_into_id IS NOT NULL"
    ):
        yield Finding(f"people_person id={person_id}", f"points at {root}, which is merged itself")


@check("people.proxies", "Whoever acts for somebody exists, and the grant ends.")
def check_proxies() -> Iterator[Finding]:
    for person_id, row_id in _rows(
        "SELECT x.person_id, x.id FROM people_proxy x LEFT JOIN people_person a ON a.id = x.agent_id"
        " WHERE a.id IS NULL OR x.ends_at IS NULL OR x.ends_at <= x.starts_at"
    ):
        yield Finding(
            f"people_proxy person_id={person_id} id={row_id}", "the agent is unknown, or the grant has no end"
        )


@check("people.households", "The head of every household is a member of it, and every member's household stands.")
def check_households() -> Iterator[Finding]:
    for household_id, head_id in _rows(
        "SELECT h.id, h.head_id FROM people_household h LEFT JOIN people_householdmember m"
        " ON m.household_id = h.id AND m.person_id = h.head_id AND m.to_on IS NULL"
        " WHERE h.head_id IS NOT NULL AND m.person_id IS NULL"
    ):
        yield Finding(f"people_household id={household_id}", f"its head {head_id} is not a member")
    for person_id, household_id in _rows(
        "SELECT m.person_id, m.household_id FROM people_householdmember m LEFT JOIN people_household h"
        " ON h.id = m.household_id WHERE m.to_on IS NULL AND (h.id IS NULL OR h.dissolved_at IS NOT NULL)"
    ):
        yield Finding(f"people_householdmember person_id={person_id}", f"household {household_id} does not stand")


@check(
    "people.household_numbers", "Every household number opens, agrees with its index, and names a household (sample)."
)
def check_household_numbers() -> Iterator[Finding]:
    for household_id, _ in _rows(
        "SELECT n.household_id, 0 FROM people_householdnumber n LEFT JOIN people_household h ON h.id = n.household_id"
        " WHERE h.id IS NULL"
    ):
        yield Finding(f"people_householdnumber household_id={household_id}", "there is no such household")
    for row in HouseholdNumber.objects.order_by("blind")[:SAMPLE]:
        where = f"people_householdnumber household_id={row.household_id}"
        try:
            number = unseal(row.sealed, "people.household.number")
        except Refused:
            yield Finding(where, "does not open with the city's keys")
            continue
        if blind(number, "people.household.number") != bytes(row.blind):
            yield Finding(where, "its blind index is not that of its number")


@check(
    "people.sealed_papers", "Sealed numbers open with the city's keys and agree with their masks and indexes (sample)."
)
def check_sealed_papers() -> Iterator[Finding]:
    every = _every("people_identifier")
    for row in Identifier.objects.extra(where=["id %% %s = 0"], params=[every]).order_by("id")[:SAMPLE]:
        where = f"people_identifier person_id={row.person_id} id={row.id}"
        try:
            number = open_number(row.sealed)
        except Refused:
            yield Finding(where, "does not open with the city's keys")
            continue
        if blind_of_canonical(number) != bytes(row.blind):
            yield Finding(where, "its blind index is not that of its number")
        if mask_number(number) != row.shown:
            yield Finding(where, "its mask is not that of its number")


@check(
    "people.sealed_phones", "Sealed phones open with the city's keys and agree with their masks and indexes (sample)."
)
def check_sealed_phones() -> Iterator[Finding]:
    every = _every("people_phone")
    for row in Phone.objects.extra(where=["id %% %s = 0"], params=[every]).order_by("id")[:SAMPLE]:
        where = f"people_phone person_id={row.person_id} id={row.id}"
        try:
            number = open_phone(row.sealed)
        except Refused:
            yield Finding(where, "does not open with the city's keys")
            continue
        if phone_blind(number) != bytes(row.blind) or mask_phone(number) != row.shown:
            yield Finding(where, "its blind index or its mask is not that of its number")


@check("people.match_keys", "Every resident is stored under her blocking keys (sample).")
def check_match_keys() -> Iterator[Finding]:
    every = _every("people_person")
    for person in Person.objects.extra(where=["id %% %s = 0"], params=[every]).order_by("id")[:SAMPLE]:
        wanted = set(match_keys(person.name, person.birth_date, person.sex))
        stored = set(MatchKey.objects.filter(key__in=wanted, person_id=person.pk).values_list("key", flat=True))
        if wanted - stored:
            yield Finding(f"people_person id={person.pk}", "the matcher cannot find her under her own name")


def _every(table: str) -> int:
    """A prime such that the rows whose number it divides are about ``SAMPLE`` of the table's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = %s::regclass", [table])
        wanted = int(cursor.fetchone()[0]) // SAMPLE
    return next(prime for prime in (4999, 1999, 997, 499, 199, 97, 47, 19, 11, 5, 3, 1) if prime <= max(wanted, 1))
