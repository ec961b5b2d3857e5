"""Served divisions: whose residents an institution looks after. It opens their records, so those above it decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.places import actions
from kangqu.systems.administration import forms, reads
from kangqu.systems.administration.operations import SERVED_WRITE
from kangqu.web.asking import ask, confirm
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(SERVED_WRITE)
def serve(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Charge an institution with the people of a township or a village of its own neighbourhood."""
    institution, held = reads.assignable(viewer, SERVED_WRITE, code)

    def write(given: dict[str, Any]) -> HttpResponse:
        actions.serve_region(institution, region=given["region"], by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("已分派，这里的居民今后由 %(name)s 服务。") % {"name": institution.name})
        return redirect("place", code)

    form = forms.ServedForm(request.POST or None)
    form.offer(reads.divisions_to_serve(institution, held))
    title = _("分派服务区域 · %(name)s") % {"name": institution.name}
    return ask(request, form, write, title=title, back=reverse("place", args=[code]))


@serves(SERVED_WRITE)
def stop_serving(request: HttpRequest, viewer: Viewer, code: str, region: str) -> HttpResponse:
    institution, held = reads.assignable(viewer, SERVED_WRITE, code)
    served = reads.served_division(institution, region)
    if request.method == "POST":
        actions.stop_serving(institution, region=region, by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("已收回。"))
        return redirect("place", code)
    facts = {"name": institution.name, "region": served.name}
    sentence = _("收回 %(region)s：%(name)s 从现在起不能再打开那里居民的资料。") % facts
    return confirm(request, _("收回服务区域"), sentence, reverse("place", args=[code]))


urlpatterns = [
    path("a/orgs/<str:code>/serve", serve, name="place-serve"),
    path("a/orgs/<str:code>/serves/<str:region>/stop", stop_serving, name="place-stop-serving"),
]
