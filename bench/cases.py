"""Steps, batches, work lists and search of cases, each beside its limit.

Single steps: eight clients (two processes of four threads) beside pgbench with eight clients that runs the same two
statements and nothing else: it reckons the case's number itself. Batches of a thousand beside the same set-based statement
with ready-made parameters. Lists and search on as many cases as asked for (``--cases``, 10 million for the documented run),
a tenth of them open, at one institution and over 200.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from bench.measure import Figure, Peer, open_bench_city, options, percentile, report, seconds_of


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "cases",
        __doc__ or "",
        argv,
        ("--cases", {"type": int, "default": 200_000}),
        ("--seconds", {"type": float, "default": 4.0}),
    )
    from bench import _cases_world as world  # declared before the city opens: its cases lean on it

    open_bench_city("cases")
    from kangqu.kernel.basis.clock import system_clock

    world.fill(asked.cases, system_clock())
    singles, peers, batches, pairs, bares = [], [], [], [], []
    for _ in range(asked.runs):
        singles.append(_clients("single", asked.seconds, processes=2, threads=4))
        peers.append(_pgbench(asked.seconds))
        batches.append(_clients("batch", asked.seconds, processes=1, threads=1))
        pairs.append(_clients("batch", asked.seconds, processes=2, threads=1))
        bares.append(_bare(20))
    single, cpu = _middle(singles)
    batch, _ = _middle(batches)
    pair, _ = _middle(pairs)
    bare = sorted(bares)[len(bares) // 2]
    limit = min(10_000.0, 0.4 * bare)
    figures = [
        Figure(
            "single steps, 8 clients",
            single,
            "/s",
            peer=Peer("pgbench, the same SQL", sorted(peers)[len(peers) // 2]),
            at_least=0.5,
        ),
        Figure("processor time of a client a step", cpu * 1e6, "µs"),
        Figure("batch, one caller", batch, "steps/s", peer=Peer("bare set-based SQL", bare)),
        Figure("batch, two callers", max(batch, pair), "steps/s", at_least=limit),
        *_lists(asked.cases),
    ]
    return report("cases", asked, figures)


def _middle(runs: list[tuple[float, float]]) -> tuple[float, float]:
    return sorted(runs)[len(runs) // 2]


def _clients(kind: str, seconds: float, *, processes: int, threads: int) -> tuple[float, float]:
    """Steps a second of all clients together, and processor seconds of theirs a step."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench._cases_client", kind, str(seconds), str(threads), str(n), str(processes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(processes)
    ]
    for each in running:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    told = [json.loads(each.communicate()[0].splitlines()[-1]) for each in running]
    steps = sum(each["steps"] for each in told)
    return steps / seconds, sum(each["cpu"] for each in told) / max(1, steps)


_SCRIPT = """
\\set case_id {case_id}
\\set row_id random(1, 9000000000000000000)
{read}
\\gset
{write}
"""


