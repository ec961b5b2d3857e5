"""The quality officer's pages: complaints with the lots behind them, and a retained sample with its label; the patient's own."""

from __future__ import annotations

from typing import Any, Final

from django import forms as django
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import access_case, steps_open_to
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.systems.tcm_pharmacy import programme
from kangqu.systems.tcm_pharmacy.definition import COMPLAINTS, COMPLAINTS_WRITE, OWN, SAMPLES
from kangqu.systems.tcm_pharmacy.labels.typesetting import can_typeset
from kangqu.systems.tcm_pharmacy.patient.pages import own_page
from kangqu.systems.tcm_pharmacy.patient.reads import own_prescription
from kangqu.systems.tcm_pharmacy.records import complaints as own
from kangqu.systems.tcm_pharmacy.records.programmes import COMPLAINT, SAMPLE
from kangqu.systems.tcm_pharmacy.refusals import NOT_HERE
from kangqu.web.asking import ask
from kangqu.web.forms import ChoiceField, Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

PER_PAGE: Final = 50
ABOUT: Final = {
    "taste": lazy("性状、气味异常"),
    "bag": lazy("破袋、漏液"),
    "count": lazy("袋数或剂数不符"),
    "wrong": lazy("错药、错人"),
    "harm": lazy("服后不适"),
    "late": lazy("送药晚"),
    "service": lazy("服务态度"),
}


class Said(Form):
    """What is complained of, in the patient's words."""

    about = ChoiceField(label=lazy("投诉内容"), choices=list(ABOUT.items()))
    said = django.CharField(label=lazy("具体情况"), max_length=500, widget=django.Textarea(attrs={"rows": 4}))


class SaidAtTheCounter(Said):
    prescription = django.CharField(label=lazy("处方条码（K…）"), max_length=40)
    stopped = django.BooleanField(label=lazy("已请患者停服"), required=False)
    field_order = ("prescription", "about", "said", "stopped")


