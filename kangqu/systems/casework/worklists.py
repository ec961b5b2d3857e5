"""The work list of a viewer: what her posts have to do, what she claimed, how much of it waits, what she was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kangqu.kernel.access.looks import institution_names
from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases import alerts as told
from kangqu.kernel.cases import worklists
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.programme import Step
from kangqu.kernel.cases.reads import unseen_alerts
from kangqu.kernel.cases.registry import programme, programme_of
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.cases.worklists import Mark, Task, states_for, tasks_of_account
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.casework import people
from kangqu.systems.casework.posts import places_of
from kangqu.systems.casework.words import called, due_mark

MINE, POST = "mine", "post"
PEEK: Final = 20
"""How far the way to the next case looks down the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of the work: ``tab`` (``post`` or ``mine``), one programme or one of its states, what nobody claimed."""

    tab: str = POST
    programme: str = ""
    state: str = ""
    free: bool = False
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a work list as it is shown. ``mark`` is how its deadline is marked: (ok | info | warn | bad, words)."""

    task: Task
    who: str
    programme: str
    state: str
    mark: tuple[str, str]
    place: str
    holder: str
    mine: bool

    @property
    def code(self) -> str:
        return self.task.code

    @property
    def name(self) -> str:
        """What the line is called: whom it is about, else its outside number, else its code."""
        return self.who or self.task.number or self.task.code


@dataclass(frozen=True, slots=True)
class Work:
    lines: list[Line]
    after: Mark | None


def tasks(viewer: Viewer, asked: Asked, *, after: Mark | None = None, limit: int = worklists.PAGE) -> list[Task]:
    """The tasks asked for, most urgent first. What one role has to do at one institution is not asked at another."""
    if asked.tab == MINE:
        return tasks_of_account(viewer.principal_id or 0, after=after, limit=limit)
    found: list[Task] = []
    for place, roles in places_of(viewer).items():
        if asked.place_id in (None, place):
            where = states_for(roles, programme=asked.programme, state=asked.state)
            found += worklists.tasks_of_post(where, [place], after=after, limit=limit, free=asked.free)
    return sorted(found, key=lambda task: task.mark)[:limit]


def work(viewer: Viewer, asked: Asked, *, at: datetime, after: Mark | None = None, limit: int = worklists.PAGE) -> Work:
    """A page of the list, traced as one look; ``after`` of the answer asks for the next."""
    found = tasks(viewer, asked, after=after, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    trace_list(viewer, at=at, found=len(found), what=asked.programme)
    return Work(_lines(viewer, found, at), found[-1].mark if more else None)


def next_of(viewer: Viewer, case: Snapshot, asked: Asked, *, waits: bool) -> Task | None:
    """What comes after a case in the list that is worked through (``asked``), or, at its end, the first of all that waits.

    ``waits``: the viewer has something to do with the case still; then the next stands behind it, otherwise at the top.
    """
    there = waits and asked.programme in ("", case.programme) and asked.state in ("", case.state)
    after = _mark(case) if there and asked.tab == POST else None
    for found in (tasks(viewer, asked, after=after, limit=PEEK), tasks(viewer, Asked(), limit=PEEK)):
        following = next((task for task in found if task.id != case.id and _takes(viewer, task)), None)
        if following is not None:
            return following
    return None


def _mark(case: Snapshot) -> Mark:
    return Case.objects.values_list("rank_at", "id").get(pk=case.id)


def _takes(viewer: Viewer, task: Task) -> bool:
    """Whether a task waits for the viewer: not held up, and not in a colleague's hands."""
    return task.suspended_at is None and task.holder_id in (None, viewer.principal_id)


def trace_list(viewer: Viewer, *, at: datetime, found: int, what: str = "") -> None:
    """Note a look at a list of cases: whose, how long, of which programme."""
    facts = {"found": found} | ({"programme": what} if what else {})
    entry = viewer.actor().did("case.list", at=at, facts=facts, stream=Stream.LOOK, result=Result.SEEN)
    record(entry)


def _lines(viewer: Viewer, found: Sequence[Task], at: datetime) -> list[Line]:
    known = {(task.programme, task.version): programme(task.programme, task.version) for task in found}
    purposes = [(task.person_id, known[task.programme, task.version].purpose) for task in found]
    who = people.names(viewer, purposes, at=at)
    several = len({task.institution_id for task in found} | set(places_of(viewer))) > 1
    places = institution_names(task.institution_id for task in found) if several else {}
    holders = holder_names(task.holder_id for task in found)
    lines = []
    for task in found:
        of = known[task.programme, task.version]
        lines.append(
            Line(
                task=task,
                who=who.get(task.person_id or 0, ""),
                programme=called(of),
                state=called(of.state(task.state)),
                mark=due_mark(task.due_at, suspended=task.suspended_at is not None, at=at),
                place=places.get(task.institution_id, ""),
                holder=holders.get(task.holder_id or 0, ""),
                mine=task.holder_id is not None and task.holder_id == viewer.principal_id,
            )
        )
    return lines


def holder_names(numbers: Iterable[int | None]) -> Mapping[int, str]:
    """What the accounts of those who claimed cases are called."""
    wanted = {number for number in numbers if number is not None}
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "display_name")) if wanted else {}


