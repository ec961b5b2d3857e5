"""How the server would run a prepared statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from kangqu.kernel.basis import prepared


def generic_plan(statement: str, parameters: Mapping[str, Any] | list[Any]) -> str:
    """The generic plan of a statement of ``prepared``, as text. Call it within a transaction.

    A table of one page is rightly read whole, and in tests most are: that is left out of the choice.
    """
    text, order, _formats = prepared._numbered(statement)
    values = [parameters[name] for name in order] if isinstance(parameters, Mapping) else parameters
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off")
        cursor.execute(f"PREPARE asked AS {text.decode()}")
        cursor.execute(f"EXPLAIN EXECUTE asked ({', '.join(['%s'] * len(values))})", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE asked")
    return plan
