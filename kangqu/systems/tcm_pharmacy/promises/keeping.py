"""Giving promises and watching them: every plan promises what is released, and marks what will not be kept.

A promise is never moved here: who moves it says why (``moving``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection, transaction

from kangqu.kernel.basis.ids import take_ids
from kangqu.kernel.basis.models import HouseFact
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import Change, as_it_is
from kangqu.kernel.cases.listening import Heard
from kangqu.kernel.cases.models import Event
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshots
from kangqu.kernel.cases.terms import terms_in
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy.models import Promise
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan, Planned
from kangqu.systems.tcm_pharmacy.planning.plan import plan
from kangqu.systems.tcm_pharmacy.programme import PROMISE, TURNS
from kangqu.systems.tcm_pharmacy.promises.capacity import instant_at
from kangqu.systems.tcm_pharmacy.promises.reads import Found, found_at
from kangqu.systems.tcm_pharmacy.promises.turns import turns_of

_SET_MARKS: Final = """
UPDATE tcm_pharmacy_promise p SET broken_at = m.broken_at, expected_at = m.expected_at
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS m(id, broken_at, expected_at) WHERE p.id = m.id
"""
_AT_ONCE: Final = 1_000
_PLANNED: Final = "tcm.planned"
_WANTED: Final = "tcm.plan_wanted/"
_LONGEST: Final = timedelta(seconds=50)
_MANY: Final = 200  # open prescriptions of which a plan costs so much that
_SHARED: Final = timedelta(seconds=10)  # those released within this time share one


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises were given, how many were newly found not to hold, and how many hold again."""

    given: int = 0
    broken: int = 0
    mended: int = 0


def keep_promises(at: datetime) -> Kept:
    """Plan what is open: promise what was released since, mark the promises that the plan does not keep."""
    with transaction.atomic():
        one_plan_at_a_time()
        return _planned(at)


def look_after_promises(at: datetime) -> Kept | None:
    """The same by the clock: when a plan is wanted, or none was made for most of a minute; None otherwise."""
    with transaction.atomic():
        one_plan_at_a_time()
        if _last_plan(at).age < _LONGEST and not HouseFact.objects.filter(name__startswith=_WANTED).exists():
            return None
        return _planned(at)


def want_plan() -> None:
    """Have the clock plan at its next look: something happened that no plan knows of. It waits for no plan that is being made."""
    (number,) = take_ids(1)
    HouseFact.objects.create(name=f"{_WANTED}{number}", value="")


def on_released(heard: Heard) -> None:
    """A prescription was released: it gets its promise, and so does whatever else was released meanwhile.

    While a plan is being made, or where one of many was made just now, it is left to the clock's next one. The instant is
    that of the delivery: what was told while nobody delivered is not promised for the past.
    """
    if Promise.objects.filter(case_id=heard.case_id).exists():
        return
    at = Event.objects.values_list("done_at", flat=True).get(pk=heard.id) or heard.told_at
    last = _last_plan(at)
    if (last.open > _MANY and last.age < _SHARED) or not _may_plan():
        want_plan()
        return
    _planned(at)


def _may_plan() -> bool:
    """Whether nobody else plans now; if so, nobody else does until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('tcm/promises', 0))")
        return bool(cursor.fetchone()[0])


class _Last(NamedTuple):
    """How long ago the last plan was made (for ever, when none was), and of how many open prescriptions."""

    age: timedelta
    open: int


def _last_plan(at: datetime) -> _Last:
    said = HouseFact.objects.filter(name=_PLANNED).values_list("value", flat=True).first()
    instant, _, count = (said or "").partition(" ")
    age = at - datetime.fromisoformat(instant) if instant else timedelta.max
    return _Last(age if age >= timedelta(0) else timedelta.max, int(count or 0))


def _planned(at: datetime) -> Kept:
    HouseFact.objects.filter(name__startswith=_WANTED).delete()
    found = found_at(at)
    count = len(found.open) if found is not None else 0
    HouseFact.objects.update_or_create(name=_PLANNED, defaults={"value": f"{at.isoformat()} {count}"})
    if found is None:
        return Kept()
    made = plan(found.state)
    given = _give(found, made, at)
    broken, mended = _mark(found, made, at)
    return Kept(given, broken, mended)


def one_plan_at_a_time() -> None:
    """Until the transaction ends nobody else promises: of two, the second sees what the first took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('tcm/promises', 0))")


