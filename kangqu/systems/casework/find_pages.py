"""The find box: what was scanned or typed leads to its case, or, where it is the code of a step, takes it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.doors import access_case, steps_open_to
from kangqu.kernel.cases.opening import LETTER
from kangqu.systems.casework import operations
from kangqu.systems.casework.finding import Found, find
from kangqu.systems.casework.step_pages import take
from kangqu.systems.casework.words import sentence
from kangqu.systems.casework.worklists import asks_nothing
from kangqu.web.middleware import instant_of
from kangqu.web.photos import code_in
from kangqu.web.serving import serves


@serves(operations.WRITE)
def find_one(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A case's code opens it, a step's code takes the step or leads to its form, a resident's code shows her cases,
    an outside number what bears it; all of them also in a photo.

    What was typed may be the number of a person: it is sent, and never stands in an address.
    """
    try:
        text = _asked(request) if request.method == "POST" else ""
    except Refused as refused:
        messages.error(request, sentence(refused), extra_tags="scan")
        text = ""
    if not text:
        return redirect("tasks")
    found = find(viewer, text, at=instant_of(request))
    if found.step:
        return _step(request, viewer, found)
    if found.href:
        return redirect(found.href)
    answer = render(request, "casework/found.html", {"rows": found.rows, "text": text[:60].replace("\0", "")})
    answer["Cache-Control"] = "no-store"
    return answer


def _asked(request: HttpRequest) -> str:
    """What was typed or scanned, or what stands in the photo that was sent instead; ``Refused`` when that shows no code."""
    photo = request.FILES.get("photo")
    return code_in(photo, first=LETTER) if photo is not None else request.POST.get("q", "").strip()


def _step(request: HttpRequest, viewer: Viewer, found: Found) -> HttpResponse:
    """One scan, one step, where the step asks nothing; the answer is heard and seen."""
    access = access_case(viewer, found.case, at=instant_of(request))
    wanted = access.programme.step(found.step)
    if wanted is None or (wanted in steps_open_to(access, viewer) and not asks_nothing(wanted)):
        return redirect(found.href)
    try:
        take(request, viewer, access, wanted, {"seq": access.case.seq}, {}, tags="scan")
    except Refused as refused:
        messages.error(request, sentence(refused), extra_tags="scan")
    return redirect("case", access.case.code)


urlpatterns = [path("c/find", find_one, name="case-find")]
