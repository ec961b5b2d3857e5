"""For whom a resident may book: herself, a child she is the guardian of, family who gave her the right to book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kangqu.kernel.access.doors import Hidden, access_person, find_person
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.standing import stands_for
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person, PersonStatus, ProxyKind
from kangqu.kernel.people.reads import acts_for, person_of_id
from kangqu.kernel.trace.actions import record
from kangqu.systems.appointments.booking.refusals import NO_RIGHT


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody of the family to book for. ``code`` is empty for oneself."""

    person_id: int
    code: str
    name: str


def family_of(viewer: Viewer, *, at: datetime) -> list[Whom]:
    """Herself first, then the living she may book for."""
    me = person_of_id(viewer.person_id or 0)
    found = {me.pk: Whom(me.pk, "", me.name)}
    for row in acts_for(me, at):
        if row.kind == ProxyKind.GUARDIAN or Right.BOOK in row.rights:
            other = person_of_id(row.person_id)
            if other.status != PersonStatus.DECEASED:
                found.setdefault(other.pk, Whom(other.pk, other.public_code, other.name))
    return list(found.values())


def opened(viewer: Viewer, who: str | int, *, at: datetime, action: str) -> Person:
    """The one to book for, by public code or number ("": oneself), or ``Refused(NOT_FOUND)``; the look is traced as ``action``.

    Family without the right to book are told what they lack; strangers are told nothing.
    """
    asked = who or viewer.person_id or 0
    try:
        return access_person(viewer, asked, to=Purpose.SELF, at=at, right=Right.BOOK, action=action).person
    except Hidden as closed:
        person = find_person(asked)
        if person is None or stands_for(viewer, person.pk, at=at) is None:
            raise
        record(closed.entry)
        raise Refused(NO_RIGHT) from None


_HOUSEHOLD: Final = """
SELECT m.household_id FROM people_householdmember m WHERE m.person_id = %s::bigint AND m.to_on IS NULL LIMIT 1
"""


def household_id_of(person: Person) -> int | None:
    """The household she is in now."""
    rows = run(_HOUSEHOLD, (person.pk,))
    return rows[0][0] if rows else None
