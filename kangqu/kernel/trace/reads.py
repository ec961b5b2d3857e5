"""What can be asked of the trace. Every question is bounded in time, so that it touches only its months' partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.kernel.basis.refusals import Refused, refusal
from kangqu.kernel.trace.models import TraceEntry

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


def search_trace(question: TraceQuestion, *, after: str = "", limit: int = 50) -> list[TraceLine]:
    """The rows that answer, newest first; ``after`` is the mark of the last row already shown.

    Refuses a span that is backwards or longer than a year and a day.
    """
    if question.since > question.until:
        raise Refused(SPAN_BACKWARDS, field="since")
    if question.until - question.since > LONGEST_SPAN:
        raise Refused(SPAN_TOO_LONG, field="since", days=LONGEST_SPAN.days)
    rows = TraceEntry.objects.filter(at__gte=question.since, at__lt=question.until)
    if question.person_ids:
        rows = rows.filter(person_id__in=question.person_ids)
    if question.institution_ids:
        rows = rows.filter(institution_id__in=question.institution_ids)
    exact = {
        "actor_id": question.actor_id,
        "action": question.action,
        "stream": question.stream,
        "result": question.result,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    mark = _read_mark(after)
    if mark is not None:
        at, row_id = mark
        # Said twice: the row comparison pages exactly, the plain bound lets whole partitions be left out.
        rows = rows.filter(at__lte=at).extra(where=["(at, id) < (%s, %s)"], params=[at, row_id])
    return [_line(row) for row in rows.order_by("-at", "-id")[:limit]]


def _read_mark(mark: str) -> tuple[datetime, int] | None:
    moment, _, number = mark.partition("_")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo is not None and number.isdigit() and len(number) < 20 else None
    except ValueError:
        return None


def _line(row: TraceEntry) -> TraceLine:
    return TraceLine(**{name: getattr(row, name) for name in TraceLine.__dataclass_fields__})
