"""Killed in the middle, at any moment: going on gives what an undisturbed import gives. Two at once give it once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection

from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import actions, phases
from kangqu.kernel.people.importing.models import ImportMode, ImportRow, ImportState, ResidentImport
from kangqu.kernel.people.importing.running import held, run
from kangqu.kernel.people.models import (
    Contact,
    Household,
    HouseholdMember,
    IdentifierDirectory,
    MatchKey,
    Person,
    Proxy,
)
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from tests.conftest import NINE
from tests.importing.lists import HEADER, as_csv, number_of, resident, residents
from tests.mortal import environment_of, wait_until_gone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BY = the_house("operator")

# A process that runs an import in small chunks and kills itself at a chosen place: no warning, no clean-up.
RUNNER = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from kangqu.kernel.people.importing import applying, phases, staging, undoing
from kangqu.kernel.people.importing.running import run
phases.CHUNK = 20
from kangqu.kernel.trace.actor import the_house
place, nth = sys.argv[2], int(sys.argv[3])
owner, name = {"staging": (staging.Staging, "save"), "judging": (applying.Applier, "foresee"),
               "writing": (applying.Applier, "_write_reviews"), "answering": (applying.Applier, "_write_answers"),
               "undoing": (undoing, "undo_rows")}[place]
inner, seen = getattr(owner, name), []
def outer(*args, **named):
    found = inner(*args, **named)
    seen.append(1)
    if len(seen) == nth:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(owner, name, outer)
at = datetime.fromisoformat(sys.argv[4])
run(int(sys.argv[1]), by=the_house("operator"), clock=lambda: at)
"""


