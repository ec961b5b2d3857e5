"""Sealing: blocks of final rows, each chained to the one before it in its stream.

Rows are written without waiting for each other. A row's ``position`` is its transaction's place in commit order, so
the rows below the oldest running transaction are final: no more will come there. The sealer takes them, hashes their
digests in order, and chains the hash to the block before. The checks walk rows and blocks again and name the first
row whose digest is wrong and every block whose rows are not those it sealed.

Presences stand in two tables with the same positions, numbers and digests: one chain proves both, and is made from the
table that is indexed by position, so that the other needs no such index.
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


@dataclass(frozen=True, slots=True)
class Chain:
    """Rows that are sealed together. Every one of ``tables`` holds the same rows; blocks are made from the first."""

    stream: str
    tables: tuple[str, ...]
    where: str = "true"

    def rows(self, table: str, start: int, end: int | None = None) -> Iterator[tuple[int, int, bytes]]:
        """(position, id, digest) of the rows with positions in [``start``, ``end``), in order. Needs a transaction."""
        ours = f"{self.where} AND position >= %s" + (" AND position < %s" if end is not None else "")
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"SELECT position, id, mac FROM {table} WHERE {ours} ORDER BY position, id",  # noqa: S608 - of CHAINS
                [start] if end is None else [start, end],
            )
            while rows := cursor.fetchmany(_BATCH):
                yield from rows


CHAINS: Final = (
    *(Chain(stream.value, ("trace_entry",), f"stream = '{stream.value}'") for stream in Stream),
    Chain("presence", ("presence_by_place", "presence_by_person")),
)


class _Block:
    """The digest of a block's rows as they come."""

    def __init__(self) -> None:
        self.count, self._running = 0, hashlib.sha256()

    def add(self, position: int, row_id: int, mac: bytes) -> None:
        self._running.update(f"{position}|{row_id}|".encode() + bytes(mac))
        self.count += 1

    def digest(self) -> bytes:
        return self._running.digest()


def seal_finished(at: datetime) -> int:
    """Seal, chain by chain, every final row not yet sealed; return how many rows were. Safe to run at any time."""
    sealed = 0
    for chain in CHAINS:
        with transaction.atomic(), connection.cursor() as cursor:
            # One sealer at a time per stream; a second finds nothing left.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"seal {chain.stream}"])
            cursor.execute("SELECT trace_final_below()")
            (below,) = cursor.fetchone()
            sealed += _seal(chain, below, at)
    return sealed


def _seal(chain: Chain, below: int, at: datetime) -> int:
    last = Seal.objects.filter(stream=chain.stream).order_by("-to_position").first()
    start = last.to_position if last else 0
    block = _Block()
    for row in chain.rows(chain.tables[0], start, below):
        block.add(*row)
    if block.count == 0:
        return 0
    previous = bytes(last.digest) if last else GENESIS
    day = city_day(at)
    Seal.objects.create(
        stream=chain.stream,
        day=day,
        from_position=start,
        to_position=below,
        count=block.count,
        rows_digest=block.digest(),
        previous=previous,
        digest=_link(previous, chain.stream, day, start, below, block.count, block.digest()),
        sealed_at=at,
    )
    return block.count


def _link(previous: bytes, stream: str, day: date, start: int, end: int, count: int, rows_digest: bytes) -> bytes:
    return hashlib.sha256(previous + f"{stream}|{day}|{start}|{end}|{count}|".encode() + rows_digest).digest()


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


@check("trace.chain", "Every sealed block of the trace and of the presences holds the rows it sealed, the chain whole.")
def check_chain() -> Iterator[Finding]:
    for chain in CHAINS:
        yield from _check_links(chain)
        for table in chain.tables:
            yield from _check_blocks(chain, table)


def _check_links(chain: Chain) -> Iterator[Finding]:
    """Each block follows the one before, and its own line is as it was written."""
    previous, position = GENESIS, 0
    for seal in _seals(chain):
        if bytes(seal.previous) != previous or seal.from_position != position:
            yield Finding(_where(seal), "the chain is broken: a block before this one was removed, added or changed")
        bounds = (seal.from_position, seal.to_position, seal.count)
        linked = _link(bytes(seal.previous), chain.stream, seal.day, *bounds, bytes(seal.rows_digest))
        if linked != bytes(seal.digest):
            yield Finding(_where(seal), "the block's own line was changed")
        previous, position = bytes(seal.digest), seal.to_position


def _check_blocks(chain: Chain, table: str) -> Iterator[Finding]:
    """Each block's rows in ``table`` are those it sealed: rows and blocks are read once, side by side."""
    with transaction.atomic():
        rows = chain.rows(table, 0)
        row = next(rows, None)
        for seal in _seals(chain):
            block = _Block()
            while row is not None and row[0] < seal.to_position:
                if row[0] >= seal.from_position:
                    block.add(*row)
                row = next(rows, None)
            if (block.count, block.digest()) != (seal.count, bytes(seal.rows_digest)):
                yield Finding(
                    f"{table}, {_where(seal)}",
                    f"the block sealed {seal.count} rows and now holds {block.count}, or their order or digests differ",
                )


def _seals(chain: Chain) -> Iterator[Seal]:
    return Seal.objects.filter(stream=chain.stream).order_by("from_position").iterator(_BATCH)


def _where(seal: Seal) -> str:
    return f"seal {seal.pk}: stream={seal.stream} day={seal.day} positions {seal.from_position}–{seal.to_position}"


def begin_after_restore() -> None:
    """On a server whose transaction numbers began anew, lift positions above every stored one. Does nothing elsewhere."""
    tables = dict.fromkeys(chain.tables[0] for chain in CHAINS)
    highest = ", ".join(f"(SELECT max(position) FROM {table})" for table in tables)  # noqa: S608 - of CHAINS
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE trace_epoch IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT server <> system_identifier FROM trace_epoch, pg_control_system()")
        (moved,) = cursor.fetchone()
        if moved:
            cursor.execute(
                "UPDATE trace_epoch SET server = system_identifier, base = 1 + greatest("  # noqa: S608 - of CHAINS
                f" 0, {highest}, (SELECT max(to_position) FROM trace_seal)) FROM pg_control_system()"
            )
