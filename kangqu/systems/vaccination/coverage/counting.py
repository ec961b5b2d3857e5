"""Counting coverage: two statements a table, and the people behind a figure by the same conditions."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection, transaction

from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.rates import Denominator, Rate

MOST: Final = 50
# A table of a city joins millions of rows: it is given the memory to do so at once, for its own transaction.
_ROOM: Final = "SELECT set_config('work_mem', '256MB', true), set_config('jit', 'off', true)"


def ask(sql: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement, planned anew: a village and a city are counted in different ways."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def rate_of(asked: Question) -> Rate:
    """The figure. A target number from outside stands as it was given; nothing is capped."""
    ((had,),) = ask(f"SELECT count(*) {asked.of} AND {asked.had}", asked.facts())
    if asked.denominator is Denominator.TARGET:
        return Rate(had, asked.target or 0)
    ((people,),) = ask(f"SELECT count(*) {asked.of}", asked.facts())
    return Rate(had, people)


def people_behind(asked: Question, *, missing: bool, after: int = 0, most: int = MOST) -> list[int]:
    """The numbers of those who had it, or of those who are missing, in their order, from ``after`` on."""
    had = f"NOT {asked.had}" if missing else asked.had
    sql = f"SELECT p.id {asked.of} AND {had} AND p.id > %(after)s ORDER BY p.id LIMIT %(most)s"
    return [number for (number,) in ask(sql, {**asked.facts(), "after": after, "most": most})]
