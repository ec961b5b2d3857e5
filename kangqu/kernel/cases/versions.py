"""Versions of programmes: the shapes this database knows, and carrying running cases over to a newer one.

A case pins the version it was opened under. The house does not open when code no longer declares a version that running
cases stand in, or declares it with another shape: nothing is stranded silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Count

from kangqu.kernel.basis.trouble import ConfigTrouble
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import as_it_is
from kangqu.kernel.cases.models import Case, ProgrammeVersion
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.registry import every_programme, newest_programmes, programme_of
from kangqu.kernel.cases.snapshot import snapshots
from kangqu.kernel.cases.terms import act_after
from kangqu.kernel.trace.actor import the_house

AT_ONCE: Final = 1_000


def shape_of(programme: Programme) -> dict[str, Any]:
    """What of a programme running cases lean on: its states, its ends, and the steps that lead from each."""
    return {
        "first": programme.first,
        "final": sorted(programme.final),
        "states": sorted(state.code for state in programme.states),
        "steps": sorted([step.code, sorted(step.sources), step.target] for step in programme.steps),
    }


def remember_programmes(at: datetime) -> None:
    """Write down the shapes not known yet. What is written stays as long as cases lean on it."""
    ProgrammeVersion.objects.bulk_create(
        [
            ProgrammeVersion(programme=each.code, version=each.version, shape=shape_of(each), known_since=at)
            for each in every_programme()
        ],
        ignore_conflicts=True,
    )


def stranded() -> Iterator[tuple[str, int, str]]:
    """What running cases lean on and code no longer offers: (programme, version, why)."""
    shapes = {(row.programme, row.version): row.shape for row in ProgrammeVersion.objects.all()}
    leaning = Case.objects.filter(closed_at=None).values_list("programme", "version", "state").annotate(Count("id"))
    for code, version, state, count in leaning.order_by("programme", "version", "state"):
        declared = programme_of(code, version)
        if declared is None:
            yield code, version, f"{count} running cases and no declaration"
        elif state not in {each.code for each in declared.states}:
            yield code, version, f"{count} running cases at {state}, which it no longer has"
        elif shapes.get((code, version)) not in (None, shape_of(declared)):
            yield code, version, f"{count} running cases at {state}, and its shape was changed: raise the version"


def refuse_stranding() -> None:
    """Stop when running cases would be stranded. ``ConfigTrouble`` says which."""
    for code, version, why in stranded():
        raise ConfigTrouble(
            f"业务“{code}”第 {version} 版还有在办的件，但这个程序里对不上（{why}）。请用声明了这一版的程序启动。",
            f"The programme {code}, version {version}, does not fit its running cases ({why}). Start a program that declares it.",
        )


def carry_over(at: datetime, limit: int = AT_ONCE) -> int:
    """Carry running cases of older versions to the newest, where it says how their states are called; how many.

    Asked again until it answers 0. A case whose state has no counterpart stays with its own version.
    """
    done = 0
    for newest in newest_programmes():
        if not newest.moved:
            continue
        waiting = Case.objects.filter(programme=newest.code, version__lt=newest.version, closed_at=None)
        numbers = list(waiting.filter(state__in=newest.moved).order_by("id").values_list("pk", flat=True)[:limit])
        moves = []
        for case in snapshots(numbers).values():
            state = newest.moved[case.state]
            deadline = newest.state(state).deadline
            due = case.due_at if deadline is not None else None
            act = act_after(deadline, due, case.tier) if deadline is not None and due is not None else None
            facts: dict[str, Any] = {
                "from_version": case.version,
                "to_version": newest.version,
                "from": case.state,
                "to": state,
            }
            change = as_it_is(case, "case.carry_over", the_house("upgrade"), at, **facts)
            act = None if case.suspended_at is not None else act
            moves.append(replace(change, version=newest.version, state=state, came_from="", due_at=due, act_at=act))
        moved = changes.write(moves)
        done += len(moved)
    return done
