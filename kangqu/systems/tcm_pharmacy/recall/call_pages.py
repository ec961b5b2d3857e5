"""A recall's pages: every recall with its progress, one recall with its call list (which prints), one line of the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms as django
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.tcm_pharmacy.definition import RECALLS, RECALLS_CALL
from kangqu.systems.tcm_pharmacy.models import RecallContact
from kangqu.systems.tcm_pharmacy.programme import MANAGER, PRESCRIPTION
from kangqu.systems.tcm_pharmacy.recall import reads
from kangqu.systems.tcm_pharmacy.recall.calling import GIVEN_UP, REACHED, RETURNED, note
from kangqu.systems.tcm_pharmacy.recall.programme import CODE
from kangqu.web.asking import ask
from kangqu.web.formats import masked_name
from kangqu.web.forms import ChoiceField, Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

PER_PAGE: Final = 100
EVERY: Final = 3
"""Seconds between two looks at a recall the queue still works on."""
OVERSEES: Final = frozenset({Role.INSPECTOR, Role.COMMISSION_OFFICER})
OUTCOMES: Final = {
    "reached": lazy("电话联系上"),
    "visited": lazy("当面联系上"),
    "no_answer": lazy("没人接"),
    "wrong_number": lazy("号码不对"),
    "refused": lazy("拒绝沟通"),
    RETURNED: lazy("又收回药袋"),
    GIVEN_UP: lazy("联系不上，写明原因"),
}
PHONES: Final = {"self": lazy("本人"), "family": lazy("家人"), "delivery": lazy("收货")}


@dataclass(frozen=True, slots=True)
class Opened:
    """A recall behind its door: under which post, at which institutions the viewer works, and whether she oversees only."""

    case: Snapshot
    held: Held
    mine: frozenset[int]

    @property
    def oversees(self) -> bool:
        return self.held.role in OVERSEES


def open_recall(viewer: Viewer, code: str, operation: Operation) -> Opened:
    """The only way to a recall's list: of those where it was begun, where the lot is, or where a patient of it fetched."""
    number = (
        Case.objects.filter(code=read_code(code[:40], "K") or "", programme=CODE).values_list("pk", flat=True).first()
    )
    case = snapshot(number) if number is not None else None
    if case is None:
        raise Refused(NOT_FOUND)
    places = {case.institution_id, *(lot.institution_id for lot in reads.lots_of(case))}
    places |= set(RecallContact.objects.filter(recall_id=case.id).values_list("institution_id", flat=True))
    paths = dict(Institution.objects.filter(pk__in=places).values_list("pk", "path"))
    posts = {place: viewer.reaches(where, operation.roles) for place, where in paths.items()}
    mine = frozenset(place for place, held in posts.items() if held is not None)
    held = next((held for held in posts.values() if held is not None), None)
    if held is None:
        raise Refused(NOT_FOUND)
    return Opened(case, held, mine)


def _look(viewer: Viewer, opened: Opened, at: datetime) -> None:
    """The trace of a look at people of the list."""
    case = opened.case
    facts = {"recall": case.code}
    record(
        viewer.actor(held=opened.held, purpose=Purpose.CARE).did(
            "tcm.recall.look", at=at, object_type="case", object_id=case.id, facts=facts, result=Result.SEEN,
            stream=Stream.LOOK,
        )
    )  # fmt: skip


