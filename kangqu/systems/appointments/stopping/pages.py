"""停诊: the keeper sees who is in a session, stops it, and sees what became of everybody."""

from __future__ import annotations

from typing import Any

from django import forms as django
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.systems.appointments.rosters.operations import KEEP
from kangqu.systems.appointments.stopping.actions import LONGEST, session_at, stop_session
from kangqu.systems.appointments.stopping.reads import told_of
from kangqu.web.asking import ask
from kangqu.web.forms import Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


class StopForm(Form):
    """Why a session is stopped; residents read it."""

    why = django.CharField(label=lazy("停诊原因"), max_length=LONGEST, help_text=lazy("会写进通知里，如：医生临时外出"))


@serves(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The session's people; stopping it; what became of them."""
    held, at = viewer.holding(KEEP.roles)[0], instant_of(request)
    found = session_at(held.institution_id, code)

    def done(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=held, purpose=Purpose.REGISTRATION)
        stop_session(found, why=given["why"], by=by, at=at)
        messages.success(request, _("已停诊，正在为每个人改约并通知；刷新本页看结果。"))
        return redirect("clinic-session", code=found.code)

    told = told_of(viewer, found, at)
    form = StopForm(request.POST if request.method == "POST" else None)
    over = found.ends_at <= at
    answer = ask(request, form, done, template="appointments/staff_session.html", told=told, over=over)
    answer.setdefault("Cache-Control", "no-store")
    return answer


urlpatterns = [path("c/clinics/sessions/<slug:code>", session, name="clinic-session")]
