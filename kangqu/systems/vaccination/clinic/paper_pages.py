"""What somebody brings to the clinic: doses on a paper of elsewhere, and what stays true of her."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django import forms as django
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.clinic.pages import held_of
from kangqu.systems.vaccination.definition import CLINIC
from kangqu.systems.vaccination.forms import ROWS, Findings, Row, products, read_day, rows_of
from kangqu.systems.vaccination.records.asked import History, Recorded
from kangqu.systems.vaccination.records.bringing import bring_many
from kangqu.systems.vaccination.records.facts import file_of, keep_facts
from kangqu.web import forms
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

MOST_ROWS: Final = 40
"""Doses of one paper at a time."""
_YES_NO: Final = {None: "", True: "yes", False: "no"}


class Paper(forms.Form):
    """The paper the doses stand on; the rows come beside it."""

    place = django.CharField(label=gettext_lazy("接种单位（纸上写的）"), max_length=60)
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)


class File(Findings):
    """The lasting facts of a person, and when they were changed as this form was drawn."""

    severe_allergy = django.MultipleChoiceField(
        label=gettext_lazy("对哪些疫苗或其成分有过严重过敏"),
        widget=django.CheckboxSelectMultiple,
        required=False,
        choices=(),
    )
    seen = django.DateTimeField(widget=django.HiddenInput, required=False, input_formats=["iso8601"])

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["severe_allergy"].choices = products()  # type: ignore[attr-defined]


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def history(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Doses of elsewhere or of long ago, as a paper says; those refused stay on the form with their reason."""
    at = instant_of(request)
    opened = access_person(viewer, code, to=Purpose.CARE, at=at, action="vaccination.look")
    if request.method != "POST":
        return _history(request, opened.person, Paper(initial={"key": secrets.token_hex(16)}), [])
    form, rows = Paper(request.POST), rows_of(request.POST, opened.person.birth_date)
    if len(rows) > MOST_ROWS:
        form.add_error(None, _("一次最多 %(most)d 剂") % {"most": MOST_ROWS})
    elif not rows:
        form.add_error(None, _("请至少写一剂"))
    elif wrong := sum(bool(row.error) for row in rows):
        form.add_error(None, _("接种记录有 %(count)d 条要改正") % {"count": wrong})
    if not form.is_valid():
        return _history(request, opened.person, form, rows[:MOST_ROWS])
    held = held_of(viewer)
    by = viewer.actor(held=held, purpose=Purpose.CARE)
    refused = _bring(opened.person, form.cleaned_data, rows, held.institution_id, by, at)
    if kept := len(rows) - len(refused):
        said = ngettext("已补录 %(count)d 剂，各剂已重新计算。", "已补录 %(count)d 剂，各剂已重新计算。", kept)
        messages.success(request, said % {"count": kept})
    if not refused:
        return redirect("vaccination-person", opened.person.public_code)
    again = Paper({"place": form.cleaned_data["place"], "key": secrets.token_hex(16)})
    again.add_error(None, _("接种记录有 %(count)d 条要改正") % {"count": len(refused)})
    return _history(request, opened.person, again, refused)


def _bring(
    person: Person, paper: Mapping[str, Any], rows: list[Row], institution_id: int, by: Actor, at: datetime
) -> list[Row]:
    """Record the rows; those refused, each with its reason."""
    doses = [
        History(
            person_id=person.pk, key=f"{paper['key']}-{place}", vaccine=row.product, given_on=read_day(row.on) or date.min,
            lot=row.lot, place=paper["place"],
        )
        for place, row in enumerate(rows)
    ]  # fmt: skip
    answers = bring_many(doses, institution_id=institution_id, by=by, at=at)
    language = get_language() or "zh-hans"
    return [
        Row(row.product, row.on, row.lot, answer.sentence(language))
        for row, answer in zip(rows, answers, strict=True)
        if not isinstance(answer, Recorded)
    ]


def _history(request: HttpRequest, person: Person, form: Paper, rows: list[Row]) -> HttpResponse:
    room = [Row()] * min(ROWS, MOST_ROWS - len(rows))
    context = {
        "person": person,
        "form": form,
        "rows": [*rows, *room],
        "products": products(),
        "has_errors": bool(form.errors),
    }
    answer = render(request, "vaccination/history.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The lasting facts: looked at, written down, changed."""
    at = instant_of(request)
    opened = access_person(viewer, code, to=Purpose.CARE, at=at, action="vaccination.look")

    def write(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=held_of(viewer), purpose=Purpose.CARE)
        facts = {**form.found(), "severe_allergy": given["severe_allergy"]}
        changed = keep_facts(opened.person.pk, facts, seen=given["seen"], by=by, at=at)
        messages.success(request, _("已保存，各剂已重新计算。") if changed else _("没有改动。"))
        return redirect("vaccination-person", opened.person.public_code)

    form = File(request.POST or None, initial=_shown(*file_of(opened.person.pk)))
    back = reverse("vaccination-person", args=[opened.person.public_code])
    answer = ask(request, form, write, title=_("%(name)s的接种档案") % {"name": opened.person.name}, back=back)
    answer["Cache-Control"] = "no-store"
    return answer


def _shown(facts: Mapping[str, Any], changed_at: datetime | None) -> dict[str, Any]:
    """The facts as the form has them."""
    told = {
        name: _YES_NO[value] if value is None or isinstance(value, bool) else value for name, value in facts.items()
    }
    return told | {
        "severe_allergy": facts.get("severe_allergy") or [],
        "seen": changed_at.isoformat() if changed_at else "",
    }


urlpatterns = [
    path("c/vaccination/people/<slug:code>/history", history, name="vaccination-history"),
    path("c/vaccination/people/<slug:code>/file", file, name="vaccination-file"),
]
