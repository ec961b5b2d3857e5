"""Partitions by time: made ahead of need, so that a stream's rows of one day or month lie together.

A row that comes before its partition is made goes to the table's rest and is found there like any other. Making the
partition later moves such rows into it, in the transaction that attaches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import OperationalError, connection, transaction
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
KEYED_BY: Final[dict[str, str]] = {}
"""The column a table is partitioned by, where it is not ``at``: its rows may lie far from the present on purpose."""

_BEHIND: Final = timedelta(days=4)  # what is reported late is at most this late as a rule
_STRAYS_AT_ONCE: Final = 400
# Whoever makes a partition waits this long for the table's rest, and whoever writes there waits for no longer.
_PATIENCE: Final = "SET LOCAL lock_timeout = '3s'"
_LITTLE_PATIENCE: Final = "SET LOCAL lock_timeout = '1s'"
_AS_BEFORE: Final = "SET LOCAL lock_timeout TO DEFAULT"  # for what else a transaction around ours does
_BUSY: Final = ("55P03", "40P01")  # a lock not had in time, a deadlock


def _first(day: date, span: Span) -> date:
    return day if span is Span.DAY else day.replace(day=1)


def _next(first: date, span: Span) -> date:
    return first + timedelta(days=1) if span is Span.DAY else (first + timedelta(days=32)).replace(day=1)


def partition_name(table: str, day: date) -> str:
    """What the partition of ``table`` is called that rows of ``day`` belong to."""
    span = STREAM_TABLES[table]
    return f"{table}_{_first(day, span):{'%Y%m%d' if span is Span.DAY else '%Y%m'}}"


def ensure_partitions(table: str, *, around: datetime, ahead: int = 2, behind: timedelta = timedelta(0)) -> list[str]:
    """Make the partitions from ``behind`` the instant ``around`` to the ``ahead`` after it; the names of those made.

    Partitions begin and end at midnight in the city. One that could not be made, because somebody reads the table's
    rest for long (a backup), is made the next time.
    """
    span = STREAM_TABLES[table]
    first, last = _first(city_day(around - behind), span), _first(city_day(around), span)
    firsts = [first]
    while firsts[-1] < last:
        firsts.append(_next(firsts[-1], span))
    for _ in range(ahead):
        firsts.append(_next(firsts[-1], span))
    return [name for each in firsts if (name := _make(table, each, span)) is not None]


def prepare_streams(at: datetime) -> list[str]:
    """Partitions of every stream for the days around ``at``, and for rows that came while none was made ahead."""
    made = []
    for table, span in STREAM_TABLES.items():
        made += ensure_partitions(table, around=at, behind=_BEHIND if span is Span.DAY else timedelta(0))
        if table not in KEYED_BY:
            made += [name for first in _strays(table, span) if (name := _make(table, first, span)) is not None]
    return made


def drop_partitions(table: str, *, before: date, used_since: datetime) -> list[str]:
    """Drop the daily partitions of ``table`` for days before ``before``; return their names.

    Rows whose ``at`` is not before ``used_since`` move to the rest. Stops at the first partition that is being read.
    """
    dropped = []
    for name in _partitions(table):
        digits = name.removeprefix(f"{table}_")
        if not (digits.isdigit() and len(digits) == 8 and digits < f"{before:%Y%m%d}"):
            continue
        try:
            with transaction.atomic():
                _drop(table, name, used_since)
        except OperationalError as failed:
            if not _busy(failed):
                raise
            break
        dropped.append(name)
    return dropped


def _drop(table: str, name: str, used_since: datetime) -> None:
    parts = {"table": sql.Identifier(table), "name": sql.Identifier(name), "since": used_since.isoformat()}
    with connection.cursor() as cursor:
        cursor.execute(_LITTLE_PATIENCE)  # readers and writers of the whole table wait meanwhile
        cursor.execute(sql.SQL("ALTER TABLE {table} DETACH PARTITION {name}").format(**parts))
        cursor.execute(sql.SQL("INSERT INTO {table} SELECT * FROM {name} WHERE at >= {since}").format(**parts))
        cursor.execute(sql.SQL("DROP TABLE {name}").format(**parts))
        cursor.execute(_AS_BEFORE)


def _partitions(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass ORDER BY 1",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def _strays(table: str, span: Span) -> Iterator[date]:
    """The first days of the partitions that rows in the rest would belong to."""
    unit = sql.Literal(span.value)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT DISTINCT date_trunc({}, at AT TIME ZONE 'Asia/Shanghai')::date FROM {} ORDER BY 1 LIMIT {}"
            ).format(unit, sql.Identifier(f"{table}_rest"), _STRAYS_AT_ONCE)
        )
        yield from [first for (first,) in cursor.fetchall()]


def _make(table: str, first: date, span: Span) -> str | None:
    """Make one partition, with the rows of its time that lie in the rest; its name, or None when there was no need."""
    name = partition_name(table, first)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [name])
        if not cursor.fetchone()[0]:
            return None
    try:
        with transaction.atomic():
            return name if _attach(table, name, first, _next(first, span)) else None
    except OperationalError as failed:
        if _busy(failed):
            return None
        raise


def _busy(failed: OperationalError) -> bool:
    return getattr(failed.__cause__, "sqlstate", "") in _BUSY


def _attach(table: str, name: str, first: date, following: date) -> bool:
    """A table beside the parent, filled, and only then made its partition: readers of the parent need not wait."""
    parts = {
        "table": sql.Identifier(table),
        "rest": sql.Identifier(f"{table}_rest"),
        "name": sql.Identifier(name),
        "key": sql.Identifier(KEYED_BY.get(table, "at")),
        "since": day_starts(first).isoformat(),
        "until": day_starts(following).isoformat(),
    }

    def run(text: str) -> None:
        cursor.execute(sql.SQL(text).format(**parts))

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"partition {name}"])
        cursor.execute("SELECT to_regclass(%s) IS NULL", [name])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(_PATIENCE)
        run("LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE")
        run("CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        run("WITH moved AS (DELETE FROM {rest} WHERE {key} >= {since} AND {key} < {until} RETURNING *)"
            " INSERT INTO {name} SELECT * FROM moved")  # fmt: skip
        run("ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({since}) TO ({until})")
        cursor.execute(_AS_BEFORE)
    return True
