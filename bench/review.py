"""Reviewing a TCM prescription of twenty herbs: in process, and over HTTP beside a bare view that echoes the JSON.

The prescriptions are drawn from the herb table with doses around its limits. Over HTTP they go to the real server
(granian, the product's settings and middleware) over four connections in a closed loop, in turns with the echo.
"""

from __future__ import annotations

import json
import random
import time
from datetime import date
from importlib import import_module
from typing import Any

from bench._served import Cast, drive, rate, server, times
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report

LIMIT_MS = 20.0
HERBS = 20


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "review",
        __doc__ or "",
        argv,
        ("--port", {"type": int, "default": 8142}),
        ("--seconds", {"type": float, "default": 3.0}),
        ("--connections", {"type": int, "default": 4}),
        ("--seed", {"type": int, "default": 1}),
    )
    rng = random.Random(asked.seed)
    inside = _in_process(rng)
    open_bench_city("review")
    token = _token()
    bodies = [json.dumps(_prescription(rng)).encode() for _ in range(int(asked.seconds * 1_500))]
    ours: list[tuple[list[float], float]] = []
    bare: list[tuple[list[float], float]] = []
    with server(asked.port):
        for turn in range(asked.runs + 1):  # the first warms the server up
            for path, kept in (("/api/v1/tcm/review", ours), ("/api/bench/echo", bare)):
                driven = drive(asked.port, path, token, bodies, connections=asked.connections, seconds=asked.seconds)
                if turn:
                    kept.append(driven)
    figures = [
        Figure("review in process p99", percentile(inside, 0.99) * 1000, "ms", at_most=LIMIT_MS),
        Figure("review in process p50", percentile(inside, 0.50) * 1000, "ms"),
        Figure("review over HTTP p99", percentile(times(ours), 0.99) * 1000, "ms", at_most=LIMIT_MS),
        Figure("review over HTTP p50", percentile(times(ours), 0.50) * 1000, "ms"),
        Figure("bare JSON echo p99", percentile(times(bare), 0.99) * 1000, "ms"),
        Figure("reviews", rate(ours), "/s", peer=Peer("bare JSON echo", rate(bare))),
    ]
    return report("review", asked, figures)


def _drawn(rng: random.Random) -> list[tuple[str, float]]:
    """Twenty herbs of the table, each with grams from half its minimum to a little over its maximum."""
    from kangqu.systems.tcm_pharmacy.herbs import HERBS as TABLE

    listed = [herb for herb in TABLE.values() if herb.max_g is not None]
    return [
        (herb.name, round(rng.uniform((herb.min_g or 0.1) / 2, (herb.max_g or 1) * 1.1) + 0.001, 3))
        for herb in rng.sample(listed, HERBS)
    ]


def _prescription(rng: random.Random) -> dict[str, Any]:
    herbs = [{"name": name, "grams": grams, "handling": ["先煎"]} for name, grams in _drawn(rng)]
    patient = {"sex": "female", "age_years": 34, "pregnant": True}
    codes = ["A04.01.01", "B04.06.01.03.02"]
    return {"herbs": herbs, "doses": 7, "times_per_day": 2, "taking": "温服", "patient": patient, "diagnoses": codes}


def _in_process(rng: random.Random, count: int = 1_000) -> list[float]:
    """Seconds of each of ``count`` different reviews, after the tables were made ready by one."""
    from kangqu.systems.tcm_pharmacy.review import Item, Patient, Prescription, Sex, review

    day = date(2026, 11, 2)
    patient = Patient(sex=Sex.FEMALE, age_years=34, pregnant=True)
    made = [
        Prescription(tuple(Item(*each) for each in _drawn(rng)), doses=7, issued_on=day, today=day, patient=patient)
        for _ in range(count + 1)
    ]
    review(made.pop())
    taken = []
    for prescription in made:
        began = time.perf_counter()
        review(prescription)
        taken.append(time.perf_counter() - began)
    return taken


def _token() -> str:
    """A hospital's system with a token, made anew for every run."""
    from django.conf import settings

    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.tokens import issue_token
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.trace.actor import the_house

    import_module(settings.ROOT_URLCONF)  # every scope is declared by now
    at = system_clock()
    where = Cast(1, at).institution.code
    scopes, by = ["tcm.review"], the_house("bench")
    return issue_token(role=Role.SYSTEM, institution_code=where, scopes=scopes, days=1, by=by, at=at).token
