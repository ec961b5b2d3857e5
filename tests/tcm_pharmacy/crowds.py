"""Thousands of prescriptions like one that went through the verbs: rows copied in the database, with its trace, and the
statistics of them, so that plans are chosen as in earnest."""

from __future__ import annotations

from typing import Any

from django.db import connection

_STATE = "coalesce((%(states)s::text[])[1 + g %% %(kinds)s], x.state)"
_ROWS = {
    "cases_case": ("id", "id", "code, key, number, state", f"'KX' || g, x.key || '/' || g, 'CP-' || g, {_STATE}"),
    "tcm_pharmacy_prescription": ("id", "case_id", "case_id, number", "%(first)s + g, 'CP-' || g"),
    "tcm_pharmacy_promise": ("id", "case_id", "case_id", "%(first)s + g"),
    "trace_entry": ("id", "object_id", "object_id", "%(first)s + g"),
}  # fmt: skip
_FIRST = 7_000_000_000
"""Numbers of the copies begin here."""
_PAST = """
INSERT INTO cases_case (code, programme, version, state, came_from, seq, institution_id, origin_id, key, number, facts, opened_at,
       changed_at, closed_at, rank_at, tier)
SELECT 'KZ' || g, x.programme, x.version, 'handed_out', 'ready', 9, x.institution_id, x.origin_id, 'past/' || g, '', x.facts,
       x.opened_at - g * interval '1 minute', x.opened_at, x.opened_at, x.rank_at, 0
  FROM cases_case x, generate_series(1, 20000) g WHERE x.id = %s
"""
_CLEANINGS = """
INSERT INTO cases_case (code, programme, version, state, came_from, seq, institution_id, origin_id, key, number, facts, opened_at,
       changed_at, rank_at, tier)
SELECT 'KY' || g, 'tcm_cleaning', 1, 'done', '', 1, i.id, i.id, 'cleaning/' || g, '', '{"what": "pot", "name": "1号机"}',
       now() - g * interval '1 hour', now(), now(), 0
  FROM generate_series(1, 3000) g JOIN LATERAL (
    SELECT id FROM places_institution ORDER BY id OFFSET g % (SELECT count(*) FROM places_institution) LIMIT 1) i ON true
"""


def copies(case_id: int, many: int, states: list[str] | None = None) -> None:
    """``many`` more prescriptions like this one, with promise and trace, spread over ``states`` where some are named."""
    values: dict[str, Any] = {
        "case": case_id,
        "first": _FIRST,
        "many": many,
        "states": states,
        "kinds": len(states or "-"),
    }
    with connection.cursor() as cursor:
        for place, (table, (key, of, changed, to)) in enumerate(_ROWS.items()):
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_name = %s AND column_name <> ALL(%s)",
                [table, [key, *changed.split(", ")]],
            )
            (kept,) = cursor.fetchone()
            number = f"{_FIRST}" if place == 0 else f"{_FIRST} * {place + 1} + row_number() OVER () * 100000"
            of_case = " AND x.object_type = 'case'" if table == "trace_entry" else ""
            cursor.execute(
                f"INSERT INTO {table} ({key}, {changed}, {kept}) SELECT {number} + g, {to}, {kept}"
                f" FROM {table} x, generate_series(1, %(many)s) g WHERE x.{of} = %(case)s{of_case}",
                values,
            )


_WEIGHINGS = """
INSERT INTO trace_entry (id, at, stream, action, result, actor_role, object_type, object_id, facts, mac)
SELECT %s + g, t.at - g * interval '1 minute', t.stream, 'tcm.weigh', t.result, t.actor_role, t.object_type, t.object_id, t.facts, t.mac
  FROM generate_series(1, 20000) g, trace_entry t WHERE t.object_type = 'case' AND t.object_id = %s AND t.action = 'case.open'
"""


def weighings(case_id: int) -> None:
    """A trace that is mostly full of other things."""
    with connection.cursor() as cursor:
        cursor.execute(_WEIGHINGS, [9 * _FIRST, case_id])


def past(case_id: int) -> None:
    """Twenty thousand prescriptions of the same pharmacy that were handed out: what reads them all is the slower way."""
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [case_id])


def cleanings() -> None:
    """Three thousand cleanings, at every institution."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEANINGS)


def statistics() -> None:
    """Let the server know what is there."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_ROWS)}, tcm_pharmacy_weighing")
