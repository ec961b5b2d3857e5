"""The lot's page: where it went; and calling it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.tcm_pharmacy.definition import RECALL
from kangqu.systems.tcm_pharmacy.models import HerbLot
from kangqu.systems.tcm_pharmacy.programme import PRESCRIPTION
from kangqu.systems.tcm_pharmacy.recall.actions import recall
from kangqu.systems.tcm_pharmacy.recall.lineage import uses_of
from kangqu.systems.tcm_pharmacy.recall.lots import key_of, lots_like
from kangqu.systems.tcm_pharmacy.recall.programme import CODE
from kangqu.systems.tcm_pharmacy.store import forms
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

PER_PAGE = 100


@serves(RECALL)
def lot(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Every prescription with something of the lot in it, at every pharmacy the viewer's post reaches; a look is traced."""
    row, held = _lot(viewer, code)
    like = lots_like(row)
    mine = set(_reached(held))
    uses = [use for use in uses_of([each.pk for each in like]) if use.institution_id in mine]
    by = viewer.actor(held=held, purpose=Purpose.CARE)
    facts = {"lot": row.number, "herb": row.herb, "found": len(uses)}
    record(
        by.did(
            "tcm.lineage", at=instant_of(request), object_type="herb_lot", object_id=row.pk, facts=facts,
            result=Result.SEEN, stream=Stream.LOOK,
        )
    )  # fmt: skip
    page = Paginator(uses, PER_PAGE).get_page(request.GET.get("page"))
    shown = {
        "lot": row,
        "page": page,
        "count": len(uses),
        "titles": {state.code: state.title_en if _english() else state.title for state in PRESCRIPTION.states},
        "recall": Case.objects.filter(programme=CODE, key=key_of(row.herb, row.number, row.maker)).first(),
        "may_recall": viewer.reaches(row.institution.path, {Role.PHARMACY_MANAGER}) is not None,
    }
    return render(request, "tcm_pharmacy/lot.html", shown)


@serves(RECALL)
def begin(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Call a lot back, with a reason: blocked everywhere, what was made of it stays; the queue marks it and tells the patients."""
    row, _held = _lot(viewer, code)
    held = viewer.reaches(row.institution.path, {Role.PHARMACY_MANAGER})
    if held is None:
        raise Refused(NOT_YOURS)

    def write(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=held, purpose=Purpose.CARE)
        done = recall(row.pk, institution_id=row.institution_id, reason=given["reason"], by=by, at=instant_of(request))
        messages.success(
            request,
            _("已召回：停用 {lots} 处批次，正在暂扣 {held} 张处方，正在通知 {out} 张已发出处方的患者。").format(
                lots=done.lots, held=done.held, out=done.out
            ),
        )
        return redirect("tcm-recall", done.case.code)

    form = forms.Because(request.POST or None)
    return ask(request, form, write, title=_("召回 {herb} {number}").format(herb=row.herb, number=row.number),
               back=reverse("tcm-lot", args=[row.code]))  # fmt: skip


def _lot(viewer: Viewer, code: str) -> tuple[HerbLot, Held]:
    row = HerbLot.objects.select_related("institution").filter(code=read_code(code, "L") or "").first()
    held = viewer.reaches(row.institution.path, RECALL.roles) if row is not None else None
    if row is None or held is None:
        raise Refused(NOT_FOUND)
    return row, held


def _reached(held: Held) -> list[int]:
    return list(Institution.objects.filter(path__startswith=held.path).values_list("pk", flat=True))


def _english() -> bool:
    return not (get_language() or "zh").startswith("zh")


urlpatterns = [
    path("c/tcm/lots/<slug:code>", lot, name="tcm-lot"),
    path("c/tcm/lots/<slug:code>/recall", begin, name="tcm-recall-begin"),
]
