"""A case as it was read: what a step is planned on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.prepared import run

_COLUMNS: Final = (
    "id, code, programme, version, state, came_from, seq, person_id, institution_id, origin_id, holder_id, facts::text,"
    " opened_at, changed_at, due_at, tier, suspended_at, closed_at, parent_id, number,"
    " rank_at"
)
_BY_IDS: Final = f"SELECT {_COLUMNS} FROM cases_case WHERE id = ANY(%s::bigint[])"  # noqa: S608
_BY_ID: Final = f"SELECT {_COLUMNS} FROM cases_case WHERE id = %s::bigint"  # noqa: S608
_BY_CODE: Final = f"SELECT {_COLUMNS} FROM cases_case WHERE code = %s::text"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One case. ``seq`` counts its changes: whoever writes names the one she read. ``facts`` is what the steps gathered."""

    id: int
    code: str
    programme: str
    version: int
    state: str
    came_from: str
    seq: int
    person_id: int | None
    institution_id: int
    origin_id: int
    holder_id: int | None
    facts: Mapping[str, Any]
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    tier: int
    suspended_at: datetime | None
    closed_at: datetime | None
    parent_id: int | None
    number: str
    rank_at: datetime


def snapshot(case_id: int) -> Snapshot | None:
    """The case with that number as it is now."""
    rows = run(_BY_ID, (case_id,))
    return _read(rows[0]) if rows else None


def snapshot_coded(code: str) -> Snapshot | None:
    """The case with that public code as it is now."""
    rows = run(_BY_CODE, (code,))
    return _read(rows[0]) if rows else None


def snapshots(case_ids: Sequence[int]) -> dict[int, Snapshot]:
    """The cases with those numbers, by number; those that do not exist are missing."""
    return {row[0]: _read(row) for row in run(_BY_IDS, (list(case_ids),))}


def _read(row: Sequence[Any]) -> Snapshot:
    values = list(row)
    values[11] = json.loads(values[11])
    return Snapshot(*values)