@dataclass(frozen=True, slots=True)
class Count:
    """How much waits in a programme or a state; ``some`` says that it was counted no further than that."""

    code: str
    title: str
    count: int
    late: int
    some: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """All that waits for a viewer's posts, by programme, and by state of the programme she chose."""

    total: Count
    programmes: list[Count]
    states: list[Count]


def lengths(viewer: Viewer, *, at: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """How many cases wait for the viewer's posts, and how many are late, by programme and state."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for place, roles in places_of(viewer).items():
        for each in worklists.waiting(states_for(roles), [place], at=at):
            count, late = found.get((each.programme, each.state), (0, 0))
            found[each.programme, each.state] = count + each.count, late + each.late
    return found


def counts(viewer: Viewer, asked: Asked, *, at: datetime) -> Counts:
    """The lengths of the viewer's lists."""
    found = lengths(viewer, at=at)
    by_programme = [
        _sum(code, called(programme_of(code)), [found[key] for key in found if key[0] == code])
        for code in sorted({key[0] for key in found})
    ]
    newest = programme_of(asked.programme)
    chosen = {key[1]: found[key] for key in found if key[0] == asked.programme}
    titles = {state.code: called(state) for state in newest.states} if newest is not None else {}
    order = list(titles)
    states = [
        _sum(code, titles.get(code, code), [chosen[code]])
        for code in sorted(chosen, key=lambda code: order.index(code) if code in titles else len(order))
    ]
    return Counts(_sum("", "", list(found.values())), by_programme, states)


def _sum(code: str, title: str, parts: Sequence[tuple[int, int]]) -> Count:
    count = sum(part[0] for part in parts)
    return Count(code, title, count, sum(part[1] for part in parts), any(p[0] >= worklists.COUNT_TO for p in parts))


def batch_steps(viewer: Viewer, asked: Asked) -> list[Step]:
    """The steps that can be taken for several cases of the chosen state by one press: those that ask nothing."""
    of = programme_of(asked.programme)
    if of is None or not asked.state:
        return []
    return [step for step in of.steps_from(asked.state) if step.roles & viewer.roles and asks_nothing(step)]


def asks_nothing(step: Step) -> bool:
    """Whether one press is enough: no form, no confirmation, no other page, no other institution to name."""
    return step.form is None and not (step.grave or step.desk or step.moves)


@dataclass(frozen=True, slots=True)
class Told:
    """Something one's post was told: a case is late."""

    id: int
    code: str
    programme: str
    state: str
    at: datetime
    role: str


def alerts(viewer: Viewer) -> list[Told]:
    """What the viewer's posts were told and nobody has acknowledged yet, oldest first."""
    found = []
    for place, roles in places_of(viewer).items():
        for each in unseen_alerts([role.value for role in roles], [place]):
            of = programme_of(each.case.programme, each.case.version)
            if of is not None:
                state = next((state for state in of.states if state.code == each.state), None)
                found.append(Told(each.pk, each.case.code, called(of), called(state), each.at, each.role))
    return sorted(found, key=lambda one: (one.at, one.id))[:20]


def acknowledge(viewer: Viewer, alert_id: int, *, at: datetime) -> bool:
    """Say that one knows: in the post that was told."""
    if not 0 < alert_id < 2**63:
        return False
    for held in viewer.grants:
        by = viewer.actor(held=held, purpose=Purpose.CARE)
        if told.acknowledge(alert_id, roles=[held.role.value], institution_ids=[held.institution_id], by=by, at=at):
            return True
    return False
