"""Whom the pharmacy tells of a patient's medicine: herself and those who stand for her, and at which phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kangqu.kernel.people.models import Person, PersonStatus, Phone, Proxy
from kangqu.kernel.people.phones import open_phone


@dataclass(frozen=True, slots=True)
class Told:
    """A patient and who reads what is written about her: people's numbers, after merging; none once she is dead."""

    person_id: int
    name: str
    readers: tuple[int, ...]
    phone: str


def told_of(people: Sequence[int], *, at: datetime) -> dict[int, Told]:
    """Of each patient her readers (herself first, then guardians and family accounts in force) and her phone (E.164)."""
    rows = Person.objects.filter(pk__in=people).only("pk", "name", "merged_into", "status")
    standing = Proxy.objects.filter(person_id__in=people, revoked_at=None, starts_at__lte=at, ends_at__gt=at)
    agents: dict[int, list[int]] = {}
    for person_id, agent_id in standing.order_by("starts_at").values_list("person_id", "agent_id"):
        agents.setdefault(person_id, []).append(agent_id)
    phones = phones_of(people)
    found = {}
    for row in rows:
        if row.status == PersonStatus.DECEASED:
            continue
        readers = tuple(dict.fromkeys([row.merged_into_id or row.pk, *agents.get(row.pk, ())]))
        found[row.pk] = Told(row.pk, row.name, readers, phones.get(row.pk, ""))
    return found


def phones_of(people: Sequence[int]) -> dict[int, str]:
    """The phone each of them gave last (E.164)."""
    found: dict[int, str] = {}
    for row in Phone.objects.filter(person_id__in=people, ended_at=None).order_by("-recorded_at"):
        found.setdefault(row.person_id, open_phone(row.sealed))
    return found
