"""家人: who acts for me, whom I act for, what waits for a yes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.kinship import other_side
from kangqu.systems.citizen import actions, forms
from kangqu.systems.citizen.kin import RIGHTS_AT_FIRST
from kangqu.systems.citizen.operations import FAMILY
from kangqu.systems.citizen.reads import AGENTS, FOR, Tie, acting_for, agents, myself, open_offers, tie
from kangqu.systems.citizen.serving import resident_page
from kangqu.web.asking import ask as ask_first
from kangqu.web.middleware import instant_of

_A_YEAR = timedelta(days=365)


@resident_page(FAMILY)
def family(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    shown = {
        "me": myself(viewer, at=at, action="citizen.family"),
        "agents": agents(viewer, at=at),
        "acting_for": acting_for(viewer, at=at),
        "offers": open_offers(viewer, at=at),
    }
    return render(request, "citizen/family.html", shown)


@resident_page(FAMILY)
def add(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    return render(request, "citizen/family_add.html", {})


@resident_page(FAMILY)
def ask(request: HttpRequest, viewer: Viewer, side: str) -> HttpResponse:
    if side not in (AGENTS, FOR):
        raise Refused(NOT_FOUND)
    at = instant_of(request)
    first = {"rights": [right.value for right in RIGHTS_AT_FIRST], "until": city_day(at) + _A_YEAR}
    form = forms.AskForm(request.POST or None, initial=first)

    def done(given: dict[str, Any]) -> HttpResponse:
        # The form asks what the family member is; the register keeps what the agent is to the person.
        relation = given["relation"] if side == AGENTS else other_side(given["relation"])
        other = actions.ask(viewer, side, **{**given, "relation": relation}, at=at)
        messages.success(request, _("已请 {name} 确认，同意后马上生效").format(name=other.name))
        return redirect("citizen-family")

    return ask_first(request, form, done, template="citizen/family_ask.html", side=side)


@resident_page(FAMILY)
def child(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def done(given: dict[str, Any]) -> HttpResponse:
        minor = actions.claim_child(viewer, **given, at=instant_of(request))
        messages.success(request, _("您现在可以为 {name} 代办").format(name=minor.name))
        return redirect("citizen-family")

    return ask_first(request, forms.ChildForm(request.POST or None), done, template="citizen/family_child.html")


@resident_page(FAMILY)
def one(request: HttpRequest, viewer: Viewer, side: str, code: str) -> HttpResponse:
    """One tie: its rights as switches for the one acted for, to read for the agent."""
    held = _held(request, viewer, side, code)
    first = {"rights": sorted(held.rights), "until": held.until}
    editable = side == AGENTS and not held.guardian
    form = forms.RightsForm((request.POST or None) if editable else None, initial=first)

    def done(given: dict[str, Any]) -> HttpResponse:
        actions.change(viewer, code, **given, at=instant_of(request))
        messages.success(request, _("已保存，{name} 会收到消息").format(name=held.name))
        return redirect("citizen-family")

    return ask_first(request, form, done, template="citizen/family_one.html", tie=held, editable=editable)


@resident_page(FAMILY)
def end(request: HttpRequest, viewer: Viewer, side: str, code: str) -> HttpResponse:
    held = _held(request, viewer, side, code)
    if request.method == "POST":
        actions.end(viewer, side, code, at=instant_of(request))
        messages.success(request, _("已撤销，双方都会收到消息"))
        return redirect("citizen-family")
    return render(request, "citizen/family_end.html", {"tie": held})


@resident_page(FAMILY)
def answer(request: HttpRequest, viewer: Viewer, side: str, code: str) -> HttpResponse:
    """Yes, no, or taken back: a press of a button, never a link."""
    if request.method == "POST":
        at, said = instant_of(request), request.POST.get("say", "")
        if said == "withdraw":
            actions.withdraw(viewer, side, code, at=at)
            messages.success(request, _("请求已撤回"))
        elif said in ("yes", "no"):
            actions.answer(viewer, side, code, yes=said == "yes", at=at)
            messages.success(request, _("已同意，马上生效") if said == "yes" else _("已拒绝"))
    return redirect("citizen-family")


def _held(request: HttpRequest, viewer: Viewer, side: str, code: str) -> Tie:
    held = tie(viewer, side, code, at=instant_of(request))
    if held is None:
        raise Refused(NOT_FOUND)
    return held


urlpatterns = [
    path("h/family", family, name="citizen-family"),
    path("h/family/add", add, name="citizen-family-add"),
    path("h/family/add/child", child, name="citizen-family-child"),
    path("h/family/add/<slug:side>", ask, name="citizen-family-ask"),
    path("h/family/<slug:side>/<slug:code>", one, name="citizen-family-one"),
    path("h/family/<slug:side>/<slug:code>/end", end, name="citizen-family-end"),
    path("h/family/<slug:side>/<slug:code>/answer", answer, name="citizen-family-answer"),
]
