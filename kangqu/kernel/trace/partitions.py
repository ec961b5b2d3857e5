"""Partitions by time: made ahead of need, so that a stream's rows of one day or month lie together."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import connection
from psycopg import sql

from kangqu.kernel.basis.clock import city_day, day_starts


class Span(StrEnum):
    DAY = "day"
    MONTH = "month"


STREAM_TABLES: dict[str, Span] = {
    "trace_entry": Span.MONTH,
    "presence_by_person": Span.DAY,
    "presence_by_place": Span.DAY,
}


def _first(day: date, span: Span) -> date:
    return day if span is Span.DAY else day.replace(day=1)


def _next(first: date, span: Span) -> date:
    return first + timedelta(days=1) if span is Span.DAY else (first + timedelta(days=32)).replace(day=1)


def ensure_partitions(table: str, *, around: datetime, ahead: int = 2) -> list[str]:
    """Make the partition ``around`` falls in and the ``ahead`` after it; return the names of those that were missing.

    Partitions begin and end at midnight in the city. Rows outside every partition go to the table's rest.
    """
    span = STREAM_TABLES[table]
    first = _first(city_day(around), span)
    made = []
    with connection.cursor() as cursor:
        for _ in range(ahead + 1):
            following = _next(first, span)
            name = f"{table}_{first:%Y%m%d}" if span is Span.DAY else f"{table}_{first:%Y%m}"
            cursor.execute("SELECT to_regclass(%s) IS NULL", [name])
            (missing,) = cursor.fetchone()
            if missing:
                cursor.execute(
                    sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
                        sql.Identifier(name),
                        sql.Identifier(table),
                        day_starts(first).isoformat(),
                        day_starts(following).isoformat(),
                    )
                )
                made.append(name)
            first = following
    return made
