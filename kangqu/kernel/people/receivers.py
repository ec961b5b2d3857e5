"""Who is told what concerns a resident: herself and those who stand for her, and at which phones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from kangqu.kernel.people.merging import roots_of
from kangqu.kernel.people.models import Person, PersonStatus, Phone, Proxy, ProxyKind
from kangqu.kernel.people.phones import open_phone


@dataclass(frozen=True, slots=True)
class Told:
    """A resident and who reads what is written about her: people's numbers, after merging; none once she is dead.

    ``records`` are the numbers of all her records; the one that speaks for her is the first reader.
    """

    person_id: int
    name: str
    readers: tuple[int, ...]
    phone: str
    records: tuple[int, ...] = ()


def told_of(people: Sequence[int], *, at: datetime, right: str | None = None) -> dict[int, Told]:
    """Of each resident her readers (herself first, then guardians and family accounts in force) and her phone (E.164).

    With a ``right``: of the family accounts only those that were given it. A resident of several records is one human:
    each of her numbers is answered with the same readers.
    """
    roots = roots_of(people)
    records = _records_of(roots.values())
    spoken = {row.pk: row for row in Person.objects.filter(pk__in=records).only("pk", "name", "status")}
    agents, phones = _agents_of(records, at, right), _phones_of(records)
    found = {}
    for person_id, root in roots.items():
        her = spoken.get(root)
        if her is None or her.status == PersonStatus.DECEASED:
            continue
        readers = tuple(dict.fromkeys([root, *agents.get(root, ())]))
        found[person_id] = Told(person_id, her.name, readers, phones.get(root, ""), records[root])
    return found


def phones_of(people: Sequence[int]) -> dict[int, str]:
    """The phone each of them gave last (E.164), to whichever of her records."""
    roots = roots_of(people)
    phones = _phones_of(_records_of(roots.values()))
    return {person_id: phones[root] for person_id, root in roots.items() if root in phones}


def _records_of(roots: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """For each record that speaks for somebody all the records it speaks for, itself first."""
    found = {root: [root] for root in roots}
    merged = Person.objects.filter(merged_into_id__in=list(found)).order_by("pk")
    for record, root in merged.values_list("pk", "merged_into_id"):
        assert root is not None
        found[root].append(record)
    return {root: tuple(mine) for root, mine in found.items()}


def _agents_of(records: Mapping[int, tuple[int, ...]], at: datetime, right: str | None) -> dict[int, list[int]]:
    """Who stands for each of them now, the first who was named first; each human once, none who is dead."""
    whose = {record: root for root, mine in records.items() for record in mine}
    standing = Proxy.objects.filter(person_id__in=list(whose), revoked_at=None, starts_at__lte=at, ends_at__gt=at)
    if right is not None:
        standing = standing.filter(Q(kind=ProxyKind.GUARDIAN) | Q(rights__contains=[right]))
    rows = list(standing.order_by("starts_at").values_list("person_id", "agent_id"))
    speaks = roots_of({agent for _person, agent in rows})
    living = set(
        Person.objects.filter(pk__in=set(speaks.values()))
        .exclude(status=PersonStatus.DECEASED)
        .values_list("pk", flat=True)
    )
    agents: dict[int, list[int]] = {}
    for person_id, agent_id in rows:
        if speaks[agent_id] in living:
            agents.setdefault(whose[person_id], []).append(speaks[agent_id])
    return agents


def _phones_of(records: Mapping[int, tuple[int, ...]]) -> dict[int, str]:
    whose = {record: root for root, mine in records.items() for record in mine}
    found: dict[int, str] = {}
    for row in Phone.objects.filter(person_id__in=list(whose), ended_at=None).order_by("-recorded_at"):
        found.setdefault(whose[row.person_id], open_phone(row.sealed))
    return found
