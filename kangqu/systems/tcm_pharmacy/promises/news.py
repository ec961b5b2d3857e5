"""Changed promises as those who wait read them: the pharmacy's manager, the ward that sent the prescription, its system."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from ninja import Query, Router

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.definition import CHANGES, NEWS
from kangqu.systems.tcm_pharmacy.models import PromiseNews
from kangqu.systems.tcm_pharmacy.programme import MANAGER
from kangqu.web.api import Limit, Schema, Whole
from kangqu.web.formats import masked_name
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["tcm"])
PER_PAGE: Final = 50


def _sides(viewer: Viewer) -> tuple[list[int], list[int]]:
    """The pharmacies the viewer manages, and the hospitals whose wards she works for."""
    held = viewer.holding(NEWS.roles)
    pharmacies = [each.institution_id for each in held if each.role in MANAGER]
    return pharmacies, [each.institution_id for each in held if each.role not in MANAGER]


def _mine(pharmacies: Sequence[int], hospitals: Sequence[int]) -> QuerySet[PromiseNews]:
    return PromiseNews.objects.filter(Q(pharmacy_id__in=pharmacies) | Q(hospital_id__in=hospitals, ward=True))


@serves(NEWS)
def news(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What changed, the latest first, with what nobody of this side has taken note of; taking note of it."""
    pharmacies, hospitals = _sides(viewer)
    if request.method == "POST":
        number = request.POST.get("news", "")
        if not number.isdecimal() or len(number) > 18:
            raise Refused(NOT_FOUND)
        by = viewer.actor(held=viewer.holding(NEWS.roles)[0])
        seen(int(number), pharmacies=pharmacies, hospitals=hospitals, by=by, at=instant_of(request))
        messages.success(request, _("已记下。"))
        return redirect("tcm-news")
    rows = _mine(pharmacies, hospitals).select_related("promise__case__person", "pharmacy", "hospital").order_by("-id")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    lines = [(row, _whose(row), _is_new(row, pharmacies)) for row in page]
    return render(request, "tcm_pharmacy/news.html", {"page": page, "lines": lines})


def _whose(row: PromiseNews) -> str:
    person = row.promise.case.person
    return masked_name(person.name if person is not None else "")


def _is_new(row: PromiseNews, pharmacies: Sequence[int]) -> bool:
    """Whether nobody of the viewer's side has taken note of it."""
    return (row.pharmacy_seen_at if row.pharmacy_id in pharmacies else row.hospital_seen_at) is None


def seen(number: int, *, pharmacies: Sequence[int], hospitals: Sequence[int], by: Actor, at: datetime) -> None:
    """Say that one's own side knows. Of two colleagues the first says it; the other changes nothing."""
    with transaction.atomic():
        row = _mine(pharmacies, hospitals).filter(pk=number).first()
        if row is None:
            raise Refused(NOT_FOUND)
        side = "pharmacy" if row.pharmacy_id in pharmacies else "hospital"
        fresh = PromiseNews.objects.filter(pk=number, **{f"{side}_seen_at": None})
        if fresh.update(**{f"{side}_seen_at": at, f"{side}_seen_by": by.account_id}):
            facts = {"news": number, "side": side}
            record(
                by.did("tcm.promise.news_seen", at=at, object_type="case", object_id=row.promise.case_id, facts=facts)
            )


class ChangeOut(Schema):
    """A promise of the caller's own prescription that changed. ``time`` is the new one; null while there is none."""

    id: int
    case: str
    number: str
    pharmacy: str
    ward: bool
    kind: str
    promised_before: datetime
    time: datetime | None
    reason: str
    at: datetime


class ChangesOut(Schema):
    """In the order they were told. ``last`` is what to ask after next time."""

    changes: list[ChangeOut]
    last: int


class ChangesAsked(Schema):
    after: Whole = 0
    limit: Limit = 100


@router.get("/tcm/promises/changes", response=ChangesOut)
@serves(CHANGES)
def changes(request: HttpRequest, viewer: Viewer, asked: Query[ChangesAsked]) -> dict[str, Any]:
    """What the caller's hospital is to hear: promises of prescriptions it sent that are late, were moved, or hold again."""
    hospital = viewer.holding(CHANGES.roles)[0].institution_id
    rows = PromiseNews.objects.filter(hospital_id=hospital, pk__gt=asked.after).select_related(
        "promise__case", "pharmacy"
    )
    told = [
        {
            "id": row.pk,
            "case": row.promise.case.code,
            "number": row.promise.case.number,
            "pharmacy": row.pharmacy.code,
            "ward": row.ward,
            "kind": row.kind,
            "promised_before": row.promised_before,
            "time": row.time,
            "reason": row.reason,
            "at": row.at,
        }
        for row in rows.order_by("pk")[: asked.limit]
    ]
    return {"changes": told, "last": told[-1]["id"] if told else asked.after}


urlpatterns = [path("c/tcm/news", news, name="tcm-news")]
