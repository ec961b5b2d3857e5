"""Asking the trace of a whole year at city scale: each kind of search of the auditor's page, and a resident's 'who looked'.

Twenty million rows over the twelve months before this one are made in the server, searched, and dropped again. Actors,
institutions and residents come up as often as in a city; one action is rare, one institution small, one actor is a
system that writes a tenth of all. Every question covers the year and is asked about different subjects; the slowest counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import pairwise

from bench.measure import Figure, open_bench_city, options, percentile, report, seconds_of

_PEOPLE, _ACTORS, _INSTITUTIONS = 1_000_000, 20_000, 2_000
_BUSY_ACTOR, _SMALL_INSTITUTION = 30_001, 9_001
_RARE = "account.reset"

# Rows of one month, in the order of their time, as they would have come.
_FILL = """
INSERT INTO {name} (id, at, stream, action, result, actor_id, actor_role, institution_id, person_id, object_type, purpose,
                    ip, device, request_id, facts, mac)
SELECT n, %(since)s::timestamptz + n * (%(until)s::timestamptz - %(since)s::timestamptz) / %(rows)s,
       CASE WHEN a.rare THEN 'security' WHEN c < 0.60 THEN 'step' ELSE 'look' END,
       CASE WHEN a.rare THEN %(rare)s WHEN c < 0.60 THEN 'code.scan' WHEN c < 0.85 THEN 'person.open' WHEN c < 0.97 THEN 'person.search'
            ELSE 'person.reveal' END,
       CASE WHEN c < 0.60 THEN 'done' ELSE 'seen' END,
       CASE WHEN c < 0.10 THEN %(busy)s ELSE 10000 + floor(random() * %(actors)s)::bigint END,
       'doctor',
       CASE WHEN n %% 5000 = 7 AND %(month)s = 1 THEN %(small)s ELSE 1000 + floor(random() * %(institutions)s)::bigint END,
       CASE WHEN a.rare THEN NULL ELSE 1000000 + floor(random() * %(people)s)::bigint END,
       'person', 'care', '10.1.2.3', 'Mozilla/5.0 (X11; Linux x86_64)', md5(n::text),
       '{{"relation":"encounter"}}', decode(repeat('00', 32), 'hex')
  FROM (SELECT n, random() AS c FROM generate_series(0, %(rows)s - 1) AS n) AS n
  CROSS JOIN LATERAL (SELECT n.n %% 50000 = 3 AS rare) AS a
