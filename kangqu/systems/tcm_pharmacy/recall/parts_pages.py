"""From a prescription, or a bag with its code, back to the lots it was made of."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import access_case
from kangqu.kernel.cases.opening import LETTER
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.tcm_pharmacy.definition import RECALL
from kangqu.systems.tcm_pharmacy.programme import CODE
from kangqu.systems.tcm_pharmacy.recall.lineage import parts_of
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(RECALL)
def parts(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Every herb of a prescription with its lot, for each time it was made; the last first. A look is traced."""
    access = access_case(viewer, code, at=instant_of(request))
    if access.case.programme != CODE or access.held is None:
        raise Refused(NOT_FOUND)
    found = parts_of(access.case.id)
    by = viewer.actor(held=access.held, purpose=Purpose.CARE)
    record(
        by.did(
            "tcm.lineage", at=instant_of(request), person_id=access.case.person_id, object_type="case",
            object_id=access.case.id, facts={"found": len(found)}, result=Result.SEEN, stream=Stream.LOOK,
        )
    )  # fmt: skip
    rounds = [(number, list(made)) for number, made in groupby(found, key=lambda part: part.round)]
    shown = {"case": access.case, "rounds": rounds[::-1], "remade": len(rounds) > 1}
    return render(request, "tcm_pharmacy/parts.html", shown)


@serves(RECALL)
def follow(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What was scanned leads on: a bag's or a prescription's code to its lots, a lot's code to where it went."""
    text = request.GET.get("code", "")[:40]
    for letter, page in ((LETTER, "tcm-parts"), ("L", "tcm-lot")):
        code = read_code(text, letter)
        if code is not None:
            return redirect(page, code)
    messages.error(request, _("这不是药袋、处方或批次的码。"))
    return redirect("tcm-store" if Role.PHARMACY_MANAGER in viewer.roles else "tcm-recalls")


urlpatterns = [
    path("c/tcm/parts", follow, name="tcm-follow"),
    path("c/tcm/parts/<slug:code>", parts, name="tcm-parts"),
]
