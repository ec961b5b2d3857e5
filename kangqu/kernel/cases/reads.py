"""What can be asked of cases: a case's timeline, a person's cases, an institution's, by number, by what belongs to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from kangqu.kernel.access.models import Account
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.cases.models import Alert, Case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.places.models import Institution

PAGE: Final = 50
_SLACK: Final = timedelta(minutes=5)

# A case lives between two instants: only the months of the trace between them are asked.
_TIMELINE: Final = """
SELECT at, action, actor_id, actor_role, institution_id, reason, facts::text FROM trace_entry
 WHERE object_type = 'case' AND object_id = %(case)s::bigint AND stream = 'step'
   AND at >= %(since)s::timestamptz AND at <= %(until)s::timestamptz
 ORDER BY at, (facts ->> 'seq')::int NULLS FIRST, id LIMIT 500
"""


_BEGINNING: Final = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
_END: Final = (datetime.fromisoformat("9999-12-30T00:00:00+00:00"), 0)


def _at_places(place: str, state: str) -> str:
    """Cases of many lists, one for each institution and programme (and state), latest first.

    Each list is asked for its latest case; those whose latest are the latest of all are read, no further than the page.
    No other can have one on it: as many lists as the page has lines begin later. So the time grows with the number of
    lists and not with that of their cases.
    """
    lists = "unnest(%(institutions)s::bigint[]) AS i(id) CROSS JOIN unnest(%(programmes)s::text[]) AS p(code)"
    lists += " CROSS JOIN unnest(%(states)s::text[]) AS s(code)" if state else ""
    head = "i.id AS place, p.code AS programme" + (", s.code AS state" if state else "")

    def read(place_is: str, programme_is: str, state_is: str, limit: str) -> str:
        return f"""
 CROSS JOIN LATERAL (
   SELECT c.opened_at, c.id FROM cases_case c
    WHERE c.{place} = {place_is} AND c.programme = {programme_is} {f"AND c.state = {state_is}" if state else ""}
      AND (c.opened_at, c.id) < (%(at)s::timestamptz, %(number)s::bigint) AND c.opened_at >= %(since)s::timestamptz
    ORDER BY c.opened_at DESC, c.id DESC LIMIT {limit})"""  # noqa: S608

    return f"""
SELECT c.id FROM (
  SELECT {head} FROM {lists} {read("i.id", "p.code", "s.code", "1")} AS latest
   ORDER BY latest.opened_at DESC, latest.id DESC LIMIT %(limit)s::int) AS l
{read("l.place", "l.programme", "l.state", "%(limit)s::int")} AS c
 ORDER BY c.opened_at DESC, c.id DESC LIMIT %(limit)s::int
"""  # noqa: S608


AT_PLACES: Final = {
    (opened, by_state): _at_places("origin_id" if opened else "institution_id", "state" if by_state else "")
    for opened in (False, True)
    for by_state in (False, True)
}
"""The statements of :func:`cases_at`, by whether the cases were opened there and whether states are named."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a timeline: what was done, by whom, where, with what facts."""

    at: datetime
    action: str
    actor: str
    role: str
    institution: str
    reason: str
    facts: Mapping[str, Any]


def timeline(case: Snapshot) -> list[Happened]:
    """What happened to a case, first to last (at most 500 lines). The caller has passed the case's door."""
    rows = run(
        _TIMELINE,
        {"case": case.id, "since": case.opened_at - _SLACK, "until": case.changed_at + _SLACK},
    )
    actors = dict(Account.objects.filter(pk__in={row[2] for row in rows}).values_list("pk", "display_name"))
    places = dict(Institution.objects.filter(pk__in={row[4] for row in rows}).values_list("pk", "name"))
    return [
        Happened(row[0], row[1], actors.get(row[2], ""), row[3], places.get(row[4], ""), row[5], json.loads(row[6]))
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of cases, latest first; ``after`` asks for the next, None when this is the last."""

    rows: Sequence[Case]
    after: tuple[datetime, int] | None


def cases_at(
    institution_ids: Sequence[int],
    programmes: Sequence[str],
    *,
    states: Sequence[str] = (),
    opened: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = PAGE,
) -> Found:
    """The cases worked on at the institutions (or opened there), open and closed, latest first."""
    below = min(each for each in (after, (until, 0) if until is not None else None, _END) if each is not None)
    asked = {
        "institutions": list(institution_ids),
        "programmes": list(programmes),
        "since": since if since is not None else _BEGINNING,
        "at": below[0],
        "number": below[1],
        "limit": limit + 1,
        **({"states": list(states)} if states else {}),
    }
    statement = AT_PLACES[opened, bool(states)]
    ids = [row[0] for row in run(statement, asked)] if institution_ids and programmes else []
    known = Case.objects.in_bulk(ids[:limit])
    return _found([known[number] for number in ids if number in known], more=len(ids) > limit)


def cases_of_person(
    person_ids: Sequence[int],
    *,
    programmes: Sequence[str] = (),
    after: tuple[datetime, int] | None = None,
    limit: int = PAGE,
) -> Found:
    """A person's cases, latest first. The caller has passed her door; merged records are named together."""
    rows = Case.objects.filter(person_id__in=list(person_ids))
    if programmes:
        rows = rows.filter(programme__in=programmes)
    return _page(rows, after, limit)


def _page(rows: Any, after: tuple[datetime, int] | None, limit: int) -> Found:
    if after is not None:
        at, number = after
        rows = rows.filter(Q(opened_at__lt=at) | Q(opened_at=at, id__lt=number))
    found = list(rows.order_by("-opened_at", "-id")[: limit + 1])
    return _found(found[:limit], more=len(found) > limit)


def _found(rows: Sequence[Case], *, more: bool) -> Found:
    return Found(rows, (rows[-1].opened_at, rows[-1].pk) if more and rows else None)


def case_numbered(number: str, programmes: Sequence[str]) -> list[Case]:
    """The cases that bear an outside number (a prescription's, a batch's): at most 20, latest first."""
    if not number or len(number) > 40 or "\x00" in number:
        return []
    return list(Case.objects.filter(number=number, programme__in=programmes).order_by("-opened_at")[:20])


def children_of(case_id: int) -> list[Case]:
    """The cases opened from this one, first to last."""
    return list(Case.objects.filter(parent_id=case_id).order_by("opened_at", "id")[:200])


def unseen_alerts(roles: Sequence[str], institution_ids: Sequence[int], limit: int = 20) -> list[Alert]:
    """What holders of the roles at the institutions were told and nobody has acknowledged yet, oldest first."""
    told = Alert.objects.filter(seen_at=None, role__in=roles, institution_id__in=institution_ids)
    return list(told.select_related("case").order_by("at", "id")[:limit])