"""


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "trace",
        __doc__ or "",
        argv,
        ("--rows", {"type": int, "default": 20_000_000}),
        ("--keep", {"action": "store_true", "help": "leave the rows for another run"}),
    )
    open_bench_city("trace")
    with _a_year(asked.rows, keep=asked.keep) as (since, until):
        figures = _measured(since, until, runs=asked.runs)
    return report("trace", asked, figures)


def _measured(since: datetime, until: datetime, *, runs: int) -> list[Figure]:
    from kangqu.kernel.access.looks import who_looked
    from kangqu.kernel.trace.reads import TraceQuestion, search_trace

    rng = random.Random(7)

    def search(**what: object) -> Callable[[], object]:
        return lambda: search_trace(TraceQuestion(since, until, **what), limit=51)  # type: ignore[arg-type]

    def person() -> int:
        return 1_000_000 + rng.randrange(_PEOPLE)

    def some_day() -> tuple[datetime, datetime]:
        day = since + timedelta(days=rng.randrange(360))
        return day, day + timedelta(days=1)

    def page(offset: int) -> Callable[[], object]:
        mark = f"{(until - timedelta(days=offset)).isoformat()}_0"
        return lambda: search_trace(TraceQuestion(since, until), after=mark, limit=51)

    kinds: dict[str, Callable[[], Callable[[], object]]] = {
        "by time alone, the year": lambda: search(),
        "by time alone, one day": lambda: lambda: search_trace(TraceQuestion(*some_day()), limit=51),
        "a page in the middle of the year": lambda: page(rng.randrange(1, 360)),
        "by person seen": lambda: search(person_ids=(person(),)),
        "by person and action": lambda: search(person_ids=(person(),), action="person.reveal"),
        "by actor": lambda: search(actor_id=10_000 + rng.randrange(_ACTORS)),
        "by actor and a rare action": lambda: search(actor_id=_BUSY_ACTOR, action=_RARE),
        "by a common action": lambda: search(action="person.open"),
        "by a rare action": lambda: search(action=_RARE),
        "by an action nobody took": lambda: search(action="nothing.such"),
        "by stream": lambda: search(stream="security"),
        "by one small institution": lambda: search(institution_ids=(_SMALL_INSTITUTION,)),
        "by 300 institutions": lambda: search(institution_ids=tuple(rng.sample(range(1_000, 3_000), 300))),
        "by 300 institutions and a rare action": lambda: search(
            institution_ids=tuple(rng.sample(range(1_000, 3_000), 300)), action=_RARE
        ),
        "by 300 institutions with nothing": lambda: search(institution_ids=tuple(range(20_000, 20_300))),
        "who looked, for a resident": lambda: _closed(who_looked, person(), until),
    }
    figures = []
    for name, subject in kinds.items():
        taken = [seconds_of(subject()) for _ in range(max(5, runs))]
        figures.append(Figure(name, max(taken), "s (slowest)", at_most=3))
        figures.append(Figure(f"{name}, median", percentile(taken, 0.5) * 1000, "ms"))
    return figures


def _closed(who_looked: Callable[..., object], person_id: int, at: datetime) -> Callable[[], object]:
    return lambda: who_looked(person_id, at=at, by_others=True)


@contextmanager
def _a_year(rows: int, *, keep: bool) -> Iterator[tuple[datetime, datetime]]:
    """The twelve months before this one, filled; the span they cover."""
    from django.db import connection

    from kangqu.kernel.basis.clock import city_day, day_starts, system_clock

    this = city_day(system_clock()).replace(day=1)
    months = [this]
    for _ in range(12):
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    try:
        for number, (first, following) in enumerate(pairwise(months)):
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass(%s) IS NULL", [_name(first)])
                if cursor.fetchone()[0]:
                    _fill(cursor, first, following, number, rows // 12)
        yield day_starts(months[0]), day_starts(this)
    finally:
        if not keep:
            with connection.cursor() as cursor:
                for first in months[:-1]:
                    cursor.execute(f"DROP TABLE IF EXISTS {_name(first)}, {_name(first)}_filling")


def _name(first: date) -> str:
    return f"trace_entry_{first:%Y%m}"


def _fill(cursor: object, first: date, following: date, month: int, rows: int) -> None:
    from kangqu.kernel.basis.clock import day_starts

    run = cursor.execute  # type: ignore[attr-defined]
    span = {"since": day_starts(first).isoformat(), "until": day_starts(following).isoformat()}
    run(f"DROP TABLE IF EXISTS {_name(first)}_filling")
    run(f"CREATE TABLE {_name(first)}_filling (LIKE trace_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    values = span | {
        "rows": rows, "month": month, "rare": _RARE, "busy": _BUSY_ACTOR, "small": _SMALL_INSTITUTION,
        "actors": _ACTORS, "institutions": _INSTITUTIONS, "people": _PEOPLE,
    }  # fmt: skip
    run(_FILL.format(name=f"{_name(first)}_filling"), values)
    run(f"ALTER TABLE {_name(first)}_filling RENAME TO {_name(first)}")
    run(f"ALTER TABLE trace_entry ATTACH PARTITION {_name(first)} FOR VALUES FROM (%(since)s) TO (%(until)s)", span)
    run(f"VACUUM ANALYZE {_name(first)}")


if __name__ == "__main__":
    raise SystemExit(main())
