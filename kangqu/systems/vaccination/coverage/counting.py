"""Counting coverage: the figures of a table at once, and the people behind a figure by the same conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection, transaction

from kangqu.systems.vaccination.coverage.asked import SPEAK_FOR_OTHERS, Question
from kangqu.systems.vaccination.coverage.rates import Denominator, Rate

MOST: Final = 50
# A table of a city joins millions of rows: it is given the memory to do so at once, for its own transaction.
_ROOM: Final = "SELECT set_config('work_mem', '256MB', true), set_config('jit', 'off', true)"
_ALL: Final = "1"
_FEW: Final = "p.id = ANY(%(few)s::bigint[])"


def ask(sql: str, facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement, planned anew: a village and a city are counted in different ways."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def rate_of(asked: Question) -> Rate:
    """The figure. A target number from outside stands as it was given; nothing is capped."""
    rate = rates_by(asked, _ALL).get(int(_ALL), Rate(0, 0))
    return Rate(rate.numerator, asked.target or 0) if asked.denominator is Denominator.TARGET else rate


def rates_by(asked: Question, key: str, more: Mapping[str, Any] | None = None) -> dict[Any, Rate]:
    """The figures of a table: those of each value of ``key`` (SQL over ``p``; its parameters are ``more``)."""
    facts = {**asked.facts(), **(more or {}), "few": _few()}
    people = _counted(key, asked.of(), asked.of(full=True), facts)
    had = _counted(key, f"{asked.of()} AND {asked.had()}", f"{asked.of(full=True)} AND {asked.had(full=True)}", facts)
    return {value: Rate(had[value], count) for value, count in people.items() if count}


def _few() -> list[int]:
    """Those who speak for merged records."""
    return [number for (number,) in ask(SPEAK_FOR_OTHERS, {})]


def _counted(key: str, plain: str, full: str, facts: Mapping[str, Any]) -> Counter[Any]:
    """How many there are: everybody by the plain form, but those who speak for merged records by the full one."""
    found = Counter(dict(ask(f"SELECT {key} AS k, count(*) {plain} GROUP BY k", facts)))
    for sign, form in ((-1, plain), (1, full)) if facts["few"] else ():
        for value, count in ask(f"SELECT {key} AS k, count(*) {form} AND {_FEW} GROUP BY k", facts):
            found[value] += sign * count
    return found


Place = tuple[str, int]
"""Where somebody stands in a list: the code of her region, and her number."""


def people_behind(asked: Question, *, missing: bool, after: Place = ("", 0), most: int = MOST) -> list[Place]:
    """Those who had it, or those who are missing, by region and number, from ``after`` on."""
    facts = {**asked.facts(), "after": after[0], "after_id": after[1], "most": most, "few": _few()}
    sign = "NOT " if missing else ""
    page = "AND (p.region_id, p.id) > (%(after)s, %(after_id)s) ORDER BY p.region_id, p.id LIMIT %(most)s"
    forms = [f"SELECT p.region_id, p.id {asked.of()} AND {sign}{asked.had()} AND NOT {_FEW} {page}"]
    if facts["few"]:
        forms.append(
            f"SELECT p.region_id, p.id {asked.of(full=True)} AND {sign}{asked.had(full=True)} AND {_FEW} {page}"
        )
    return sorted((region, number) for sql in forms for (region, number) in ask(sql, facts))[:most]
