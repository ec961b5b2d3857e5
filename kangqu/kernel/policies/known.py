"""What this process knows of adopted policies: read when the edition has moved, handed to the books of ``rules``."""

from __future__ import annotations

import json
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from kangqu.kernel.rules.policy import Policy, adopt, edition
from kangqu.kernel.rules.source import Mark, Source

_EDITION = "SELECT number FROM policies_edition"
_ADOPTED = (
    "SELECT policy, value::text, starts, document, clause, mark FROM policies_policyversion WHERE state = 'adopted'"
)


class _Knowing:
    """Whether this process has read the adopted versions at all, and is not about to."""

    begun = False


def know() -> bool:
    """Read the adopted versions if the edition has moved; whether it had. One statement when it has not."""
    with connection.cursor() as cursor:
        cursor.execute(_EDITION)
        row = cursor.fetchone()
        number = row[0] if row else 0
        if number == edition():
            return False
        cursor.execute(_ADOPTED)
        adopt((_policy(*each) for each in cursor.fetchall()), edition=number)
    return True


def know_at_first(connected: Any) -> None:
    """On a process's first connection: read them before anything is judged, if the tables are there yet."""
    if _Knowing.begun or connected.alias != DEFAULT_DB_ALIAS:
        return
    _Knowing.begun = True
    with connected.cursor() as cursor:
        cursor.execute("SELECT to_regclass('policies_edition') IS NOT NULL")
        there = cursor.fetchone()[0]
    if there:
        know()
    else:
        _Knowing.begun = False


def _policy(name: str, value: str, starts: Any, document: str, clause: str, mark: str) -> Policy:
    return Policy(name, "", json.loads(value), starts, Source(document, clause, Mark(mark)))