def run_and_die(job: ResidentImport, place: str, nth: int) -> None:
    name = f"import {os.getpid()}"
    command = [sys.executable, "-c", RUNNER, str(job.pk), place, str(nth), NINE.isoformat()]
    done = subprocess.run(command, env=environment_of(name), cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until_gone(name)


def begin(rows, *, mode=ImportMode.GOOD, preview=False) -> ResidentImport:
    return actions.start_import(file_name="名单", blocks=[as_csv(rows)], by=BY, at=NINE, mode=mode, preview=preview)


def go_on(job: ResidentImport) -> ResidentImport:
    return run(job.pk, by=BY, clock=lambda: NINE)


ROWS = [*residents(90), resident(91, phone="1"), resident(92, number="", kind=""), resident(1)]


def outcome(job: ResidentImport):
    """What an import came to, without the numbers that chance gave."""
    people = dict(Person.objects.values_list("pk", "name"))
    rows = ImportRow.objects.filter(import_id=job.pk).order_by("line")
    return (
        job.state,
        job.counts,
        [(row.line, row.outcome, people.get(row.person_id or 0)) for row in rows],
        sorted(Person.objects.values_list("name", "birth_date", "address", "version")),
        IdentifierDirectory.objects.count(),
        MatchKey.objects.count(),
        TraceEntry.objects.filter(action="people.import").count(),
    )


@pytest.mark.parametrize(
    ("place", "nth", "mode"),
    [
        ("staging", 1, ImportMode.GOOD),
        ("staging", 3, ImportMode.GOOD),
        ("writing", 1, ImportMode.GOOD),
        ("writing", 3, ImportMode.GOOD),
        ("answering", 4, ImportMode.GOOD),
        ("writing", 3, ImportMode.ALL),
    ],
)
def test_killed_anywhere_then_resumed(place, nth, mode):
    rows = ROWS if mode is ImportMode.GOOD else residents(92)
    killed = begin(rows, mode=mode)
    run_and_die(killed, place, nth)
    if mode is ImportMode.ALL:
        assert not Person.objects.exists()
    found = outcome(go_on(killed))
    assert found[0] == ImportState.DONE
    wanted = {"new": 91, "error": 1, "same": 1} if mode is ImportMode.GOOD else {"new": 92}
    assert found[1] == wanted and len(found[3]) == wanted["new"] == found[6]
    assert [line for line, *_ in found[2]] == list(range(2, len(rows) + 2))
    assert all(why == "new" and who == row[0] for (_, why, who), row in zip(found[2], rows[:90], strict=False))


@pytest.mark.parametrize(("place", "nth"), [("writing", 2), ("answering", 3), ("undoing", 2)])
def test_households_and_guardians_survive_a_kill(place, nth):
    header = [*HEADER, "户号", "与户主关系", "监护人证件号码"]
    rows = [[*row, str(n % 30), "子" if n < 60 else "户主", number_of(89)] for n, row in enumerate(residents(90))]
    content = as_csv(rows[:89], header=header) + as_csv([[*rows[89][:-1], ""]]).split(b"\r\n")[1]
    job = actions.start_import(file_name="户", blocks=[content], by=BY, at=NINE, preview=False)
    if place == "undoing":
        actions.undo(go_on(job), by=BY, at=NINE)
    run_and_die(job, place, nth)
    job = go_on(job)
    if place == "undoing":
        assert not Person.objects.exists() and not Household.objects.exists() and not Contact.objects.exists()
        return
    assert job.counts == {"new": 90} and Household.objects.filter(head_id__isnull=False).count() == 30
    assert HouseholdMember.objects.count() == 90 and Contact.objects.count() + Proxy.objects.count() == 89
    for title, holds in all_checks().values():
        assert list(holds()) == [], title


def test_killed_while_judging_and_while_undoing():
    job = begin(ROWS, preview=True)
    run_and_die(job, "judging", 2)
    job = go_on(job)
    assert (job.state, job.counts) == (ImportState.READY, {"new": 91, "error": 1, "same": 1})
    actions.confirm(job, by=BY, at=NINE)
    job = go_on(job)
    assert (job.state, job.counts) == (ImportState.DONE, {"new": 91, "error": 1, "same": 1})
    actions.undo(job, by=BY, at=NINE)
    run_and_die(job, "undoing", 2)
    job = go_on(job)
    assert job.state == ImportState.UNDONE and not Person.objects.exists() and not MatchKey.objects.exists()


def test_stopped_and_resumed(monkeypatch):
    monkeypatch.setattr(phases, "CHUNK", 20)
    job = begin(ROWS)

    def stop_soon(seen: ResidentImport) -> None:
        if seen.state == ImportState.APPLYING and seen.applied_line > 30:
            actions.stop(seen, by=BY, at=NINE)

    stopped = run(job.pk, by=BY, clock=lambda: NINE, report=stop_soon)
    assert stopped.state == ImportState.STOPPED and 0 < Person.objects.count() < 91
    actions.resume(stopped, by=BY, at=NINE)
    assert go_on(job).counts == {"new": 91, "error": 1, "same": 1}


def test_two_lists_of_the_same_people_at_once(monkeypatch):
    """Two files that differ in a blank: neither knows of the other, and everybody is there once."""
    monkeypatch.setattr(phases, "CHUNK", 20)
    jobs = [begin(residents(100)), actions.start_import(
        file_name="b", blocks=[as_csv(residents(100)) + b"\r\n"], by=BY, at=NINE, preview=False
    )]  # fmt: skip
    done: list[ResidentImport] = []

    def work(job: ResidentImport) -> None:
        try:
            done.append(go_on(job))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job.state for job in done) == ["done", "done"]
    assert Person.objects.count() == IdentifierDirectory.objects.count() == 100
    assert sum(job.counts.get("new", 0) for job in done) == 100
    assert sum(job.counts.get("same", 0) for job in done) == 100


def test_two_runners_of_one_import():
    job = begin(residents(3))
    with held(job.pk):
        refused: list[Refused] = []

        def work() -> None:
            try:
                go_on(job)
            except Refused as why:
                refused.append(why)
            finally:
                connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert [why.why.name for why in refused] == ["import_under_way"]
    assert go_on(job).counts == {"new": 3}
