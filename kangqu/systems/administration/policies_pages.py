"""Policies (政策参数): what is in force, what comes, proposing, deciding, withdrawing (docs/algorithms/policies.md)."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.policies import actions
from kangqu.kernel.policies.catalogue import definition_of
from kangqu.systems.administration import policies_forms as forms
from kangqu.systems.administration import policies_reads as reads
from kangqu.systems.administration.operations import POLICIES_READ, POLICIES_TRY, POLICIES_WRITE
from kangqu.web.asking import ask, confirm
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves
from kangqu.web.tables import Column, Listing

POLICIES: Final = Listing[reads.Line](
    name="policies",
    title=lazy("政策参数"),
    order="id",
    form=forms.PolicyFilter,
    empty=lazy("没有这样的政策参数。"),
    personal=False,
    rows=lambda request, filters: reads.lines(instant_of(request), filters),
    columns=(
        Column(
            key="title",
            title=lazy("名称"),
            get=lambda line: reads.title_of(line.definition),
            href=lambda line: line.href,
        ),
        Column(key="part", title=lazy("用于"), get=lambda line: reads.part_of(line.id)),
        Column(key="value", title=lazy("现行值"), get=lambda line: reads.shown(line.now.value)),
        Column(key="next", title=lazy("下一版"), get=lambda line: line.following or "—"),
        Column(
            key="state",
            title=lazy("状态"),
            get=lambda line: _("待批准") if line.waiting else "—",
            status=lambda line: "warn" if line.waiting else "",
        ),
        Column(key="mark", title=lazy("确定程度"), get=lambda line: reads.mark_word(line.now.source.mark.value)),
        Column(key="document", title=lazy("依据"), get=lambda line: line.now.source.document, screen=False),
        Column(key="id", title=lazy("编号"), get=lambda line: line.id),
    ),
)


@serves(POLICIES_READ)
def policies(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    return POLICIES.respond(request, "administration/policies.html", {}, at=instant_of(request), by=viewer.display_name)


@serves(POLICIES_READ)
def policy(request: HttpRequest, viewer: Viewer, name: str) -> HttpResponse:
    at, definition = instant_of(request), definition_of(name)
    writes = viewer.may(POLICIES_WRITE) is None and reads.city_grant(viewer, POLICIES_WRITE) is not None
    now = definition.in_force(city_day(at))
    facts = {
        "definition": definition,
        "name": reads.title_of(definition),
        "now": now,
        "value": reads.shown(now.value),
        "bounds": reads.bounds_of(definition),
        "part": reads.part_of(name),
        "mark_word": reads.mark_word,
        "versions": reads.versions_of(name, viewer, at, writes=writes),
        "writes": writes,
        "may_try": viewer.may(POLICIES_TRY) is None and reads.triable(name),
        "trials": reads.trials_of(name, viewer),
        "shown": reads.shown,
    }
    return render(request, "administration/policy.html", facts)


@serves(POLICIES_WRITE)
def propose(request: HttpRequest, viewer: Viewer, name: str) -> HttpResponse:
    held, definition = reads.officer_of_the_city(viewer, POLICIES_WRITE), definition_of(name)

    def write(given: dict[str, Any]) -> HttpResponse:
        paper = actions.Paper(**{field: given[field] for field in ("document", "number", "clause", "mark", "note")})
        value, by = definition.read(given["value"]), viewer.actor(held=held, purpose=POLICIES_WRITE.purpose)
        actions.propose(name, value, given["starts"], paper, by=by, at=instant_of(request))
        messages.success(request, _("已提出，请另一位工作人员批准。"))
        return redirect("policy", name)

    usual = {"starts": actions.earliest_start(instant_of(request)), "value": request.GET.get("value", "")[:40]}
    form = forms.ProposeForm(request.POST or None, definition=definition, initial=usual)
    title = _("提出新的值 · %(name)s") % {"name": reads.title_of(definition)}
    return ask(request, form, write, title=title, back=_page(name))


@serves(POLICIES_WRITE)
def approve(request: HttpRequest, viewer: Viewer, name: str, number: int) -> HttpResponse:
    held, version = reads.officer_of_the_city(viewer, POLICIES_WRITE), reads.version_under(name, number)
    if request.method == "POST":
        by = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose)
        actions.approve(version.pk, by=by, at=instant_of(request))
        messages.success(request, _("已批准，从 %(day)s 起生效。") % {"day": version.starts})
        return redirect("policy", name)
    facts = {"name": reads.title_of(definition_of(name)), "value": reads.shown(version.value), "day": version.starts}
    sentence = _("批准后，“%(name)s”从 %(day)s 起为 %(value)s。生效前可以撤回，生效后只能另提新的一版。") % facts
    return confirm(request, _("批准"), sentence, _page(name))


@serves(POLICIES_WRITE)
def refuse(request: HttpRequest, viewer: Viewer, name: str, number: int) -> HttpResponse:
    held, version = reads.officer_of_the_city(viewer, POLICIES_WRITE), reads.version_under(name, number)

    def write(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose)
        actions.refuse(version.pk, given["reason"], by=by, at=instant_of(request))
        messages.success(request, _("没有批准，原因已记下。"))
        return redirect("policy", name)

    title = _("不批准 · %(name)s") % {"name": reads.title_of(definition_of(name))}
    return ask(request, forms.ReasonForm(request.POST or None), write, title=title, back=_page(name))


@serves(POLICIES_WRITE)
def withdraw(request: HttpRequest, viewer: Viewer, name: str, number: int) -> HttpResponse:
    held, version = reads.officer_of_the_city(viewer, POLICIES_WRITE), reads.version_under(name, number)

    def write(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=held, purpose=POLICIES_WRITE.purpose)
        actions.withdraw(version.pk, given["reason"], by=by, at=instant_of(request))
        messages.success(request, _("已撤回。"))
        return redirect("policy", name)

    title = _("撤回 · %(name)s") % {"name": reads.title_of(definition_of(name))}
    return ask(request, forms.ReasonForm(request.POST or None), write, title=title, back=_page(name))


def _page(name: str) -> str:
    return reverse("policy", args=[name])


urlpatterns = [
    path("a/policies", policies, name="policies"),
    path("a/policies/<str:name>", policy, name="policy"),
    path("a/policies/<str:name>/propose", propose, name="policy-propose"),
    path("a/policies/<str:name>/<int:number>/approve", approve, name="policy-approve"),
    path("a/policies/<str:name>/<int:number>/refuse", refuse, name="policy-refuse"),
    path("a/policies/<str:name>/<int:number>/withdraw", withdraw, name="policy-withdraw"),
]