@serves(RECALLS)
def recalls(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every recall the viewer's posts have to do with, and how far each is."""
    found = reads.recalls_reached([held.path for held in viewer.holding(RECALLS.roles)])
    rows = [(case, reads.progress(case_now)) for case in found if (case_now := snapshot(case.pk)) is not None]
    return render(request, "tcm_pharmacy/recalls.html", {"rows": rows})


@serves(RECALLS)
def one(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One recall: its progress everywhere and at each pharmacy, what is held, and the call list of the viewer's own."""
    at = instant_of(request)
    opened = open_recall(viewer, code, RECALLS)
    if request.headers.get("HX-Request"):
        return _now(request, opened)
    _look(viewer, opened, at)
    state = request.GET.get("state", "")
    page = Paginator(reads.contacts_of(opened.case.id, opened.mine, state=state), PER_PAGE).get_page(
        request.GET.get("page")
    )
    english = not (get_language() or "zh").startswith("zh")
    shown = {
        "case": opened.case,
        "recall": Case.objects.select_related("institution").get(pk=opened.case.id),
        "progress": reads.progress(opened.case),
        "places": reads.by_pharmacy(opened.case),
        "every": EVERY,
        "most_held": reads.MOST_HELD,
        "held": reads.held_in(opened.case, opened.mine),
        "titles": {each.code: each.title_en if english else each.title for each in PRESCRIPTION.states},
        "page": page,
        "lines": reads.lines_of(list(page), at=at),
        "oversees": opened.oversees,
        "outcomes": OUTCOMES,
        "phones": PHONES,
        "state": state,
        "masked_name": masked_name,
    }
    answer = render(request, "tcm_pharmacy/recall.html", shown)
    answer["Cache-Control"] = "no-store"
    return answer


def _now(request: HttpRequest, opened: Opened) -> HttpResponse:
    """How far it is by now: counts alone, nobody's name. When the queue is through, the browser is told to ask for the page anew."""
    done = reads.progress(opened.case)
    recall = Case.objects.select_related("institution").get(pk=opened.case.id)
    shown = {"case": opened.case, "recall": recall, "progress": done, "every": EVERY}
    answer = render(request, "tcm_pharmacy/_recall_now.html", shown)
    if not done.at_work:
        answer["HX-Refresh"] = "true"
    answer["Cache-Control"] = "no-store"
    return answer


class NoteForm(Form):
    """What came of a try. Bags are asked of those who were reached."""

    outcome = ChoiceField(label=lazy("结果"), choices=list(OUTCOMES.items()))
    took = django.IntegerField(label=lazy("已服几袋"), min_value=0, max_value=10_000, required=False)
    returned = django.IntegerField(label=lazy("收回几袋"), min_value=0, max_value=10_000, required=False)
    note = django.CharField(label=lazy("说明（联系不上时必填）"), max_length=200, required=False)

    def clean_took(self) -> int | None:
        took: int | None = self.cleaned_data["took"]
        if took is None and self.cleaned_data.get("outcome") in REACHED:
            raise ValidationError(_("请问清已服几袋，没有服填 0"), code="required")
        return took


@serves(RECALLS_CALL)
def line(request: HttpRequest, viewer: Viewer, code: str, number: int) -> HttpResponse:
    """One line of the list: the phones, every try so far, and what came of this one."""
    at = instant_of(request)
    opened = open_recall(viewer, code, RECALLS_CALL)
    _look(viewer, opened, at)
    mine = RecallContact.objects.filter(recall_id=opened.case.id, institution_id__in=opened.mine)
    contact = (
        mine.select_related("case", "person__merged_into", "institution").filter(pk=number).first()
        if number < 2**63
        else None
    )
    if contact is None:
        raise Refused(NOT_FOUND)
    held = viewer.reaches(contact.institution.path, RECALLS_CALL.roles)
    may_give_up = viewer.reaches(contact.institution.path, MANAGER) is not None

    def done(given: dict[str, Any]) -> HttpResponse:
        if given["outcome"] == GIVEN_UP and not may_give_up:
            raise Refused(NOT_YOURS, field="outcome")
        by = viewer.actor(held=held, purpose=Purpose.CARE)
        bags = {"took": given["took"], "returned": given["returned"]}
        note(contact.pk, given["outcome"], institution_ids=opened.mine, by=by, at=at, words=given["note"], **bags)
        messages.success(request, _("已记下。"))
        return redirect("tcm-recall", opened.case.code)

    form = NoteForm(request.POST or None)
    form.fields["outcome"].choices = _open_to(contact, may_give_up)  # type: ignore[attr-defined]
    answer = ask(
        request, form, done, template="tcm_pharmacy/recall_line.html",
        line=reads.lines_of([contact], at=at)[0], tries=contact.all_tries.order_by("-pk")[:50], outcomes=OUTCOMES,
        phones=PHONES, case=opened.case, back=reverse("tcm-recall", args=[opened.case.code]),
    )  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _open_to(contact: RecallContact, may_give_up: bool) -> list[tuple[str, Any]]:
    if contact.state == RecallContact.State.REACHED:
        return [(RETURNED, OUTCOMES[RETURNED])]
    if contact.state == RecallContact.State.GIVEN_UP:
        return [(code, OUTCOMES[code]) for code in REACHED]
    return [(code, words) for code, words in OUTCOMES.items() if code != RETURNED and (code != GIVEN_UP or may_give_up)]


urlpatterns = [
    path("c/tcm/recalls", recalls, name="tcm-recalls"),
    path("c/tcm/recalls/<slug:code>", one, name="tcm-recall"),
    path("c/tcm/recalls/<slug:code>/<int:number>", line, name="tcm-recall-line"),
]