def _pgbench(seconds: float) -> float:
    """Steps a second of pgbench: the statements of a step, ready-made parameters, eight clients."""
    from django.db import connection

    from bench import _cases_world as world
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.embedded import binary
    from kangqu.kernel.cases import changes, snapshot
    from kangqu.kernel.trace.actions import as_row
    from kangqu.kernel.trace.actor import Actor

    at = system_clock()
    nurse = Actor(account_id=77, role="nurse", institution_id=world.FIRST, purpose="care")
    facts = {"programme": world.CODE, "seq": 2, "step": "light", "from": "off", "to": "lit"}
    row = as_row(nurse.did("case.step", at=at, object_type="case", object_id=1, facts=facts))
    row |= {"id": "ROWID", "object_id": "CASEID"}
    trace = json.dumps(row, ensure_ascii=False)
    built = f"$J${trace}$J$".replace('"ROWID"', "$J$ || :row_id::text || $J$")
    built = built.replace('"CASEID"', "$J$ || :case_id::text || $J$")
    told = {
        "state": ":target::text", "version": "1::smallint", "came_from": ":state::text",
        "institution_id": ":institution_id::bigint", "holder_id": "NULL::bigint",
        "due_at": "now() + interval '900 days'", "rank_at": "now() + interval '900 days'",
        "act_at": "now() + interval '900 days'", "tier": "0::smallint", "suspended_at": "NULL::timestamptz",
        "closed_at": "NULL::timestamptz", "changed_at": "now()", "patch": "NULL::jsonb", "case_id": ":case_id::bigint",
        "seq": ":seq::int", "trace": f"({built})::json",
    }  # fmt: skip
    write = re.sub(r"%\((\w+)\)s(?:::\w+)?", lambda found: told[found[1]], changes._WRITE_ONE)
    read = snapshot._BY_ID.replace("%s::bigint", ":case_id::bigint").replace(
        " FROM", ", CASE state WHEN 'off' THEN 'lit' ELSE 'off' END AS target FROM", 1
    )
    read, write = " ".join(read.split()), " ".join(write.split()) + ";"
    script = _SCRIPT.format(case_id=world.SWITCH_RECKONED, read=read, write=write)
    settings = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(binary("pgbench")), "-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(max(1, round(seconds))),
            "-f", file.name, "-h", settings["HOST"], "-U", settings["USER"], settings["NAME"],
        ]  # fmt: skip
        environment = os.environ | {"PGOPTIONS": "-c plan_cache_mode=force_generic_plan"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(done.stderr[-2000:])
    return float(found[1])


def _bare(lots: int) -> float:
    """Steps a second of the batch's own statement, its parameters made beforehand: what the server alone can do."""
    from bench import _cases_world as world
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.prepared import as_json, run
    from kangqu.kernel.cases import changes
    from kangqu.kernel.cases.snapshot import snapshots
    from kangqu.kernel.cases.steps import Asked, plan
    from kangqu.kernel.trace.actions import as_row
    from kangqu.kernel.trace.actor import Actor

    nurse = Actor(account_id=77, role="nurse", institution_id=world.FIRST, purpose="care")
    ids = world.switches(lots * 1_000)
    made = []
    for start in range(0, len(ids) - 999, 1_000):
        cases = snapshots(ids[start : start + 1_000])
        planned = [
            plan(
                case,
                Asked(case_id=case.id, step="light" if case.state == "off" else "darken"),
                by=nurse,
                at=system_clock(),
            )[0]
            for case in cases.values()
        ]
        made.append(
            {
                "changes": as_json([changes._row(change) for change in planned]),
                "traces": as_json([as_row(change.entry) for change in planned]),
                "events": "[]",
            }
        )
    run(changes._WRITE, {"changes": "[]", "traces": "[]", "events": "[]"})
    began = time.perf_counter()
    done = sum(len(run(changes._WRITE, each)) for each in made)
    return done / (time.perf_counter() - began)


def _lists(cases: int) -> list[Figure]:
    kinds = {**_work_lists(), **_searches(cases), **_find_box(cases)}
    figures = []
    for name, ask in kinds.items():
        ask()
        taken = [seconds_of(ask) * 1000 for _ in range(30)]
        figures.append(Figure(f"{name}, p95 of {cases:,}", percentile(taken, 0.95), "ms", at_most=50))
    return figures


def _work_lists() -> dict[str, Callable[[], Any]]:
    from bench import _cases_world as world
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.cases import worklists

    where = worklists.states_for(world.NURSES, programme=world.CODE)
    busy, all_places = [world.FIRST], list(range(world.FIRST, world.FIRST + world.PLACES))
    page = worklists.tasks_of_post(where, busy)
    for _ in range(20):
        page = worklists.tasks_of_post(where, busy, after=page[-1].mark) or page
    deep = page[-1].mark
    return {
        "work list, first page": lambda: worklists.tasks_of_post(where, busy),
        "work list, page 21": lambda: worklists.tasks_of_post(where, busy, after=deep),
        "work list of 200 institutions": lambda: worklists.tasks_of_post(where, all_places),
        "lengths of lists": lambda: worklists.waiting(where, busy, at=system_clock()),
    }


def _searches(cases: int) -> dict[str, Callable[[], Any]]:
    """The search's statement: one institution and all 200, with and without what narrows it."""
    from bench import _cases_world as world
    from kangqu.kernel.cases import reads

    rng = random.Random(4)
    busy, all_places = [world.FIRST], list(range(world.FIRST, world.FIRST + world.PLACES))

    def below(places: list[int]) -> Any:
        found = reads.cases_at(places, [world.CODE])
        for _ in range(20):
            found = reads.cases_at(places, [world.CODE], after=found.after) if found.after else found
        return found.after

    deep, deep_everywhere = below(busy), below(all_places)
    many = [world.CODE, *(f"bench_{n}" for n in range(29))]
    return {
        "search of an institution, latest": lambda: reads.cases_at(busy, [world.CODE]),
        "search of an institution, page 21": lambda: reads.cases_at(busy, [world.CODE], after=deep),
        "search of 200 institutions, latest": lambda: reads.cases_at(all_places, [world.CODE]),
        "search of 200 institutions, page 21": lambda: reads.cases_at(all_places, [world.CODE], after=deep_everywhere),
        "search of 200 institutions, 30 programmes": lambda: reads.cases_at(all_places, many),
        "search of 200 institutions, opened there": lambda: reads.cases_at(all_places, [world.CODE], opened=True),
        "search of 200 institutions, an open state": lambda: reads.cases_at(all_places, [world.CODE], states=["kept"]),
        "search of 200 institutions, a state no case is in": lambda: reads.cases_at(
            all_places, [world.CODE], states=["nowhere"]
        ),
        "by its number": lambda: reads.case_numbered(f"N{world.BASE + rng.randrange(cases)}", [world.CODE]),
        "a resident's cases": lambda: reads.cases_of_person(
            [world.PEOPLE + rng.randrange(world.RESIDENTS)], programmes=[world.CODE]
        ),
    }


def _find_box(cases: int) -> dict[str, Callable[[], Any]]:
    """The search page and the find box as a nurse of the house above all 200 uses them, doors, names and trace included."""
    from bench import _cases_world as world
    from kangqu.kernel.access.models import AccountKind
    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.viewer import Held, Viewer
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.cases.models import Case
    from kangqu.kernel.people.models import Person
    from kangqu.systems.casework.finding import find
    from kangqu.systems.casework.searching import Search, search

    rng = random.Random(7)
    held = Held(Role.NURSE, world.FIRST, f"/{world.FIRST}/")
    nurse = Viewer(principal_id=77, account_id=77, kind=AccountKind.STAFF, grants=(held,))
    coded = list(
        Case.objects.filter(pk__in=range(world.BASE + 10, world.BASE + 1000, 10)).values_list("code", flat=True)
    )
    known = range(world.PEOPLE, world.PEOPLE + world.CODED)
    people = list(Person.objects.filter(pk__in=known).values_list("public_code", flat=True))

    def searched(**asked: Any) -> Any:
        return search(nurse, Search(**asked), at=system_clock())

    return {
        "search page of 200 institutions": lambda: searched(),
        "search page, a resident": lambda: searched(person=rng.choice(people)),
        "find box, a case's code": lambda: find(nurse, rng.choice(coded), at=system_clock()),
        "find box, a resident's code": lambda: find(nurse, rng.choice(people), at=system_clock()),
        "find box, an outside number": lambda: find(nurse, f"N{world.BASE + rng.randrange(cases)}", at=system_clock()),
        "find box, a number nothing bears": lambda: find(nurse, f"M{rng.randrange(10**9)}", at=system_clock()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
