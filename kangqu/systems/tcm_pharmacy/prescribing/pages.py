"""The doctor's pages: the sheet, its live review, her own prescriptions, withdrawing and correcting them."""

from __future__ import annotations

import random
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.practice import licence_of, require_licence
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import STEP_UP, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, SIGN_IN, Refused
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.people.models import Sex
from kangqu.systems.tcm_pharmacy.definition import PRESCRIBE, PRESCRIBERS
from kangqu.systems.tcm_pharmacy.desk import sheet as shown
from kangqu.systems.tcm_pharmacy.desk import words
from kangqu.systems.tcm_pharmacy.desk.reads import earlier, state_word, version_of
from kangqu.systems.tcm_pharmacy.prescribing import drafts, reads
from kangqu.systems.tcm_pharmacy.prescribing.forms import Sheet, Withdraw
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from kangqu.systems.tcm_pharmacy.rating import words as rated
from kangqu.systems.tcm_pharmacy.rating.reads import fares_of
from kangqu.systems.tcm_pharmacy.refusals import NO_HERBS, STILL_BLOCKED
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_CHANCE = random.SystemRandom()


@serves(PRESCRIBE)
def prescribe(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The sheet for one resident; sent, it is reviewed as it will be at the pharmacy, signed and on its way."""
    at = instant_of(request)
    opened = access_person(viewer, code, to=Purpose.CARE, at=at)
    person = opened.person
    before = _before(request, viewer, person.pk)
    women = person.sex != Sex.MALE
    if request.method != "POST":
        form = Sheet(initial=_initial(viewer, before, at), women=women)
        rows = drafts.rows_of(before) if before is not None else []
        return _sheet(request, viewer, opened, form, rows, before)
    form, rows = Sheet(request.POST, women=women), drafts.rows_in(request.POST)
    valid = form.is_valid() and not any(row.error for row in rows)
    try:
        if not rows:
            raise Refused(NO_HERBS)
        order = drafts.order_of(_asked(viewer, opened, form, before, at), form.values, rows, _ticked(request))
        if valid and "more" not in request.POST:
            return _signed(request, viewer, opened, order)
    except Refused as refused:
        if refused.why is SIGN_IN:
            raise
        form.refuse(refused, get_language() or "zh-hans")
    return _sheet(request, viewer, opened, form, rows, before)


def _before(request: HttpRequest, viewer: Viewer, person_id: int) -> Any:
    """The prescription of this resident that is being corrected, if one is."""
    code = request.POST.get("correct", "") or request.GET.get("correct", "")
    if not code:
        return None
    kept, _access = reads.open_mine(viewer, code, instant_of(request))
    if kept.person_id != person_id:
        raise Refused(NOT_FOUND)
    return kept


def _initial(viewer: Viewer, before: Any, at: Any) -> dict[str, Any]:
    if before is not None:
        return drafts.initial_of(shown.order_of(before)) | {"correct": before.case.code}
    last = reads.last_by(viewer)
    same = {"department": last.department} if last is not None else {}
    return {"number": reads.new_number(city_day(at), _CHANCE), **same}


def _asked(viewer: Viewer, opened: Any, form: Sheet, before: Any, at: Any) -> drafts.Asked:
    number = before.number if before is not None else form.values["number"]
    return drafts.Asked(
        resident=opened.person.public_code,
        name=opened.person.name,
        number=number or reads.new_number(city_day(at), _CHANCE),
        version=before.version + 1 if before is not None else 1,
        prescriber=viewer.display_name or "-",
        issued_on=city_day(at),
        licence=licence_of(viewer.account_id),
    )


def _ticked(request: HttpRequest) -> list[str]:
    return [key for key in request.POST.getlist("resigned") if "\x00" not in key]


def _signed(request: HttpRequest, viewer: Viewer, opened: Any, order: Any) -> HttpResponse:
    """Sign with the account's second factor and send; ``Refused`` where something still blocks it."""
    at = instant_of(request)
    require_licence(viewer.account_id, at=at)
    _review, blocked = reads.reviewed(order, opened.person, at)
    if blocked:
        raise Refused(STILL_BLOCKED)
    if not viewer.stepped_up(at):
        raise Refused(STEP_UP)
    held = opened.held if opened.held.role in PRESCRIBERS else viewer.holding(PRESCRIBERS)[0]
    taken = take(
        order,
        signed=Signed(drafts.canonical(order), "", None),
        hospital_id=held.institution_id,
        by=viewer.actor(held=held, purpose=Purpose.CARE),
        at=at,
        prescriber_id=viewer.account_id,
    )
    messages.success(request, _("已签字并送中药房：%(number)s") % {"number": order.number})
    return redirect("tcm-mine-one", taken.case.code)


def _sheet(
    request: HttpRequest, viewer: Viewer, opened: Any, form: Sheet, rows: list[drafts.Row], before: Any
) -> HttpResponse:
    at = instant_of(request)
    errors = bool(form.errors) or any(row.error for row in rows)
    if "more" in request.POST:
        rows = [*rows, *([drafts.Row()] * drafts.BLANK)]
    review = None
    if rows and (request.method == "POST" or before is not None):
        review = _review_of(viewer, form, rows, opened.person, _ticked(request), at)
    licence = licence_of(viewer.account_id)
    context = {
        "person": opened.person,
        "sex": shown.sex_word(opened.person.sex),
        "age": shown.age_word(opened.person.birth_date, city_day(at)),
        "form": form,
        "rows": drafts.filled(rows),
        "handlings": words.HANDLING,
        "review": review,
        "token": reads.who_token(opened.person),
        "before": version_of(before) if before is not None else None,
        "licence": licence,
        "practises": _practises(viewer, at),
        "days_left": licence.days_left(at) if licence is not None else None,
        "stepped_up": viewer.stepped_up(at),
        "has_errors": request.method == "POST" and errors,
    }
    answer = render(request, "tcm_pharmacy/prescribe.html", context, status=422 if context["has_errors"] else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _practises(viewer: Viewer, at: Any) -> str:
    """Why the viewer may not prescribe, as far as her licence goes; empty where she may."""
    try:
        require_licence(viewer.account_id, at=at)
    except Refused as refused:
        return refused.sentence(get_language() or "zh-hans")
    return ""


def _review_of(viewer: Viewer, form: Sheet, rows: list[drafts.Row], person: Any, ticked: list[str], at: Any) -> Any:
    asked = drafts.Asked("R0000000000000", "", "-", 1, "-", city_day(at), licence_of(viewer.account_id))
    values = form.values if form.is_bound else {**form.values, **form.initial}
    try:
        return reads.reviewed(drafts.order_of(asked, values, rows, ticked), person, at)[0]
    except Refused:
        return None


@serves(PRESCRIBE)
def check(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The review of a draft, as a part of the sheet: nobody's name goes in, nothing is kept."""
    at = instant_of(request)
    form, rows = Sheet(request.POST), drafts.rows_in(request.POST)
    form.is_valid()
    person = reads.who_of(request.POST.get("who", ""))
    review = _review_of(viewer, form, rows, person, _ticked(request), at) if rows else None
    return render(request, "tcm_pharmacy/_review.html", {"review": review})


@serves(PRESCRIBE)
def mine(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The doctor's own prescriptions and where each stands."""
    rows = reads.mine(viewer, instant_of(request))
    context = {"rows": rows, "fares": fares_of([each.kept.case_id for each in rows]), "rated": rated}
    answer = render(request, "tcm_pharmacy/mine.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@serves(PRESCRIBE)
def one_of_mine(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One of her own: the sheet, its way, why it came back; to be withdrawn or corrected."""
    at = instant_of(request)
    kept, access = reads.open_mine(viewer, code, at)
    form = Withdraw(request.POST or None, initial={"seq": access.case.seq})
    if request.method == "POST" and form.is_valid():
        by = access.actor(viewer, access.programme.step("withdraw"))
        try:
            seq = form.cleaned_data["seq"]
            take_step(access.case.id, "withdraw", by=by, at=at, values=form.answers, seq=seq)
        except Refused as refused:
            form.refuse(refused, get_language() or "zh-hans")
            kept, access = reads.open_mine(viewer, code, at)
            form.stands_at(access.case.seq)
        else:
            messages.success(request, _("已作废：%(number)s") % {"number": kept.number})
            return redirect("tcm-mine-one", access.case.code)
    context = {
        "sheet": shown.sheet_of(kept, access.case, at),
        "fare": fares_of([kept.case_id])[kept.case_id],
        "rated": rated,
        "state": state_word(access),
        "standing": version_of(kept),
        "earlier": earlier(kept),
        "events": reads.history(access, in_english()),
        "form": form if reads.may_withdraw(access, viewer) else None,
        "may_correct": reads.may_correct(kept),
        "has_errors": bool(form.errors),
    }
    answer = render(request, "tcm_pharmacy/mine_one.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("c/tcm/prescribe/check", check, name="tcm-prescribe-check"),
    path("c/tcm/prescribe/<str:code>", prescribe, name="tcm-prescribe"),
    path("c/tcm/mine", mine, name="tcm-mine"),
    path("c/tcm/mine/<str:code>", one_of_mine, name="tcm-mine-one"),
]
