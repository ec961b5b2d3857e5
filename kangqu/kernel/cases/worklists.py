"""Work lists: what is to be done by a post, by a person, at an institution, in the order of the harm of being late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.cases.registry import every_programme

PAGE: Final = 50
Mark = tuple[datetime, int]

_ROWS: Final = (
    "c.id, c.code, c.programme, c.version, c.state, c.number, c.person_id, c.institution_id, c.holder_id, c.opened_at,"
    " c.changed_at, c.due_at, c.rank_at, c.tier, c.suspended_at"
)
# Each of the asked lists is read by itself, in the order of the index, no further than the page: then they are merged.
_BY_STATES: Final = f"""
SELECT * FROM unnest(%(institutions)s::bigint[]) AS i(id)
 CROSS JOIN unnest(%(programmes)s::text[], %(versions)s::smallint[], %(states)s::text[]) AS s(programme, version, state)
 CROSS JOIN LATERAL (
   SELECT {_ROWS} FROM cases_case c
    WHERE c.closed_at IS NULL AND c.institution_id = i.id AND c.programme = s.programme AND c.state = s.state
      AND c.version = s.version AND (c.rank_at, c.id) > (%(rank)s::timestamptz, %(number)s::bigint)
      AND (%(free)s::boolean IS NOT TRUE OR c.holder_id IS NULL)
    ORDER BY c.rank_at, c.id LIMIT %(limit)s::int) AS c
 ORDER BY c.rank_at, c.id LIMIT %(limit)s::int
"""  # noqa: S608
_MINE: Final = f"""
SELECT {_ROWS} FROM cases_case c
 WHERE c.closed_at IS NULL AND c.holder_id = %(account)s::bigint
   AND (c.rank_at, c.id) > (%(rank)s::timestamptz, %(number)s::bigint)
 ORDER BY c.rank_at, c.id LIMIT %(limit)s::int
"""  # noqa: S608
_COUNTS: Final = """
SELECT s.programme, s.state, count(c.id), count(c.id) FILTER (WHERE c.due_at < %(at)s::timestamptz)
  FROM unnest(%(institutions)s::bigint[]) AS i(id)
 CROSS JOIN unnest(%(programmes)s::text[], %(versions)s::smallint[], %(states)s::text[]) AS s(programme, version, state)
 CROSS JOIN LATERAL (
   SELECT c.id, c.due_at FROM cases_case c
    WHERE c.closed_at IS NULL AND c.institution_id = i.id AND c.programme = s.programme AND c.state = s.state
      AND c.version = s.version LIMIT %(most)s::int) AS c
 GROUP BY s.programme, s.state
"""
_BEGINNING: Final = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
COUNT_TO: Final = 1_000


@dataclass(frozen=True, slots=True)
class Task:
    """A line of a work list."""

    id: int
    code: str
    programme: str
    version: int
    state: str
    number: str
    person_id: int | None
    institution_id: int
    holder_id: int | None
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    rank_at: datetime
    tier: int
    suspended_at: datetime | None

    def late(self, at: datetime) -> bool:
        return self.due_at is not None and self.due_at < at and self.suspended_at is None

    @property
    def mark(self) -> Mark:
        """What asks for the lines after this one."""
        return self.rank_at, self.id


@dataclass(frozen=True, slots=True)
class Where:
    """States of programmes: what a post has to do with."""

    programmes: tuple[str, ...]
    versions: tuple[int, ...]
    states: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.states)


def states_for(roles: Iterable[Role], *, programme: str = "", state: str = "") -> Where:
    """The states in which holders of ``roles`` have something to do; of one programme, or one state, if named."""
    held = frozenset(roles)
    found = [
        (each.code, each.version, code)
        for each in every_programme()
        if programme in ("", each.code)
        for code in each.states_for(held)
        if state in ("", code)
    ]
    return Where(tuple(row[0] for row in found), tuple(row[1] for row in found), tuple(row[2] for row in found))


def tasks_of_post(
    where: Where,
    institution_ids: Sequence[int],
    *,
    after: Mark | None = None,
    limit: int = PAGE,
    free: bool = False,
) -> list[Task]:
    """What is to be done in ``where`` at the institutions, most urgent first; ``free`` leaves out what somebody claimed.

    Held-up and late ones come first by themselves: the order is that of their deadlines less their head starts.
    """
    if not where or not institution_ids:
        return []
    rank, number = after if after is not None else (_BEGINNING, 0)
    rows = run(
        _BY_STATES,
        {
            "institutions": list(institution_ids),
            "programmes": list(where.programmes),
            "versions": list(where.versions),
            "states": list(where.states),
            "rank": rank,
            "number": number,
            "limit": limit,
            "free": free,
        },
    )
    return [Task(*row[4:]) for row in rows]


def tasks_of_account(account_id: int, *, after: Mark | None = None, limit: int = PAGE) -> list[Task]:
    """The cases somebody has claimed, most urgent first."""
    rank, number = after if after is not None else (_BEGINNING, 0)
    return [Task(*row) for row in run(_MINE, {"account": account_id, "rank": rank, "number": number, "limit": limit})]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many cases wait in a state, and how many of them are late; counted no further than :data:`COUNT_TO` a place."""

    programme: str
    state: str
    count: int
    late: int


def waiting(where: Where, institution_ids: Sequence[int], *, at: datetime) -> list[Waiting]:
    """The lengths of the lists of ``where``."""
    if not where or not institution_ids:
        return []
    rows = run(
        _COUNTS,
        {
            "institutions": list(institution_ids),
            "programmes": list(where.programmes),
            "versions": list(where.versions),
            "states": list(where.states),
            "at": at,
            "most": COUNT_TO,
        },
    )
    return [Waiting(*row) for row in rows]
