"""What can be asked of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.notices.actions import TO_FIELD, values_of
from kangqu.kernel.notices.models import Channel, Notice, NoticeState
from kangqu.kernel.notices.templates import template


@dataclass(frozen=True, slots=True)
class Line:
    """A message as its reader sees it; ``href`` is the page it leads to, if any."""

    id: int
    title: str
    text: str
    at: datetime
    read: bool
    href: str = ""


def inbox(person_ids: Sequence[int], *, language: str, before_id: int | None = None, limit: int = 50) -> list[Line]:
    """The in-app messages of a person (all her records), newest first; ``before_id`` is the last one already shown."""
    rows = Notice.objects.filter(person_id__in=person_ids, channel=Channel.IN_APP)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return [_line(row, language) for row in rows.order_by("-pk")[:limit]]


def _line(row: Notice, language: str) -> Line:
    text, values = template(row.template), values_of(row)
    return Line(
        row.pk, text.title, text.text(language, values), row.written_at, row.read_at is not None, text.href(values)
    )


def unread(person_ids: Sequence[int]) -> int:
    """How many in-app messages a person (all her records) has not opened; counted to 100."""
    rows = Notice.objects.filter(person_id__in=person_ids, channel=Channel.IN_APP, read_at=None)
    return rows.values("pk")[:100].count()


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to phone: the number in full, because the caller needs it, and what to say."""

    id: int
    person_id: int | None
    phone: str
    text: str
    since: datetime


def call_list(institution_ids: Sequence[int], *, at: datetime, language: str, limit: int = 50) -> list[Call]:
    """Whom these institutions should phone now, oldest first."""
    rows = Notice.objects.filter(
        channel=Channel.CALL_LIST, state=NoticeState.WAITING, institution_id__in=institution_ids, due_at__lte=at
    ).order_by("due_at")[:limit]
    return [
        Call(
            row.pk,
            row.person_id,
            unseal(row.to_sealed, TO_FIELD) if row.to_sealed else "",
            template(row.template).text(language, values_of(row)),
            row.written_at,
        )
        for row in rows
    ]


def outbox_state() -> dict[str, int]:
    """How many messages are in each state: for the operator's page and the metrics."""
    counted = dict(Notice.objects.values_list("state").annotate(Count("pk")))
    return {state.value: counted.get(state.value, 0) for state in NoticeState}


def parked(limit: int = 50) -> list[Notice]:
    """Messages nobody will try again unless somebody looks, newest first."""
    return list(Notice.objects.filter(state=NoticeState.PARKED).order_by("-written_at")[:limit])
