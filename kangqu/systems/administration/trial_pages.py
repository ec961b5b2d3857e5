"""Trying a policy on past cases: asked for, followed while it runs, its result with examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.policies import trying
from kangqu.kernel.policies.catalogue import definition_of
from kangqu.kernel.policies.counting import Counts, counts_of
from kangqu.kernel.policies.tasks import ask_and_run
from kangqu.kernel.policies.trials import Trial, trial_of
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.administration import policies_forms as forms
from kangqu.systems.administration import policies_reads as reads
from kangqu.systems.administration.operations import POLICIES_TRY
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@dataclass(frozen=True, slots=True)
class Pair:
    """An outcome then, one now, how many came out so, and some of them."""

    then: str
    now: str
    many: int
    different: bool
    examples: list[dict[str, Any]]


@serves(POLICIES_TRY)
def try_out(request: HttpRequest, viewer: Viewer, name: str) -> HttpResponse:
    """Ask for a trial on the days of a range, at the institutions within reach."""
    trial_of(name)
    definition, at = definition_of(name), instant_of(request)

    def write(given: dict[str, Any]) -> HttpResponse:
        paths, held = reads.places_to_try(viewer, POLICIES_TRY, given["place"])
        by, value = viewer.actor(held=held, purpose=POLICIES_TRY.purpose), definition.read(given["value"])
        made = ask_and_run(name, value, given["since"], given["until"], paths=paths, by=by, at=at)
        return redirect("policy-trial", name, made.pk)

    today = city_day(at)
    usual = {"since": today - timedelta(days=30), "until": today, "value": request.GET.get("value", "")[:40]}
    form = forms.TryForm(request.POST or None, definition=definition, initial=usual)
    title = _("试算 · %(name)s") % {"name": reads.title_of(definition)}
    return ask(request, form, write, title=title, back=reverse("policy", args=[name]))


@serves(POLICIES_TRY)
def trial(request: HttpRequest, viewer: Viewer, name: str, number: int) -> HttpResponse:
    """How far a trial of one's own has come, and what it found. That it was looked at is traced."""
    row, at = trying.trial_row(number, viewer.principal_id or 0), instant_of(request)
    if row.policy != name:
        return redirect("policy-trial", row.policy, number)
    counts, how, english = counts_of(row.found), trial_of(name), not (get_language() or "zh").startswith("zh")
    at_work = row.state in trying.AT_WORK
    if not at_work:
        facts = {"policy": name, "cases": counts.cases}
        by = viewer.actor(held=viewer.holding(POLICIES_TRY.roles)[0], purpose=POLICIES_TRY.purpose)
        record(
            by.did("policies.try_look", at=at, object_type="policy_trial", object_id=row.pk, facts=facts,
                   result=Result.SEEN, stream=Stream.LOOK)
        )  # fmt: skip
    language = "en" if english else "zh"
    context = {
        "row": row,
        "definition": definition_of(name),
        "name": reads.title_of(definition_of(name)),
        "value": reads.shown(row.value),
        "now_value": reads.shown(definition_of(name).in_force(city_day(at)).value),
        "places": reads.places_of(row.paths),
        "counts": counts,
        "unit": how.case.said(language),
        "unseen": how.unseen.said(language),
        "pairs": _pairs(counts, how, language),
        "missing": [
            (how.missing[why].said(language), many, counts.examples.get(f"?{why}", []))
            for why, many in sorted(counts.missing.items())
        ],
        "at_work": at_work,
        "percent": _percent(row, counts),
        "english": english,
    }
    return render(request, "administration/trial.html", context)


def _pairs(counts: Counts, how: Trial, language: str) -> list[Pair]:
    found = [
        Pair(
            how.outcomes[then].said(language),
            how.outcomes[now].said(language),
            many,
            then != now,
            counts.examples.get(f"{then}>{now}", []),
        )
        for then, row in counts.pairs.items()
        for now, many in row.items()
    ]
    return sorted(found, key=lambda pair: (not pair.different, -pair.many))


def _percent(row: Any, counts: Counts) -> int:
    """How far through the days it is: a hundred only when it is done."""
    if row.state == "done":
        return 100
    if not counts.last_day:
        return 0
    days = (date.fromisoformat(counts.last_day) - row.since).days + 1
    return max(1, min(99, 100 * days // ((row.until - row.since).days + 1)))


@serves(POLICIES_TRY)
def stop(request: HttpRequest, viewer: Viewer, name: str, number: int) -> HttpResponse:
    row = trying.trial_row(number, viewer.principal_id or 0)
    if request.method == "POST":
        held = viewer.holding(POLICIES_TRY.roles)[0]
        by = viewer.actor(held=held, purpose=POLICIES_TRY.purpose)
        trying.stop(row.pk, by=by, at=instant_of(request))
    return redirect("policy-trial", row.policy, row.pk)


urlpatterns = [
    path("a/policies/<str:name>/try", try_out, name="policy-try"),
    path("a/policies/<str:name>/trials/<int:number>", trial, name="policy-trial"),
    path("a/policies/<str:name>/trials/<int:number>/stop", stop, name="policy-trial-stop"),
]
