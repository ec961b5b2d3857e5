"""Whom a batch of doses is about: public codes and documents, looked up at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.models import IdentifierDirectory, IdentifierKind, Person
from kangqu.kernel.people.names import normalise_name

NOBODY = 0
"""The number of nobody: refused like one that does not exist."""


@dataclass(frozen=True, slots=True)
class Who:
    """A public code; or a document with the name that has to be its holder's."""

    resident: str = ""
    id_kind: str = IdentifierKind.RESIDENT_ID
    id_number: str = ""
    name: str = ""


def numbers_of(asked: Sequence[Who]) -> list[int]:
    """The number of each person meant, ``NOBODY`` where there is none or more than one. A merged record leads to its other."""
    codes = {each.resident: read_code(each.resident[:40], "R") for each in asked if each.resident}
    by_code = {
        person.public_code: person.merged_into_id or person.pk
        for person in Person.objects.filter(public_code__in={code for code in codes.values() if code})
    }
    by_paper = _by_paper([each for each in asked if not each.resident])
    return [
        by_code.get(codes[each.resident] or "", NOBODY) if each.resident else by_paper.get(each, NOBODY)
        for each in asked
    ]


def _by_paper(asked: Sequence[Who]) -> dict[Who, int]:
    blinds = {
        each: blind_of(each.id_kind, each.id_number)
        for each in asked
        if each.id_number and each.name and each.id_kind in IdentifierKind.values
    }
    holders: defaultdict[tuple[str, bytes], set[int]] = defaultdict(set)
    rows = IdentifierDirectory.objects.filter(blind__in=set(blinds.values())) if blinds else ()
    for row in rows:
        holders[row.kind, bytes(row.blind)].add(row.person_id)
    people = {
        person.pk: person.merged_into or person
        for person in Person.objects.select_related("merged_into").filter(pk__in=set().union(*holders.values()))
    }
    found: dict[Who, int] = {}
    for each, blind in blinds.items():
        same = {
            people[number].pk
            for number in holders.get((each.id_kind, blind), ())
            if normalise_name(people[number].name) == normalise_name(each.name)
        }
        if len(same) == 1:
            (found[each],) = same
    return found
