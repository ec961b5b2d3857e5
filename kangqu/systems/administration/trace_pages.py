"""The auditor's page: who did or saw what, by person seen, by actor, by time, by action."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day, day_ends, day_starts
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.trace.reads import search_trace
from kangqu.kernel.trace.words import action_words
from kangqu.systems.administration import forms
from kangqu.systems.administration.audit import question_of, told_lines
from kangqu.systems.administration.operations import TRACE_READ
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

PER_PAGE = 50
_DEFAULT_SPAN = timedelta(days=30)


@serves(TRACE_READ)
def trace(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    form = forms.TraceFilter(request.GET or None, initial=_span(at))
    actions = sorted({words[in_english()] for words in action_words().values()})
    context: dict[str, Any] = {"form": form, "lines": [], "next_href": "", "actions": actions}
    if not form.is_bound or form.is_valid():
        asked = {**_span(at), **{name: value for name, value in getattr(form, "cleaned_data", {}).items() if value}}
        try:
            question = question_of(
                viewer, asked, since=day_starts(asked["since"]), until=day_ends(asked["until"]), at=at
            )
            found = search_trace(question, after=request.GET.get("after", ""), limit=PER_PAGE + 1)
        except Refused as refused:
            form.refuse(refused, get_language() or "zh-hans")
        else:
            context["lines"] = told_lines(found[:PER_PAGE], get_language() or "zh-hans")
            if len(found) > PER_PAGE:
                kept = {**request.GET.dict(), "after": found[PER_PAGE - 1].mark}
                context["next_href"] = f"?{urlencode(kept)}"
    context["has_errors"] = bool(form.errors)
    return render(request, "administration/trace.html", context, status=422 if form.errors else 200)


def _span(at: datetime) -> dict[str, Any]:
    return {"since": city_day(at - _DEFAULT_SPAN), "until": city_day(at)}


urlpatterns = [path("a/audit", trace, name="trace")]
