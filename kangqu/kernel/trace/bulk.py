"""The trace of bulk work: many rows that differ in their person alone, digested from one template, by binary COPY."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.trace.entries import Entry, canonical_facts, digest_columns, digest_key

_COLUMNS: Final = (
    "id", "at", "position", "stream", "action", "result", "actor_id", "actor_role", "institution_id", "person_id",
    "object_type", "object_id", "purpose", "reason", "ip", "device", "request_id", "facts", "before_hash", "after_hash",
    "mac",
)  # fmt: skip
_HASH_BLOCK: Final = 64


def record_each(entry: Entry, person_ids: Sequence[int], row_ids: Sequence[int]) -> None:
    """Append ``entry`` once for each of ``person_ids``, under ``row_ids`` (from the one sequence: the numbers
    ``record`` makes are far above it, so they never meet). Same rows, same digests as ``record`` would write.
    """
    if entry.ip is not None:
        raise ValueError("bulk work has no address of its own: say where it came from in the entry of the whole")
    with connection.cursor() as cursor:
        # One transaction, one place in commit order: asked once, not once for every row.
        cursor.execute("SELECT trace_position()")
        (position,) = cursor.fetchone()
    copying.copy_rows("trace_entry", _COLUMNS, list(_packed(entry, position, person_ids, row_ids)))


def _packed(entry: Entry, position: int, person_ids: Sequence[int], row_ids: Sequence[int]) -> Iterator[bytes]:
    facts = canonical_facts(entry.facts)
    before, between, after = _digest_template(entry, facts)
    key = digest_key().ljust(_HASH_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + before).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key)).copy
    head = b"".join(
        (
            copying.instant(entry.at),
            copying.int8(position),
            *map(copying.text, (str(entry.stream), entry.action, str(entry.result))),
            copying.int8(entry.actor_id),
            copying.text(entry.actor_role),
            copying.int8(entry.institution_id),
        )
    )
    tail = b"".join(
        (
            copying.text(entry.object_type),
            copying.int8(entry.object_id),
            copying.text(entry.purpose),
            copying.text(entry.reason),
            copying.NULL,
            *map(copying.text, (entry.device, entry.request_id, facts)),
            copying.blob(entry.before_hash),
            copying.blob(entry.after_hash),
            copying.LENGTHS[32],
        )
    )
    count, int8 = copying.pack_count(len(_COLUMNS)), copying.pack_int8
    for row_id, person_id in zip(row_ids, person_ids, strict=True):
        first, second = inner(), outer()
        first.update(b"%d%b%d%b" % (row_id, between, person_id, after))
        second.update(first.digest())
        yield b"".join((count, int8(8, row_id), head, int8(8, person_id), tail, second.digest()))


def _digest_template(entry: Entry, facts: str) -> tuple[bytes, bytes, bytes]:
    """The digested text around the row's number and the person's: what stands before, between and after them."""
    columns = list(digest_columns(0, entry, facts))
    parts = [json.dumps(column, ensure_ascii=False) for column in columns]
    before, between, after = "[", "," + ",".join(parts[1:8]) + ",", "," + ",".join(parts[9:]) + "]"
    return before.encode(), between.encode(), after.encode()
