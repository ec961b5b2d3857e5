"""中药进度: a patient, or her family, follows a prescription of hers, rates it, and complains if she likes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.doors import Hidden
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.standing import stands_for
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.systems.tcm_pharmacy.definition import OWN, RATE
from kangqu.systems.tcm_pharmacy.models import Rating
from kangqu.systems.tcm_pharmacy.patient import words
from kangqu.systems.tcm_pharmacy.patient.forms import RatingForm
from kangqu.systems.tcm_pharmacy.patient.reads import own_prescription, patient_of, told
from kangqu.systems.tcm_pharmacy.patient.story import HANDED_OVER
from kangqu.systems.tcm_pharmacy.rating import words as rated
from kangqu.systems.tcm_pharmacy.rating.actions import changeable_days, complain, low_stars, rate
from kangqu.systems.tcm_pharmacy.records.complaints import complaints_of
from kangqu.web.asking import ask
from kangqu.web.frame import PORTALS
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

View = Callable[..., HttpResponse]


def own_page(operation: Operation) -> Callable[[View], View]:
    """Serve a page to the resident: kept by nobody on the way; an account bound to nobody begins at the first page.

    A family member without the right to read reports is told so.
    """

    def bind(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, viewer: Viewer, **kwargs: Any) -> HttpResponse:
            if viewer.person_id is None:
                return redirect(PORTALS["h"].home)
            try:
                response = view(request, *args, viewer=viewer, **kwargs)
            except Hidden as hidden:
                response = _closed(request, viewer, str(kwargs.get("code", "")), hidden)
            response.setdefault("Cache-Control", "no-store")
            return response

        return serves(operation)(page)

    return bind


def _closed(request: HttpRequest, viewer: Viewer, code: str, hidden: Hidden) -> HttpResponse:
    """Somebody of the family who may not read reports: what she may do and how she is let; anybody else is told nothing."""
    person_id = patient_of(code)
    standing = stands_for(viewer, person_id, at=instant_of(request)) if person_id is not None else None
    if standing is None:
        raise hidden
    record(hidden.entry)
    return render(request, "tcm_pharmacy/own_closed.html", {"person": standing[0]}, status=403)


@own_page(OWN)
def own(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Where her medicine stands, stage by stage; what was promised; how to take it; her rating."""
    at = instant_of(request)
    shown = told(viewer, code, at)
    herself = shown.person.pk == viewer.person_id
    rating = Rating.objects.filter(case_id=shown.access.case.id).first()
    complaints = complaints_of(shown.access.case.id)
    context = {
        "told": shown,
        "case": shown.access.case,
        "at": at,
        "words": words,
        "herself": herself,
        "back": reverse("own-cases") + ("" if herself else f"?for={shown.person.public_code}"),
        "rating": rating,
        "rated": rated,
        "may_rate": shown.state in HANDED_OVER and (rating is None or _open(rating, at)),
        "may_complain": rating is not None and not complaints and rating.stars <= low_stars(at),
        "handed": shown.state in HANDED_OVER,
        "complaints": complaints,
    }
    return render(request, "tcm_pharmacy/own.html", context)


def _open(rating: Rating, at: Any) -> bool:
    return bool(rating.rated_at > at - timedelta(days=changeable_days(at)))


@own_page(RATE)
def give_rating(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Her rating: once, changeable for some days."""
    at = instant_of(request)
    access, kept, _person = own_prescription(viewer, code, at)
    known = Rating.objects.filter(case_id=access.case.id).first()
    if request.method != "POST" and access.case.state not in HANDED_OVER:
        return redirect("tcm-own", access.case.code)

    def done(given: dict[str, Any]) -> HttpResponse:
        by = access.actor(viewer)
        said = {"stars": given["stars"], "reasons": given["reasons"], "sentence": given["sentence"]}
        rate(access.case, **said, by=by, at=at)
        messages.success(request, _("谢谢，您的评价已记下。"))
        return redirect("tcm-own", access.case.code)

    initial = {"stars": known.stars, "reasons": known.reasons, "sentence": known.sentence} if known else {}
    form = RatingForm(request.POST if request.method == "POST" else None, initial=initial)
    return ask(
        request, form, done, template="tcm_pharmacy/own_rating.html",
        kept=kept, case=access.case, days=changeable_days(at), known=known, back=reverse("tcm-own", args=[access.case.code]),
    )  # fmt: skip


@own_page(RATE)
def make_complaint(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Make a complaint of her low rating: one press."""
    at = instant_of(request)
    access, _kept, _person = own_prescription(viewer, code, at)
    rating = Rating.objects.filter(case_id=access.case.id).first()
    if rating is None:
        raise Refused(NOT_FOUND)
    if request.method == "POST":
        opened = complain(access.case, rating, by=access.actor(viewer), at=at)
        messages.success(request, _("投诉已交给中药房，24 小时内开始调查。"))
        return redirect("tcm-own-complaint", opened.code)
    context = {"back": reverse("tcm-own", args=[access.case.code])}
    return render(request, "tcm_pharmacy/own_complain.html", context)


urlpatterns = [
    path("h/tcm/<str:code>", own, name="tcm-own"),
    path("h/tcm/<str:code>/rate", give_rating, name="tcm-rate"),
    path("h/tcm/<str:code>/complain", make_complaint, name="tcm-complain"),
]
