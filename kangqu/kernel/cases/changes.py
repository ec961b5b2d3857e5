"""Writing what was planned: the case, its trace, its events, in one statement that moves the case only from where it was read.

The statement names the ``seq`` each change was planned on. Of two that were planned on the same one, one is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.cases.listening import listeners_of
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.cases.terms import act_after
from kangqu.kernel.trace.actions import ROW_COLUMNS, ROW_SELECT, ROW_TYPE, as_row
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one case. ``None`` for ``holder_id`` lets it go; ``facts`` are merged into those it has."""

    case: Snapshot
    state: str
    came_from: str
    version: int = 0  # another version of the programme, for a case that is carried over
    institution_id: int
    holder_id: int | None = None
    due_at: datetime | None
    rank_at: datetime
    act_at: datetime | None
    tier: int = 0
    suspended_at: datetime | None = None
    closed_at: datetime | None = None
    at: datetime
    entry: Entry
    facts: Mapping[str, Any] = field(default_factory=dict)
    emits: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


_WRITE: Final = f"""
WITH asked AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(changes)s::json) AS a(case_id bigint, seq int, version smallint, state text, came_from text,
    institution_id bigint, holder_id bigint, due_at timestamptz, rank_at timestamptz, act_at timestamptz, tier smallint,
    suspended_at timestamptz, closed_at timestamptz, changed_at timestamptz, patch jsonb)),
locked AS MATERIALIZED (
  SELECT c.id FROM cases_case c JOIN asked a ON a.case_id = c.id ORDER BY c.id FOR NO KEY UPDATE OF c),
moved AS (
  UPDATE cases_case c
     SET state = a.state, version = a.version, came_from = a.came_from, seq = c.seq + 1, institution_id = a.institution_id,
         holder_id = a.holder_id, held_at = CASE WHEN a.holder_id IS NULL THEN NULL ELSE c.held_at END,
         due_at = a.due_at, rank_at = a.rank_at, act_at = a.act_at, tier = a.tier, suspended_at = a.suspended_at,
         closed_at = a.closed_at, changed_at = a.changed_at,
         facts = CASE WHEN a.patch IS NULL THEN c.facts ELSE c.facts || a.patch END
    FROM asked a, locked l
   WHERE c.id = l.id AND a.case_id = l.id AND c.seq = a.seq
  RETURNING c.id),
traced AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM json_to_recordset(%(traces)s::json) AS t({ROW_TYPE}) WHERE t.object_id IN (SELECT id FROM moved)),
told AS (
  INSERT INTO cases_event (name, listener, case_id, seq, values, told_at, due_at, state, attempts, last_error)
  SELECT e.name, e.listener, e.case_id, e.seq, e.values, e.told_at, e.told_at, 'waiting', 0, ''
    FROM json_to_recordset(%(events)s::json) AS e(name text, listener text, case_id bigint, seq int, values jsonb, told_at timestamptz)
   WHERE e.case_id IN (SELECT id FROM moved))
SELECT id FROM moved
"""  # noqa: S608
_WRITE_ONE: Final = f"""
WITH moved AS (
  UPDATE cases_case
     SET state = %(state)s::text, version = %(version)s::smallint, came_from = %(came_from)s::text, seq = seq + 1,
         institution_id = %(institution_id)s::bigint, holder_id = %(holder_id)s::bigint,
         held_at = CASE WHEN %(holder_id)s::bigint IS NULL THEN NULL ELSE held_at END,
         due_at = %(due_at)s::timestamptz, rank_at = %(rank_at)s::timestamptz, act_at = %(act_at)s::timestamptz,
         tier = %(tier)s::smallint, suspended_at = %(suspended_at)s::timestamptz, closed_at = %(closed_at)s::timestamptz,
         changed_at = %(changed_at)s::timestamptz,
         facts = CASE WHEN %(patch)s::text IS NULL THEN facts ELSE facts || %(patch)s::jsonb END
   WHERE id = %(case_id)s::bigint AND seq = %(seq)s::int
  RETURNING id),
traced AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM json_to_record(%(trace)s::json) AS t({ROW_TYPE}) WHERE EXISTS (SELECT FROM moved))
SELECT id FROM moved
"""  # noqa: S608


def write(changes: Sequence[Change]) -> set[int]:
    """Write ``changes``, each for itself; the numbers of the cases that were still where their change was planned on.

    Rows are locked in the order of their numbers, so that two batches that share cases queue and do not deadlock.
    """
    if not changes:
        return set()
    if len(changes) == 1 and not _listened(changes[0]):
        return {row[0] for row in run(_WRITE_ONE, _one(changes[0]))}
    parameters = {
        "changes": as_json([_row(change) for change in changes]),
        "traces": as_json([as_row(change.entry) for change in changes]),
        "events": as_json([event for change in changes for event in _events(change)]),
    }
    return {row[0] for row in run(_WRITE, parameters)}


def _listened(change: Change) -> bool:
    return any(listeners_of(name) for name in change.emits)


def _row(change: Change) -> dict[str, Any]:
    return {
        "case_id": change.case.id,
        "seq": change.case.seq,
        "version": change.version or change.case.version,
        "state": change.state,
        "came_from": change.came_from,
        "institution_id": change.institution_id,
        "holder_id": change.holder_id,
        "due_at": change.due_at,
        "rank_at": change.rank_at,
        "act_at": change.act_at,
        "tier": change.tier,
        "suspended_at": change.suspended_at,
        "closed_at": change.closed_at,
        "changed_at": change.at,
        "patch": dict(change.facts) or None,
    }


def _one(change: Change) -> dict[str, Any]:
    patch = json.dumps(dict(change.facts), ensure_ascii=False) if change.facts else None
    return _row(change) | {"patch": patch, "trace": as_json(as_row(change.entry))}


def _events(change: Change) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "listener": listener,
            "case_id": change.case.id,
            "seq": change.case.seq + 1,
            "values": dict(change.values),
            "told_at": change.at,
        }
        for name in change.emits
        for listener in listeners_of(name)
    ]


def as_it_is(case: Snapshot, action: str, by: Actor, at: datetime, reason: str = "", **facts: Any) -> Change:
    """A change that changes nothing yet but says who did what: the terms stay those the case has."""
    of = programme(case.programme, case.version)
    deadline = of.state(case.state).deadline
    act = act_after(deadline, case.due_at, case.tier) if deadline is not None and case.due_at is not None else None
    return Change(
        case=case,
        state=case.state,
        came_from=case.came_from,
        institution_id=case.institution_id,
        holder_id=case.holder_id,
        due_at=case.due_at,
        rank_at=case.rank_at,
        act_at=None if case.suspended_at is not None else act,
        tier=case.tier,
        suspended_at=case.suspended_at,
        at=at,
        entry=by.did(
            action,
            at=at,
            person_id=case.person_id,
            object_type="case",
            object_id=case.id,
            reason=reason[:200],
            facts={"programme": case.programme, "seq": case.seq + 1, **facts},
        ),
    )