@serves(COMPLAINTS)
def complaints(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The complaints the viewer's posts reach: the open ones by urgency, or all."""
    paths = [held.path for held in viewer.holding(COMPLAINTS.roles)]
    everything = request.GET.get("all") == "1"
    page = Paginator(own.complaints_at(paths, opened=not everything), PER_PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "all": everything,
        "about": ABOUT,
        "titles": _titles(),
        "now": instant_of(request),
        "writes": bool(viewer.holding(COMPLAINTS_WRITE.roles)),
    }
    return render(request, "tcm_pharmacy/complaints.html", shown)


@serves(COMPLAINTS)
def complaint(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One complaint: what was said and found, the lots behind it and who else complained of them, the samples kept."""
    opened = access_case(viewer, code, at=instant_of(request))
    if opened.case.programme != own.CODE or opened.held is None:
        raise Refused(NOT_FOUND)
    parent = opened.case.parent_id
    shown = {
        "case": opened.case,
        "about": ABOUT,
        "state": _titles().get(opened.case.state, ""),
        "lots": own.lots_behind(parent) if parent is not None else [],
        "samples": own.samples_of(str(opened.case.facts.get("prescription", "")), opened.case.institution_id),
        "place": Case.objects.select_related("institution").get(pk=opened.case.id).institution.name,
        "now": instant_of(request),
    }
    return render(request, "tcm_pharmacy/complaint.html", shown)


@serves(COMPLAINTS_WRITE)
def write_down(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Write down what a patient complains of at the counter or by phone: by the barcode on her bags."""
    at = instant_of(request)

    def done(given: dict[str, Any]) -> HttpResponse:
        held = viewer.holding(COMPLAINTS_WRITE.roles)[0]
        wanted = Case.objects.filter(code=read_code(given["prescription"], "K") or "", programme=programme.CODE)
        number = wanted.filter(institution_id=held.institution_id).values_list("pk", flat=True).first()
        found = snapshot(number) if number is not None else None
        if found is None:
            raise Refused(NOT_HERE, field="prescription")
        by = viewer.actor(held=held, purpose=Purpose.CARE)
        said = {name: given[name] for name in ("about", "said", "stopped")}
        case, fresh = own.complain_of(found, **said, by=by, at=at)
        messages.success(request, _("已登记投诉。") if fresh else _("今天已登记过同样的投诉。"))
        return redirect("tcm-complaint", case.code)

    initial = {"prescription": request.GET.get("rx", "")[:40]}
    form = SaidAtTheCounter(request.POST or None, initial=initial)
    return ask(request, form, done, title=_("登记投诉"), back=reverse("tcm-complaints"))


@own_page(OWN)
def make(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The patient, or who stands for her, complains of a prescription."""
    at = instant_of(request)
    access, kept, _person = own_prescription(viewer, code, at)

    def done(given: dict[str, Any]) -> HttpResponse:
        by = access.actor(viewer)
        case, _fresh = own.complain_of(access.case, about=given["about"], said=given["said"], by=by, at=at)
        messages.success(request, _("投诉已交给中药房，24 小时内开始调查。"))
        return redirect("tcm-own-complaint", case.code)

    back = reverse("tcm-own", args=[access.case.code])
    form = Said(request.POST or None)
    return ask(request, form, done, template="tcm_pharmacy/own_complaint_new.html", kept=kept, back=back)


@own_page(OWN)
def mine(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """A complaint of hers: what was said, how far it is, what was answered; whether she accepts it."""
    access = access_case(viewer, code, at=instant_of(request))
    if access.case.programme != own.CODE or access.held is not None or access.relation is None:
        raise Refused(NOT_FOUND)
    shown = {
        "case": access.case,
        "about": ABOUT,
        "state": _titles().get(access.case.state, ""),
        "steps": [(each.code, _word(each)) for each in steps_open_to(access, viewer)],
        "back": reverse("own-cases"),
    }
    return render(request, "tcm_pharmacy/own_complaint.html", shown)


@serves(SAMPLES)
def sample(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """A retained sample: of which prescription, where it is kept until when; its label."""
    opened = access_case(viewer, code, at=instant_of(request))
    if opened.case.programme != SAMPLE.code or opened.held is None:
        raise Refused(NOT_FOUND)
    shown = {
        "case": opened.case,
        "state": {each.code: _word(each) for each in SAMPLE.states}.get(opened.case.state, ""),
        "prints": can_typeset(),
        "rx": Case.objects.filter(code=str(opened.case.facts.get("prescription", ""))).first(),
        "row": Case.objects.get(pk=opened.case.id),
    }
    return render(request, "tcm_pharmacy/sample.html", shown)


@serves(SAMPLES)
def samples(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The samples kept at the viewer's institutions, those whose term ends first."""
    places = [held.institution_id for held in viewer.holding(SAMPLES.roles)]
    rows = Case.objects.filter(programme=SAMPLE.code, institution_id__in=places, closed_at=None).order_by(
        "due_at", "pk"
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "tcm_pharmacy/samples.html", {"page": page, "now": instant_of(request), "prints": can_typeset()}
    )


def _titles() -> dict[str, str]:
    return {each.code: _word(each) for each in COMPLAINT.states}


def _word(each: Any) -> str:
    return str(each.title if (get_language() or "zh").startswith("zh") else each.title_en)


urlpatterns = [
    path("c/tcm/complaints", complaints, name="tcm-complaints"),
    path("c/tcm/complaints/new", write_down, name="tcm-complaint-new"),
    path("c/tcm/complaints/<slug:code>", complaint, name="tcm-complaint"),
    path("c/tcm/samples", samples, name="tcm-samples"),
    path("c/tcm/samples/<slug:code>", sample, name="tcm-sample"),
    path("h/tcm/complaints/<str:code>", mine, name="tcm-own-complaint"),
    path("h/tcm/<str:code>/complaint", make, name="tcm-own-complaint-new"),
]
