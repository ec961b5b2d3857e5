"""Emergency looks: each is read by a second pair of eyes and called justified or misuse."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access import emergency
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.administration import forms, reads
from kangqu.systems.administration.operations import EMERGENCIES
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(EMERGENCIES)
def emergencies(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    done = request.GET.get("show") == "done"
    rows = emergency.break_glass_queue(viewer, at=instant_of(request), done=done)
    return render(request, "administration/emergencies.html", {"rows": rows, "done": done})


@serves(EMERGENCIES)
def review(request: HttpRequest, viewer: Viewer, code: str, number: int) -> HttpResponse:
    waiting = emergency.break_glass_queue(viewer, at=instant_of(request))
    row = next((each for each in waiting if each.id == number and each.person_code == code), None)
    if row is None:
        raise Refused(NOT_FOUND)

    def conclude(given: dict[str, Any]) -> HttpResponse:
        outcome = reads.outcome_of(given["outcome"])
        emergency.review_break_glass(
            viewer, code, break_glass_id=number, outcome=outcome, note=given["note"], at=instant_of(request)
        )
        messages.success(request, _("已审查，居民可以看到结论。"))
        return redirect("emergencies")

    form = forms.ReviewForm(request.POST or None)
    return ask(request, form, conclude, template="administration/emergency.html", row=row, back=reverse("emergencies"))


urlpatterns = [
    path("a/emergencies", emergencies, name="emergencies"),
    path("a/emergencies/<str:code>/<int:number>", review, name="emergency-review"),
]
