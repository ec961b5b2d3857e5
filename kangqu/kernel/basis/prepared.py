"""Statements that run thousands of times a minute: parsed and planned by the server once per connection.

Django binds parameters on its own side, so the server sees a new text each time. ``run`` hands text and parameters
apart, on the same connection and in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from django.db import connection

_PREPARE_AFTER: Final = 2


def run(statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement, prepared, and return its rows (none when it returns none). Raises Django's database errors."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _PREPARE_AFTER
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description is not None else []
