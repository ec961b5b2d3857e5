"""Searching cases: by programme, state, institution, time and person; latest first, page after page by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kangqu.kernel.access.doors import MAY_LOOK_FOR, access_person
from kangqu.kernel.access.looks import institution_names
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import day_ends, day_starts
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.reads import PAGE, cases_at, cases_of_person
from kangqu.kernel.cases.registry import programme_of
from kangqu.kernel.people.reads import person_ids_of
from kangqu.kernel.places.models import Institution
from kangqu.systems.casework import people
from kangqu.systems.casework.posts import MOST_PLACES, codes_for, place_coded, visible
from kangqu.systems.casework.words import called, due_mark
from kangqu.systems.casework.worklists import trace_list

Mark = tuple[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched. ``place`` and ``person`` are public codes; days are the city's, ``until`` included."""

    programme: str = ""
    state: str = ""
    place: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None
    opened_here: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A case as a list of cases shows it."""

    code: str
    number: str
    who: str
    programme: str
    programme_code: str
    state: str
    state_code: str
    place: str
    opened_at: datetime
    closed_at: datetime | None
    mark: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    after: Mark | None


def search(viewer: Viewer, asked: Search, *, at: datetime, after: Mark | None = None, limit: int = PAGE) -> Page:
    """A page of the cases the viewer's posts reach. ``Refused`` when the resident or the institution is not in sight."""
    cases, more = (_of_person if asked.person else _of_places)(viewer, asked, at, after, limit)
    trace_list(viewer, at=at, found=len(cases), what=asked.programme)
    seen = visible(viewer, cases)
    shown = [case for case in cases if case.pk in seen]
    return Page(rows_of(viewer, shown, at=at), (cases[-1].opened_at, cases[-1].pk) if more else None)


def _of_person(
    viewer: Viewer, asked: Search, at: datetime, after: Mark | None, limit: int
) -> tuple[Sequence[Case], bool]:
    codes = _programmes(viewer, asked)
    purpose = next(
        (each for each in _purposes(codes) if viewer.roles & MAY_LOOK_FOR.get(each, frozenset())), Purpose.CARE
    )
    person = access_person(viewer, asked.person, to=purpose, at=at, action="case.list").person
    found = cases_of_person(person_ids_of(person.pk), programmes=codes, after=after, limit=limit)
    return (found.rows, found.after is not None) if codes else ((), False)


def _purposes(codes: Sequence[str]) -> list[Purpose]:
    return [of.purpose for of in (programme_of(code) for code in codes) if of is not None]


def _programmes(viewer: Viewer, asked: Search) -> list[str]:
    return [code for code in codes_for(viewer.roles) if asked.programme in ("", code)]


def _of_places(
    viewer: Viewer, asked: Search, at: datetime, after: Mark | None, limit: int
) -> tuple[Sequence[Case], bool]:
    """Each post is asked for its own programmes at its own institutions; the answers are merged."""
    found: dict[int, Case] = {}
    for held in viewer.grants:
        codes = [code for code in codes_for({held.role}) if asked.programme in ("", code)]
        places = _places(viewer, asked, held.path)
        if not codes or not places:
            continue
        page = cases_at(
            places,
            codes,
            states=[asked.state] if asked.state else (),
            opened=asked.opened_here,
            since=day_starts(asked.since) if asked.since is not None else None,
            until=day_ends(asked.until) if asked.until is not None else None,
            after=after,
            limit=limit + 1,
        )
        found |= {case.pk: case for case in page.rows}
    rows = sorted(found.values(), key=lambda case: (case.opened_at, case.pk), reverse=True)
    return rows[:limit], len(rows) > limit


def _places(viewer: Viewer, asked: Search, path: str) -> list[int]:
    if asked.place:
        chosen = place_coded(viewer, asked.place)
        if chosen is None:
            raise Refused(NOT_FOUND, field="place")
        return [chosen.pk] if chosen.path.startswith(path) else []
    rows = Institution.objects.filter(path__startswith=path).order_by("path").values_list("pk", flat=True)
    return list(rows[:MOST_PLACES])


def rows_of(viewer: Viewer, cases: Sequence[Case], *, at: datetime) -> list[Row]:
    """Cases as rows of a list: three questions however many there are."""
    known = {(case.programme, case.version): programme_of(case.programme, case.version) for case in cases}
    purposes = [
        (case.person_id, of.purpose) for case in cases if (of := known[case.programme, case.version]) is not None
    ]
    who = people.names(viewer, purposes, at=at)
    places = institution_names(case.institution_id for case in cases)
    rows = []
    for case in cases:
        of = known[case.programme, case.version]
        state = next((state for state in of.states if state.code == case.state), None) if of is not None else None
        closed = ("ok", called(state)) if case.closed_at is not None else None
        rows.append(
            Row(
                code=case.code,
                number=case.number,
                who=who.get(case.person_id or 0, ""),
                programme=called(of),
                programme_code=case.programme,
                state=called(state),
                state_code=case.state,
                place=places.get(case.institution_id, ""),
                opened_at=case.opened_at,
                closed_at=case.closed_at,
                mark=closed or due_mark(case.due_at, suspended=case.suspended_at is not None, at=at),
            )
        )
    return rows
