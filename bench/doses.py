"""Recording doses of a mass campaign over the API: batches of hundreds with every check, into a city that has a history.

Real clinics' systems send batches over HTTP to the real server (granian, the product's settings and middleware): the person found,
the pre-check's answers judged, the schedule asked, the lot and the stock checked, the dose numbered anew, the vial taken, the
observation begun, the trace written. Nobody is sent twice. ``--people`` makes the city larger.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from bench._served import Cast, drive, server
from bench.measure import Figure, open_bench_city, options, percentile, report

AT_LEAST_PER_SECOND = 500
A_BATCH = 200


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "doses",
        __doc__ or "",
        argv,
        ("--port", {"type": int, "default": 8148}),
        ("--seconds", {"type": float, "default": 10.0}),
        ("--people", {"type": int, "default": 200_000}),
        ("--sites", {"type": int, "default": 285}),
        ("--connections", {"type": int, "default": 4}),
    )
    open_bench_city("doses")
    from bench import _doses_world as world
    from kangqu.kernel.basis.clock import system_clock

    at = system_clock()
    Cast(1, at)  # keys and partitions of the trace, as any bench has them
    codes = world.fill(at, people=asked.people, sites=asked.sites)
    due = [code for number, code in enumerate(codes, start=1) if number % 10]
    token = _token(world.FIRST)
    bodies = [
        json.dumps({"doses": [_dose(code, at.isoformat()) for code in due[start : start + A_BATCH]]}).encode()
        for start in range(0, len(due) - A_BATCH, A_BATCH)
    ]
    from kangqu.systems.vaccination.models import Dose

    before = Dose.objects.filter(source="given").count()
    with server(asked.port):
        path = "/api/v1/vaccination/doses"
        drive(asked.port, path, token, bodies[:8], connections=asked.connections, seconds=30)
        warm = Dose.objects.filter(source="given").count()
        taken, seconds = drive(
            asked.port, path, token, bodies[8:], connections=asked.connections, seconds=asked.seconds
        )
    recorded = Dose.objects.filter(source="given").count() - warm
    figures = [
        Figure("doses recorded, every check on", recorded / seconds, "/s", at_least=AT_LEAST_PER_SECOND),
        Figure("of those sent, recorded", 100 * recorded / (len(taken) * A_BATCH), "%", at_least=100),
        Figure(f"a batch of {A_BATCH} p50", percentile(taken, 0.5) * 1000, "ms"),
        Figure(f"a batch of {A_BATCH} p99", percentile(taken, 0.99) * 1000, "ms"),
        Figure("doses in the city before", float(Dose.objects.exclude(source="given").count() + before), ""),
    ]
    return report("doses", asked, figures)


def _dose(code: str, at: str) -> dict[str, Any]:
    from bench._doses_world import LOT, VACCINE
    from kangqu.systems.vaccination.records.questions import QUESTIONS

    answers = dict.fromkeys(QUESTIONS, False)
    return {
        "key": f"c/{code}", "resident": code, "vaccine_code": VACCINE, "lot_number": LOT, "occurrence": at, "pre_check": answers, "site": "L",
    }  # fmt: skip


def _token(institution_id: int) -> str:
    """A clinic's system with a token, made anew for every run."""
    from django.conf import settings

    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.tokens import issue_token
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.places.models import Institution
    from kangqu.kernel.trace.actor import the_house

    import_module(settings.ROOT_URLCONF)  # every scope is declared by now
    where = Institution.objects.get(pk=institution_id).code
    scopes, by = ["vaccination.write"], the_house("bench")
    return issue_token(role=Role.SYSTEM, institution_code=where, scopes=scopes, days=1, by=by, at=system_clock()).token