def stages_of(planned: Planned) -> list[list[str]]:
    """The stages as they are kept."""
    return [
        [each.stage.name, *(instant_at(end).isoformat() for end in (each.start, each.end))] for each in planned.steps
    ]


def round_of(planned: Planned) -> int | None:
    return None if planned.round is None else int(planned.round.split("/")[0])


def with_promise(
    case: Snapshot, action: str, planned: Planned, promised_at: datetime, by: Actor, at: datetime, reason: str = ""
) -> Change:
    """The case with its promise: the same state, due when it was promised, its turn at every station when it was planned."""
    said = {PROMISE: promised_at.isoformat()}
    facts = said | {TURNS: turns_of(planned, case.facts)}
    terms = terms_in(programme(case.programme, case.version), case.state, {**case.facts, **facts}, case.changed_at)
    return replace(
        as_it_is(case, action, by, at, reason, **said),
        facts=facts,
        due_at=terms.due_at,
        rank_at=terms.rank_at,
        act_at=terms.act_at,
        tier=0,
    )


def _give(found: Found, made: Plan, at: datetime) -> int:
    """Promise what waits for it. A case that moved meanwhile is left to the next plan."""
    planned = {each.order: each for each in made.planned if found.open[each.order].waits_for_promise}
    cases = snapshots([int(code) for code in planned])
    by = the_house()
    waiting = [
        with_promise(case, "tcm.promise", of := planned[str(case.id)], instant_at(of.promise), by, at)
        for case in cases.values()
        if case.closed_at is None and case.state == found.open[str(case.id)].state
    ]
    done = _written(waiting)
    Promise.objects.bulk_create(_promise(planned[str(number)], number, at) for number in sorted(done))
    return len(done)


def _promise(planned: Planned, case_id: int, at: datetime) -> Promise:
    promised = instant_at(planned.promise)
    return Promise(
        case_id=case_id,
        pharmacy_id=int(planned.pharmacy),
        promised_at=promised,
        first_promised_at=promised,
        stages=stages_of(planned),
        round_id=round_of(planned),
        quoted_at=at,
    )


def _mark(found: Found, made: Plan, at: datetime) -> tuple[int, int]:
    """Mark promises that will not be kept with when they will be ready instead, and unmark those that will be after all.

    Each is a line of its case's timeline. A case that moved meanwhile is left to the next plan.
    """
    late = set(made.broken)
    ready = {each.order: instant_at(each.ready) for each in made.planned if each.order in late}
    touched = [int(code) for code, each in found.open.items() if code in late or each.broken]
    known = Promise.objects.filter(case_id__in=touched).defer("stages")
    rows = {row.case_id: row for row in known}
    turned = {number: row for number, row in rows.items() if (str(number) in late) is (row.broken_at is None)}
    noted = _note(turned, ready, at)
    kept = [row for row in rows.values() if row.case_id in noted or row.case_id not in turned]
    changed = [row for row in kept if _marked(row, late, ready, at)]
    if changed:
        changed.sort(key=lambda row: row.pk)
        marks = [row.pk for row in changed], [row.broken_at for row in changed], [row.expected_at for row in changed]
        run(_SET_MARKS, marks)
    broken = sum(str(number) in late for number in noted)
    return broken, len(noted) - broken


def _marked(row: Promise, late: set[str], ready: Mapping[str, datetime], at: datetime) -> bool:
    """Mark one promise as the plan says; whether that changed it."""
    code, before = str(row.case_id), (row.broken_at, row.expected_at)
    row.broken_at = (row.broken_at or at) if code in late else None
    row.expected_at = ready.get(code)
    return before != (row.broken_at, row.expected_at)


def _note(turned: Mapping[int, Promise], ready: Mapping[str, datetime], at: datetime) -> set[int]:
    """Write into the cases' timelines which promises turned out not to hold (none was marked), and which hold again."""
    by, noted = the_house(), list[Change]()
    for case in snapshots(list(turned)).values():
        row, expected = turned[case.id], ready.get(str(case.id))
        action = "tcm.promise.late" if row.broken_at is None else "tcm.promise.holds"
        promised, instead = row.promised_at.isoformat(), expected.isoformat() if expected else None
        if case.closed_at is None:
            noted.append(as_it_is(case, action, by, at, promised_at=promised, expected_at=instead))
    return _written(noted)


def _written(waiting: Sequence[Change]) -> set[int]:
    done: set[int] = set()
    for start in range(0, len(waiting), _AT_ONCE):
        done |= changes.write(waiting[start : start + _AT_ONCE])
    return done
