"""Forecasting vaccinations: forecasts a second of one core's time, and over HTTP beside a bare view that echoes the JSON.

The people are drawn: children of 0–17 who follow the schedule with delays, gaps, early doses and other products, and adults
with a COVID-19 history. Over HTTP they go to the real server (granian, the product's settings and middleware) over four
connections in a closed loop, in turns with the echo.
"""

from __future__ import annotations

import json
import random
import time
from datetime import date, timedelta
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any

from bench._served import Cast, drive, rate, server, times
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report

if TYPE_CHECKING:
    from kangqu.systems.vaccination.forecast import Asked

AT_LEAST_PER_SECOND = 2_000
TODAY = date(2026, 11, 23)
PEOPLE = 4_000
ADULTS = 0.25

# product, usual age in days
_CHILDHOOD = (
    ("HEPB", 0), ("BCG", 1), ("HEPB", 30), ("IPV", 61), ("DTAP", 92), ("IPV", 92), ("DTAP", 122), ("BOPV", 122),
    ("DTAP", 153), ("HEPB", 183), ("MPSVA", 183), ("MMR", 244), ("JEL", 244), ("MPSVA", 275), ("DTAP", 549),
    ("MMR", 549), ("HEPAL", 549), ("JEL", 731), ("MPSVAC", 1096), ("BOPV", 1461), ("DT", 2192), ("MPSVAC", 2192),
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "forecast",
        __doc__ or "",
        argv,
        ("--port", {"type": int, "default": 8146}),
        ("--seconds", {"type": float, "default": 3.0}),
        ("--connections", {"type": int, "default": 4}),
        ("--seed", {"type": int, "default": 1}),
        ("--in-process", {"action": "store_true", "help": "leave the server out"}),
    )
    people = [_person(random.Random(f"{asked.seed}/{number}")) for number in range(PEOPLE)]
    runs = [_in_process(people) for _ in range(asked.runs)]
    taken = [each for run, _ in runs for each in run]
    on_core = median(PEOPLE / processor for _, processor in runs)
    figures = [
        Figure("forecasts on one core", on_core, "/s of its time", at_least=AT_LEAST_PER_SECOND),
        Figure("forecasts, the machine's other work included", len(taken) / sum(taken), "/s"),
        Figure("forecast in process p99", percentile(taken, 0.99) * 1000, "ms"),
        Figure("forecast in process p50", percentile(taken, 0.50) * 1000, "ms"),
        Figure("doses in a history, mean", sum(len(each["history"]) for each in people) / len(people), ""),
    ]
    return report("forecast", asked, figures if asked.in_process else figures + _over_http(asked, people))


def _over_http(asked: Any, people: list[dict[str, Any]]) -> list[Figure]:
    open_bench_city("forecast")
    token = _token()
    bodies = [json.dumps(each).encode() for each in people]
    bodies *= 1 + int(asked.seconds * 1_500) // len(bodies)
    ours: list[tuple[list[float], float]] = []
    bare: list[tuple[list[float], float]] = []
    with server(asked.port):
        for turn in range(asked.runs + 1):  # the first warms the server up
            for path, kept in (("/api/v1/vaccination/forecast", ours), ("/api/bench/echo", bare)):
                driven = drive(asked.port, path, token, bodies, connections=asked.connections, seconds=asked.seconds)
                if turn:
                    kept.append(driven)
    return [
        Figure("forecast over HTTP p99", percentile(times(ours), 0.99) * 1000, "ms"),
        Figure("forecast over HTTP p50", percentile(times(ours), 0.50) * 1000, "ms"),
        Figure("bare JSON echo p99", percentile(times(bare), 0.99) * 1000, "ms"),
        Figure("forecasts over HTTP", rate(ours), "/s", peer=Peer("bare JSON echo", rate(bare))),
    ]


def _person(rng: random.Random) -> dict[str, Any]:
    """Somebody as the API takes her."""
    adult = rng.random() < ADULTS
    born = TODAY - timedelta(days=rng.randrange(18 * 366, 85 * 365) if adult else rng.randrange(0, 18 * 365))
    told: dict[str, Any] = {
        "birth_date": born.isoformat(),
        "sex": rng.choice(["male", "female"]),
        "as_of": TODAY.isoformat(),
        "programmes": ["national", "covid-19"] if adult else ["national"],
        "history": _adult(rng) if adult else _child(rng, born),
    }
    if rng.random() < 0.8:
        told["facts"] = {"birth_weight_g": rng.randrange(1700, 4500), "mother_hbsag": "negative", "hiv": "excluded"}
    return told


def _child(rng: random.Random, born: date) -> list[dict[str, str]]:
    """A history on the whole in time: some doses late or left out, few early, some combined."""
    late = rng.choice([0, 0, 3, 20, 200])
    given = []
    for product, age in _CHILDHOOD:
        on = born + timedelta(days=age + (rng.randint(0, late) if late else 0) - (rng.random() < 0.02) * 10)
        if born <= on <= TODAY and rng.random() > 0.05:
            given.append({"vaccine_code": _swapped(rng, product), "date": on.isoformat()})
    return given


def _swapped(rng: random.Random, product: str) -> str:
    other = {"DTAP": "DTAP_IPV_HIB", "JEL": "JEI", "HEPAL": "HEPAI", "BOPV": "IPV"}.get(product, product)
    return other if rng.random() < 0.1 else product


def _adult(rng: random.Random) -> list[dict[str, str]]:
    first = date(2021, 4, 1) + timedelta(days=rng.randrange(200))
    ages = [0, rng.choice([12, 21, 25, 40]), rng.choice([200, 230, 300])][: rng.randrange(0, 4)]
    return [{"vaccine_code": "COVID_INACT", "date": (first + timedelta(days=age)).isoformat()} for age in ages]


def _in_process(people: list[dict[str, Any]]) -> tuple[list[float], float]:
    """Seconds of each person's forecast, after the schedules were made ready by the first, and processor seconds of all."""
    from kangqu.systems.vaccination.forecast import forecast

    questions = [_question(each) for each in people]
    forecast(questions[0])
    taken = []
    began_core = time.process_time()
    for question in questions:
        began = time.perf_counter()
        forecast(question)
        taken.append(time.perf_counter() - began)
    return taken, time.process_time() - began_core


def _question(told: dict[str, Any]) -> Asked:
    from kangqu.systems.vaccination.forecast import Asked, Dose, Person

    return Asked(
        person=Person(date.fromisoformat(told["birth_date"]), sex=told["sex"], **told.get("facts", {})),
        as_of=TODAY,
        history=tuple(Dose(each["vaccine_code"], date.fromisoformat(each["date"])) for each in told["history"]),
        programmes=frozenset(told["programmes"]),
    )


def _token() -> str:
    """A clinic's system with a token, made anew for every run."""
    from django.conf import settings

    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.tokens import issue_token
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.trace.actor import the_house

    import_module(settings.ROOT_URLCONF)  # every scope is declared by now
    at = system_clock()
    where = Cast(1, at).institution.code
    scopes, by = ["vaccination.forecast"], the_house("bench")
    return issue_token(role=Role.SYSTEM, institution_code=where, scopes=scopes, days=1, by=by, at=at).token
