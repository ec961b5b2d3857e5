"""Writing the trace. A row is written in the transaction of the fact it tells, so neither exists without the other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from kangqu.kernel.basis.ids import Random, new_row_id
from kangqu.kernel.trace.entries import Entry, canonical_facts, digest

_COLUMNS: Final = (
    "id, at, stream, action, result, actor_id, actor_role, institution_id, person_id, object_type, object_id, purpose,"
    " reason, ip, device, request_id, facts, before_hash, after_hash, mac"
)
_NAMES: Final = tuple(_COLUMNS.replace(" ", "").split(","))
_ROW: Final = "(" + ", ".join(["%s"] * 20) + ")"
_SYSTEM_RANDOM: Final = random.SystemRandom()


def record(*entries: Entry, rng: Random = _SYSTEM_RANDOM) -> None:
    """Append ``entries`` to the trace, in one statement."""
    if not entries:
        return
    values = [value for entry in entries for value in _values(entry, new_row_id(rng))]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO trace_entry ({_COLUMNS}) VALUES {', '.join([_ROW] * len(entries))}", values)  # noqa: S608


def as_row(entry: Entry, rng: Random = _SYSTEM_RANDOM) -> dict[str, Any]:
    """``entry`` as a row in JSON terms, for a statement that writes it together with the fact it tells.

    The statement reads it with ``ROW_TYPE`` and inserts ``ROW_COLUMNS``; the facts travel as text, so that they are
    stored as they were digested.
    """
    values = dict(zip(_NAMES, _values(entry, new_row_id(rng)), strict=True))
    values["at"] = entry.at.isoformat()
    for name in ("before_hash", "after_hash", "mac"):
        values[name] = None if values[name] is None else "\\x" + values[name].hex()
    return values


ROW_COLUMNS: Final = _COLUMNS
ROW_TYPE: Final = (
    "id bigint, at timestamptz, stream text, action text, result text, actor_id bigint, actor_role text,"
    " institution_id bigint, person_id bigint, object_type text, object_id bigint, purpose text, reason text, ip inet,"
    " device text, request_id text, facts text, before_hash bytea, after_hash bytea, mac bytea"
)
ROW_SELECT: Final = _COLUMNS.replace("facts", "facts::json")
"""The columns of a row of ``ROW_TYPE`` as they are inserted."""


def _values(entry: Entry, row_id: int) -> Sequence[Any]:
    facts = canonical_facts(entry.facts)
    return (
        row_id,
        entry.at,
        str(entry.stream),
        entry.action,
        str(entry.result),
        entry.actor_id,
        entry.actor_role,
        entry.institution_id,
        entry.person_id,
        entry.object_type,
        entry.object_id,
        entry.purpose,
        entry.reason,
        entry.ip,
        entry.device,
        entry.request_id,
        facts,
        entry.before_hash,
        entry.after_hash,
        digest(row_id, entry, facts),
    )
