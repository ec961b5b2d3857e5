"""Who looked: the resident reads who saw her data, at which institution, in which role, why, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution

_ROWS = """
    SELECT id, at, action, result, actor_role, institution_id, purpose, facts ->> 'relation', actor_id FROM trace_entry
     WHERE person_id = ANY(%s) AND stream = 'look' AND (at, id) < (%s, %s)
       AND (NOT %s OR facts ->> 'relation' IS DISTINCT FROM 'self')
     ORDER BY at DESC, id DESC LIMIT %s
"""
_LAST = 2**63 - 1
_BY_FAMILY = ("guardian", "proxy")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a resident. It names the institution and the role; who the person was stays with the auditor.

    Of her own family it names the one who acted: ``agent`` is empty for everybody else.
    """

    at: datetime
    action: str
    refused: bool
    role: str
    role_en: str
    institution: str
    purpose: str
    relation: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Looks:
    rows: list[Look]
    after: tuple[datetime, int] | None


def who_looked(
    person_id: int,
    *,
    at: datetime,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
    by_others: bool = False,
) -> Looks:
    """The looks at a resident, latest first, those at records since merged into hers included.

    ``after`` continues below a page's last row; ``by_others`` leaves out her own. The caller has passed the door with ``Purpose.SELF``.
    """
    limit = max(1, min(limit, 200))
    whose = [person_id, *Person.objects.filter(merged_into_id=person_id).values_list("pk", flat=True)]
    below, number = after if after is not None else (at, _LAST)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [whose, below, number, by_others, limit + 1])
        rows = cursor.fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    names = institution_names(row[5] for row in rows if row[5] is not None)
    family = _account_names(row[8] for row in rows if row[7] in _BY_FAMILY)
    looks = [
        Look(
            at=row[1],
            action=row[2],
            refused=row[3] == "refused",
            role=_label(row[4], english=False),
            role_en=_label(row[4], english=True),
            institution=names.get(row[5], ""),
            purpose=row[6],
            relation=row[7] or "",
            agent=family.get(row[8], "") if row[7] in _BY_FAMILY else "",
        )
        for row in rows
    ]
    return Looks(looks, (rows[-1][1], rows[-1][0]) if more else None)


def institution_names(numbers: Iterable[int]) -> dict[int, str]:
    """Names by number, for showing where somebody works or looked from."""
    return dict(Institution.objects.filter(pk__in=set(numbers)).values_list("pk", "name"))


def _account_names(numbers: Iterable[int]) -> dict[int, str]:
    return dict(Account.objects.filter(pk__in=set(numbers)).values_list("pk", "display_name"))


def _label(role: str, *, english: bool) -> str:
    if role not in Role._value2member_map_:
        return role
    return Role(role).label_en if english else Role(role).label


PURPOSE_LABELS = {
    Purpose.SELF: ("本人或家人", "Self or family"),
    Purpose.CARE: ("诊疗", "Care"),
    Purpose.REGISTRATION: ("登记建档", "Registration"),
    Purpose.PUBLIC_HEALTH: ("公共卫生", "Public health"),
    Purpose.INDEX: ("主索引核对", "Index keeping"),
    Purpose.ENTRY: ("场所查验", "Entry"),
    Purpose.SUPERVISION: ("监督管理", "Supervision"),
    Purpose.AUDIT: ("审计", "Audit"),
    Purpose.EMERGENCY: ("紧急救治", "Emergency"),
}


def purpose_word(purpose: str, *, english: bool) -> str:
    """What somebody looked for, in words; what is none of ours stands as it is."""
    known = PURPOSE_LABELS.get(Purpose(purpose)) if purpose in Purpose._value2member_map_ else None
    return known[english] if known else purpose
