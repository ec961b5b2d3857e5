"""A resident's own cases, and those of the family who let her read reports: only of programmes that show themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.reads import cases_of_person
from kangqu.kernel.cases.registry import every_programme, programme
from kangqu.kernel.people.kinship import kin_word
from kangqu.kernel.people.models import Person, ProxyKind
from kangqu.kernel.people.reads import acts_for, person_ids_of
from kangqu.systems.casework.words import called

PAGE = 20
Mark = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody whose cases the resident may read."""

    code: str
    name: str
    kin: str


def family(viewer: Viewer, *, at: datetime) -> list[Relative]:
    """Those the resident stands for with the right to read reports, and the children in her care."""
    rows = [
        row
        for row in acts_for(viewer.person_id or 0, at)
        if row.kind == ProxyKind.GUARDIAN or Right.REPORTS.value in row.rights
    ]
    people = Person.objects.select_related("merged_into").in_bulk([row.person_id for row in rows])
    found = []
    for row in rows:
        person = people[row.person_id].merged_into or people[row.person_id]
        kin = kin_word(row.relation, person.sex, seen_by_agent=True)
        found.append(Relative(person.public_code, person.name, kin))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A case as its resident's list shows it. ``waits`` says that it waits for a step of hers; ``page`` names its page."""

    code: str
    page: str
    title: str
    state: str
    opened_at: datetime
    closed: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Own:
    """Whose cases they are (a name and a public code), a page of them, and what asks for the next."""

    name: str
    code: str
    herself: bool
    lines: list[Line]
    after: Mark | None


def own_cases(viewer: Viewer, who: str, *, at: datetime, after: Mark | None = None) -> Own:
    """The cases of the resident herself (``who`` empty) or, by public code, of somebody she stands for."""
    asked = who or viewer.person_id or 0
    opened = access_person(viewer, asked, to=Purpose.SELF, at=at, right=Right.REPORTS, action="case.list")
    person = opened.person
    shown = sorted({each.code for each in every_programme() if each.shown_to_person})
    rows, more = [], None
    if shown:
        found = cases_of_person(person_ids_of(person.pk), programmes=shown, after=after, limit=PAGE)
        rows, more = list(found.rows), found.after
    known = [(case, programme(case.programme, case.version)) for case in rows]
    lines = [_line(case, of) for case, of in known if of.shown_to_person]
    return Own(person.name, person.public_code, person.pk == viewer.person_id, lines, more)


def _line(case: Case, of: Programme) -> Line:
    open_ = case.closed_at is None and case.suspended_at is None
    waits = open_ and any(step.own and not step.grave for step in of.steps_from(case.state))
    state = called(of.state(case.state))
    return Line(
        case.code, of.own_page or "own-case", called(of), state, case.opened_at, case.closed_at is not None, waits
    )
