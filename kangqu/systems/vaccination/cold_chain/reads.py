"""What the pages of the cold chain show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.vaccination.cold_chain.excursions import FRIDGE_KINDS
from kangqu.systems.vaccination.cold_chain.models import Excursion, Fridge, Reading

WIDTH, HEIGHT = 720, 200
SPANS: Final = {"day": timedelta(days=1), "week": timedelta(days=7)}
MOST_POINTS: Final = 1200


@dataclass(frozen=True, slots=True)
class Shown:
    """A fridge and how it is: its last reading, and whether it is out of range or not heard of."""

    fridge: Fridge
    last_at: datetime | None
    last: int | None
    out: Excursion | None


def fridges_of(institution_id: int) -> list[Shown]:
    """The fridges of an institution, those in use first."""
    latest = Reading.objects.filter(fridge=OuterRef("pk")).order_by("-at")
    rows = (
        Fridge.objects.filter(institution_id=institution_id)
        .annotate(last_at=Subquery(latest.values("at")[:1]), last=Subquery(latest.values("tenths")[:1]))
        .order_by("-active", "name")
    )
    out = {each.fridge_id: each for each in Excursion.objects.filter(fridge__in=rows, ends_at=None)}
    return [Shown(row, row.last_at, row.last, out.get(row.pk)) for row in rows]


def fridge_of(number: int, institution_id: int) -> Fridge:
    """A fridge of the institution; otherwise NOT_FOUND."""
    found = Fridge.objects.filter(pk=number, institution_id=institution_id).first() if 0 < number < 2**63 else None
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def readings_of(fridge: Fridge, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """The readings of a time, in its order."""
    rows = Reading.objects.filter(fridge=fridge, at__gte=since, at__lte=until).order_by("at")
    return list(rows.values_list("at", "tenths"))


def excursions_in(institution_ids: Any) -> QuerySet[Excursion]:
    """Excursions of these institutions (their numbers, or a query of them), those not decided first, the newest first."""
    rows = Excursion.objects.filter(fridge__institution_id__in=institution_ids)
    return rows.select_related("fridge__institution").order_by("-decided_at", "-begins_at", "-id")


def chart(
    fridge: Fridge, rows: Sequence[tuple[datetime, int]], since: datetime, until: datetime, label: str
) -> SafeString:
    """The readings as a line over the range of the fridge, an SVG. ``label`` says in words what it shows."""
    kind = FRIDGE_KINDS[fridge.kind]
    step = max(1, len(rows) // MOST_POINTS)
    kept = [row for place, row in enumerate(rows) if place % step == 0 or not kind.low <= row[1] <= kind.high]
    low = min([kind.low - 20, *(tenths for _at, tenths in kept)])
    high = max([kind.high + 20, *(tenths for _at, tenths in kept)])

    def across(at: datetime) -> float:
        return round(WIDTH * ((at - since) / (until - since)), 1)

    def down(tenths: int) -> float:
        return round(HEIGHT * (high - tenths) / (high - low), 1)

    line = " ".join(f"{across(at)},{down(tenths)}" for at, tenths in kept)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="vf-chart"><rect x="0" y="{}" width="{}" height="{}" '
        'class="vf-range"/><polyline points="{}" class="vf-line"/></svg>',
        WIDTH, HEIGHT, label, down(kind.high), WIDTH, round(down(kind.low) - down(kind.high), 1), line,
    )  # fmt: skip
