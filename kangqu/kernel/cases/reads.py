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
    place = "origin_id__in" if opened else "institution_id__in"
    rows = Case.objects.filter(Q(**{place: list(institution_ids)}), programme__in=programmes)
    if states:
        rows = rows.filter(state__in=states)
    if since is not None:
        rows = rows.filter(opened_at__gte=since)
    if until is not None:
        rows = rows.filter(opened_at__lt=until)
    return _page(rows, after, limit)


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
    more = len(found) > limit
    found = found[:limit]
    return Found(found, (found[-1].opened_at, found[-1].pk) if more else None)


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
