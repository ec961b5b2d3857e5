"""Sealing: blocks of final rows, each chained to the one before it in its stream.

Rows are written without waiting for each other. A row's ``position`` is its transaction's place in commit order, so
the rows below the oldest running transaction are final: no more will come there. The sealer takes them, hashes their
digests in order, and chains the hash to the block before. ``verify`` walks rows and blocks again and names the first
row whose digest is wrong and every block whose rows are not those it sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.trace.entries import Entry, Stream, digest
from kangqu.kernel.trace.models import Seal

GENESIS: Final = hashlib.sha256(b"kangqu trace").digest()
_BATCH: Final = 5_000
_SELECT: Final = (
    "SELECT id, at, position, stream, action, result, actor_id, actor_role, institution_id, person_id, object_type, object_id,"
    " purpose, reason, host(ip), device, request_id, facts::text, before_hash, after_hash, mac FROM trace_entry"
)


def seal_finished(at: datetime) -> int:
    """Seal, stream by stream, every final row not yet sealed; return how many rows were. Safe to run at any time."""
    sealed = 0
    for stream in Stream:
        with transaction.atomic(), connection.cursor() as cursor:
            # One sealer at a time per stream; a second finds nothing left.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"seal {stream}"])
            cursor.execute("SELECT trace_final_below()")
            (below,) = cursor.fetchone()
            sealed += _seal_stream(stream, below, at)
    return sealed


def _seal_stream(stream: Stream, below: int, at: datetime) -> int:
    last = Seal.objects.filter(stream=stream).order_by("-to_position").first()
    start = last.to_position if last else 0
    count, rows_digest = _rows_digest(stream, start, below)
    if count == 0:
        return 0
    previous = bytes(last.digest) if last else GENESIS
    day = city_day(at)
    Seal.objects.create(
        stream=stream,
        day=day,
        from_position=start,
        to_position=below,
        count=count,
        rows_digest=rows_digest,
        previous=previous,
        digest=_link(previous, stream, day, start, below, count, rows_digest),
        sealed_at=at,
    )
    return count


def _link(previous: bytes, stream: str, day: date, start: int, end: int, count: int, rows_digest: bytes) -> bytes:
    return hashlib.sha256(previous + f"{stream}|{day}|{start}|{end}|{count}|".encode() + rows_digest).digest()


def _rows_digest(stream: str, start: int, end: int) -> tuple[int, bytes]:
    """How many rows of ``stream`` lie in [start, end), and the hash of their digests in order."""
    total, running = 0, hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position, id, mac FROM trace_entry WHERE stream = %s AND position >= %s AND position < %s ORDER BY position, id",
            [stream, start, end],
        )
        while rows := cursor.fetchmany(_BATCH):
            for position, row_id, mac in rows:
                running.update(f"{position}|{row_id}|".encode() + bytes(mac))
            total += len(rows)
    return total, running.digest()


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    position: int
    entry: Entry
    facts: str
    mac: bytes


def _rows() -> Iterator[_Row]:
    """Every row of the trace, in time order, read in batches through a cursor of the server's."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(f"{_SELECT} ORDER BY at, id")
        while rows := cursor.fetchmany(_BATCH):
            yield from (_row(row) for row in rows)


def _row(row: tuple[Any, ...]) -> _Row:
    (
        row_id,
        at,
        position,
        stream,
        action,
        result,
        actor_id,
        actor_role,
        institution_id,
        person_id,
        object_type,
        object_id,
    ) = row[:12]
    (purpose, reason, ip, device, request_id, facts, before_hash, after_hash, mac) = row[12:]
    entry = Entry(
        stream=stream,
        action=action,
        result=result,
        at=at,
        actor_id=actor_id,
        actor_role=actor_role,
        institution_id=institution_id,
        person_id=person_id,
        object_type=object_type,
        object_id=object_id,
        purpose=purpose,
        reason=reason,
        ip=ip,
        device=device,
        request_id=request_id,
        before_hash=bytes(before_hash) if before_hash is not None else None,
        after_hash=bytes(after_hash) if after_hash is not None else None,
    )
    return _Row(row_id, position, entry, facts, bytes(mac))


@check("trace.rows", "Every row of the trace is as it was written.")
def check_rows() -> Iterator[Finding]:
    for row in _rows():
        if digest(row.id, row.entry, row.facts) != row.mac:
            where = f"trace_entry at={row.entry.at.isoformat()} id={row.id} stream={row.entry.stream}"
            yield Finding(where, "the row differs from what was written")


@check("trace.chain", "Every sealed block of the trace holds the rows it sealed, and the chain is whole.")
def check_chain() -> Iterator[Finding]:
    for stream in Stream:
        previous, position = GENESIS, 0
        for seal in Seal.objects.filter(stream=stream).order_by("from_position"):
            where = f"seal {seal.pk}: stream={stream} day={seal.day} positions {seal.from_position}–{seal.to_position}"
            if bytes(seal.previous) != previous or seal.from_position != position:
                yield Finding(where, "the chain is broken: a block before this one was removed, added or changed")
            count, rows_digest = _rows_digest(stream, seal.from_position, seal.to_position)
            if (count, rows_digest) != (seal.count, bytes(seal.rows_digest)):
                yield Finding(
                    where, f"the block sealed {seal.count} rows and now holds {count}, or their order or digests differ"
                )
            linked = _link(
                bytes(seal.previous),
                stream,
                seal.day,
                seal.from_position,
                seal.to_position,
                seal.count,
                bytes(seal.rows_digest),
            )
            if linked != bytes(seal.digest):
                yield Finding(where, "the block's own line was changed")
            previous, position = bytes(seal.digest), seal.to_position


def begin_after_restore() -> None:
    """On a server whose transaction numbers began anew, lift positions above every stored one. Does nothing elsewhere."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE trace_epoch IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT server <> system_identifier FROM trace_epoch, pg_control_system()")
        (moved,) = cursor.fetchone()
        if moved:
            cursor.execute(
                "UPDATE trace_epoch SET server = system_identifier, base = 1 + greatest("
                " (SELECT coalesce(max(position), 0) FROM trace_entry), (SELECT coalesce(max(to_position), 0) FROM trace_seal))"
                " FROM pg_control_system()"
            )
