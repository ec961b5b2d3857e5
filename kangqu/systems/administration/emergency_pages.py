"""Emergency looks: each is read by a second pair of eyes and called justified or misuse."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access import emergency
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.administration import forms, reads
from kangqu.systems.administration.operations import EMERGENCIES
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
    form = forms.ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            emergency.review_break_glass(
                viewer,
                code,
                break_glass_id=number,
                outcome=reads.outcome_of(form.cleaned_data["outcome"]),
                note=form.cleaned_data["note"],
                at=instant_of(request),
            )
        except Refused as refused:
            form.refuse(refused, get_language() or "zh-hans")
        else:
            messages.success(request, _("已审查，居民可以看到结论。"))
            return redirect("emergencies")
    context = {"form": form, "row": row, "back": reverse("emergencies"), "has_errors": bool(form.errors)}
    return render(request, "administration/emergency.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("a/emergencies", emergencies, name="emergencies"),
    path("a/emergencies/<str:code>/<int:number>", review, name="emergency-review"),
]
