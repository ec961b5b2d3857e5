"""What can be asked of the trace. Every question is bounded in time, so that it touches only its months' partitions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis.refusals import Refused, refusal

SPAN_TOO_LONG = refusal(
    "trace_span_too_long", "KQ-1201", zh="一次最多查 {days} 天。", en="At most {days} days can be asked for at once."
)
SPAN_BACKWARDS = refusal(
    "trace_span_backwards", "KQ-1202", zh="起始时间晚于结束时间。", en="The beginning is after the end."
)
LONGEST_SPAN: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TraceQuestion:
    """What an auditor asks: a span of time, and any of whom, who, what, how it ended."""

    since: datetime
    until: datetime
    person_ids: tuple[int, ...] = ()
    actor_id: int | None = None
    institution_ids: tuple[int, ...] = ()
    action: str = ""
    stream: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One row as it is shown. ``mark`` is where the next page begins."""

    id: int
    at: datetime
    stream: str
    action: str
    result: str
    actor_id: int | None
    actor_role: str
    institution_id: int | None
    person_id: int | None
    object_type: str
    object_id: int | None
    purpose: str
    reason: str
    ip: str | None
    device: str
    request_id: str
    facts: Mapping[str, Any]

    @property
    def mark(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


_COLUMNS: Final = (
    "id, at, stream, action, result, actor_id, actor_role, institution_id, person_id, object_type, object_id, purpose,"
    " reason, host(ip), device, request_id, facts::text"
)
_NEWEST: Final = "ORDER BY at DESC, id DESC LIMIT %(limit)s"
_PLAIN: Final = f"SELECT {_COLUMNS} FROM trace_entry WHERE {{wanted}} {_NEWEST}"  # noqa: S608 - of constants
# Of many, each one's newest are found by index and the newest of those are taken: no plan has to guess how often a
# place or a person comes up.
_OF_EACH: Final = f"""
SELECT {_COLUMNS} FROM unnest(%(each)s::bigint[]) AS whose(number) CROSS JOIN LATERAL (
  SELECT * FROM trace_entry WHERE {{column}} = whose.number AND {{wanted}} {_NEWEST}) AS found
 {_NEWEST}
"""  # noqa: S608


def search_trace(question: TraceQuestion, *, after: str = "", limit: int = 50) -> list[TraceLine]:
    """The rows that answer, newest first; ``after`` is the mark of the last row already shown.

    Refuses a span that is backwards or longer than a year and a day.
    """
    if question.since > question.until:
        raise Refused(SPAN_BACKWARDS, field="since")
    if question.until - question.since > LONGEST_SPAN:
        raise Refused(SPAN_TOO_LONG, field="since", days=LONGEST_SPAN.days)
    exact = {
        "actor_id": question.actor_id,
        "action": question.action,
        "stream": question.stream,
        "result": question.result,
    }
    values: dict[str, Any] = {name: value for name, value in exact.items() if value}
    wanted = ["at >= %(since)s", "at < %(until)s", *(f"{name} = %({name})s" for name in values)]
    values |= {"since": question.since, "until": question.until, "limit": limit}
    mark = _read_mark(after)
    if mark is not None:
        # Said twice: the row comparison pages exactly, the plain bound lets whole partitions be left out.
        wanted += ["at <= %(mark_at)s", "(at, id) < (%(mark_at)s, %(mark_id)s)"]
        values |= {"mark_at": mark[0], "mark_id": mark[1]}
    return [_line(row) for row in _rows(question, wanted, values)]


def _rows(question: TraceQuestion, wanted: list[str], values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """People first when both people and places are asked for: there are few of them, and they have fewer rows."""
    statement = _PLAIN
    if question.person_ids:
        statement, values["each"] = _OF_EACH, list(question.person_ids)
        if question.institution_ids:
            wanted.append("institution_id = ANY(%(institutions)s)")
            values["institutions"] = list(question.institution_ids)
    elif question.institution_ids:
        statement, values["each"] = _OF_EACH, list(question.institution_ids)
    column = "person_id" if question.person_ids else "institution_id"
    with connection.cursor() as cursor:
        cursor.execute(statement.format(column=column, wanted=" AND ".join(wanted)), values)
        return list(cursor.fetchall())


def _read_mark(mark: str) -> tuple[datetime, int] | None:
    moment, _, number = mark.partition("_")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo is not None and number.isdigit() and len(number) < 20 else None
    except ValueError:
        return None


def _line(row: tuple[Any, ...]) -> TraceLine:
    return TraceLine(*(*row[:-1], json.loads(row[-1])))
