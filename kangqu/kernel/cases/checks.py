"""What holds among cases, on live data (``kangqu check``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.cases.registry import every_programme
from kangqu.kernel.cases.versions import stranded


def _rows(sql: str, values: list[Any] | None = None) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or [])
        while rows := cursor.fetchmany(500):
            yield from rows


@check("cases.programmes", "Every running case stands in a state that its version of its programme declares.")
def check_programmes() -> Iterator[Finding]:
    for code, version, why in stranded():
        yield Finding(f"cases_case programme={code} version={version}", why)


@check("cases.ends", "A case is closed exactly when its state is final.")
def check_ends() -> Iterator[Finding]:
    for each in every_programme():
        sql = (
            "SELECT id, state FROM cases_case WHERE programme = %s AND version = %s"
            " AND (closed_at IS NOT NULL) <> (state = ANY(%s))"
        )
        for number, state in _rows(sql, [each.code, each.version, sorted(each.final)]):
            yield Finding(f"cases_case id={number}", f"at {state}")


@check("cases.trace", "Every change of a running case left its row in the trace.")
def check_trace() -> Iterator[Finding]:
    sql = (
        "SELECT c.id, c.seq, count(t.id) FROM cases_case c LEFT JOIN trace_entry t ON t.object_type = 'case'"
        " AND t.object_id = c.id AND t.stream = 'step' AND t.facts ->> 'seq' IS NOT NULL"
        " AND t.at >= c.opened_at - interval '5 minutes'"
        " WHERE c.closed_at IS NULL GROUP BY c.id HAVING count(t.id) <> c.seq"
    )
    for number, seq, count in _rows(sql):
        yield Finding(f"cases_case id={number}", f"changed {seq} times, {count} rows in the trace")


@check("cases.clock", "Every open case with a deadline has the moment at which the clock acts next, unless it rests.")
def check_clock() -> Iterator[Finding]:
    for each in every_programme():
        for state in each.states:
            if state.deadline is None or not (state.deadline.tiers or state.deadline.then):
                continue
            steps = len(state.deadline.tiers) + bool(state.deadline.then)
            sql = (
                "SELECT id FROM cases_case WHERE programme = %s AND version = %s AND state = %s AND closed_at IS NULL"
                " AND suspended_at IS NULL AND due_at IS NOT NULL AND act_at IS NULL AND tier < %s"
            )
            for (number,) in _rows(sql, [each.code, each.version, state.code, steps]):
                yield Finding(f"cases_case id={number}", "nobody will be told that it is late")
