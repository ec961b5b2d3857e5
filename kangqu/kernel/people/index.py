"""The master index: is this record a resident already known?

Candidates come from the database by equality (documents and phones by their blind index, names by blocking keys), are
weighed by ``matching``, and the answer is one of three: the same person, one or more to look at, or a new person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from kangqu.kernel.people.documents import blind_of, open_number
from kangqu.kernel.people.keys import asked_keys
from kangqu.kernel.people.matching import Decision, Match, Row, Subject, index_weights, judge, match, prepare
from kangqu.kernel.people.matching.compare import FIELDS, LEVELS
from kangqu.kernel.people.matching.frequencies import IndexFrequencies
from kangqu.kernel.people.models import IdentifierKind
from kangqu.kernel.people.papers import Paper
from kangqu.kernel.people.phones import normalise_phone, open_phone, phone_blind
from kangqu.kernel.people.register import policies
from kangqu.kernel.people.reviewing import open_review

_SHARES: Final = IndexFrequencies()

_HITS: Final = """
SELECT person_id FROM people_identifierdirectory WHERE blind = ANY(%(documents)s)
UNION
SELECT hit.person_id FROM unnest(%(phones)s::bytea[]) AS asked(blind)
    CROSS JOIN LATERAL (SELECT person_id FROM people_phone p WHERE p.blind = asked.blind LIMIT %(most)s) hit
UNION
SELECT hit.person_id FROM unnest(%(keys)s::bigint[]) AS asked(key)
    CROSS JOIN LATERAL (SELECT person_id FROM people_matchkey k WHERE k.key = asked.key LIMIT %(most)s) hit
"""
_FACTS: Final = """
SELECT p.id, coalesce(p.merged_into_id, p.id), p.name, p.sex, p.birth_date, p.address,
       (SELECT array_agg(f.sealed) FROM people_phone f WHERE f.person_id = p.id AND f.ended_at IS NULL),
       (SELECT i.sealed FROM people_identifier i
         WHERE i.person_id = p.id AND i.kind = '01' AND NOT i.mistaken ORDER BY i.ended_at IS NULL DESC, i.id LIMIT 1)
FROM people_person p WHERE p.id IN ({})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A record that may be somebody's. Anything may be missing; numbers are as written, and need not be valid."""

    name: str = ""
    sex: str = ""
    birth_date: date | None = None
    address: str = ""
    phones: Sequence[str] = ()
    documents: Sequence[Paper] = ()
    mother_name: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resident the record may be: the record that speaks for her, the record that was compared, and why."""

    person_id: int
    record_id: int
    probability: float
    decision: Decision
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. ``person_id`` is given with ``same`` only; candidates are the likeliest first."""

    decision: Decision
    person_id: int | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A record of the index made comparable."""

    id: int
    root_id: int
    subject: Subject


def find(sought: Sought, *, on: date, without: Iterable[int] = ()) -> Found:
    """Who in the index is this record? ``without`` leaves out records that speak for themselves, and all under them.

    Candidates are found in one statement and bounded per key, so a name that half the city bears costs no more than a
    rare one. A person with several merged records is compared by each of them and counted once.
    """
    left_out = frozenset(without)
    known = [each for each in _candidates(sought, on) if each.root_id not in left_out]
    return _answer(prepare(_row(sought)), known)


def _answer(subject: Subject, known: Sequence[Known]) -> Found:
    weights = index_weights()
    best: dict[int, tuple[Match, Known]] = {}
    for each in known:
        found = judge(subject, each.subject, weights, _SHARES)
        rival = best.get(each.root_id)
        if rival is None or (found.by_paper, found.weight) > (rival[0].by_paper, rival[0].weight):
            best[each.root_id] = (found, each)
    people = [each for _, each in best.values()]
    answer = match(subject, [each.subject for each in people], weights=weights, shares=_SHARES)
    candidates = sorted(
        (
            Candidate(each.root_id, each.id, found.probability, found.decision, reasons_of(found))
            for found, each in best.values()
            if found.decision is not Decision.NEW
        ),
        key=lambda candidate: (-candidate.probability, candidate.person_id),
    )
    same = people[answer.best].root_id if answer.decision is Decision.SAME and answer.best is not None else None
    return Found(answer.decision, same, tuple(candidates))


def reasons_of(found: Match) -> tuple[str, ...]:
    """How each field agreed (``given:close``) and what forbids an automatic answer (``conflict:papers``)."""
    levels = [f"{name}:{LEVELS[name][level]}" for name, level in zip(FIELDS, found.levels, strict=True) if level >= 0]
    conflicts = [
        f"conflict:{flag.name.lower()}" for flag in type(found.conflicts) if flag in found.conflicts and flag.name
    ]
    return (*levels, *conflicts)


def _row(sought: Sought) -> Row:
    number = next((paper.number for paper in sought.documents if paper.kind == IdentifierKind.RESIDENT_ID), "")
    return Row(
        name=sought.name,
        sex=sought.sex if sought.sex in ("1", "2") else "",
        birth_date=sought.birth_date.strftime("%Y%m%d") if sought.birth_date else "",
        address=sought.address,
        phone=";".join(sought.phones),
        identifier=number or next((paper.number for paper in sought.documents), ""),
        mother_name=sought.mother_name,
    )


def _candidates(sought: Sought, on: date) -> list[Known]:
    keys = asked_keys(sought.name, sought.birth_date, sought.sex, sought.mother_name) if sought.name else []
    phones = [phone_blind(number) for number in map(normalise_phone, sought.phones) if number]
    asked = {
        "documents": [blind_of(paper.kind, paper.number) for paper in sought.documents],
        "phones": phones,
        "keys": keys,
        "most": policies().value("people.match.candidates_per_key", on=on),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS.format(_HITS), asked)
        return [_known(row) for row in cursor.fetchall()]


def records(person_ids: Sequence[int]) -> dict[int, Known]:
    """Records of the index made comparable, by their numbers."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS.format("SELECT unnest(%(ids)s::bigint[])"), {"ids": list(person_ids)})
        return {row[0]: _known(row) for row in cursor.fetchall()}


def _known(row: Sequence[Any]) -> Known:
    person_id, root_id, name, sex, born, address, phones, sealed = row
    return Known(
        person_id,
        root_id,
        prepare(
            Row(
                name=name,
                sex=sex if sex in ("1", "2") else "",
                birth_date=born.strftime("%Y%m%d") if born else "",
                address=address,
                phone=";".join(open_phone(each) for each in phones or ()),
                identifier=open_number(sealed) if sealed is not None else "",
            )
        ),
    )


def propose(person_id: int, found: Found, *, at: datetime) -> int:
    """Put a newly registered person and everybody she may be before the review desk; how many pairs are new there."""
    return sum(
        open_review(person_id, each.person_id, probability=each.probability, reasons=each.reasons, at=at)
        for each in found.candidates
        if each.person_id != person_id
    )


def pairs_among(people: dict[int, Known], pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int, Match]]:
    """The pairs of records that may be one person: of each pair of residents the likeliest pair of their records."""
    weights = index_weights()
    best: dict[tuple[int, int], Match] = {}
    for left_id, right_id in pairs:
        left, right = people[left_id], people[right_id]
        if left.root_id == right.root_id:
            continue
        found = judge(left.subject, right.subject, weights, _SHARES)
        roots = (min(left.root_id, right.root_id), max(left.root_id, right.root_id))
        if found.decision is not Decision.NEW and (roots not in best or found.weight > best[roots].weight):
            best[roots] = found
    return [(low, high, found) for (low, high), found in best.items()]
