"""The pages of the review desk: the queue, one prescription, its signature, its return."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import SIGN_IN, Refused
from kangqu.kernel.cases.refusals import MEANWHILE
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.definition import DESK
from kangqu.systems.tcm_pharmacy.desk import reads, words
from kangqu.systems.tcm_pharmacy.desk.forms import Opinion, Return, Seen, Why
from kangqu.systems.tcm_pharmacy.desk.reads import Opened, open_prescription
from kangqu.systems.tcm_pharmacy.desk.sheet import sheet_of
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

SHOWN: Final = 50


@serves(DESK)
def queue(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What waits, in the order of the desk; F8 opens the first that is the viewer's to sign."""
    at = instant_of(request)
    lines = reads.queue(viewer, at)
    total, late = reads.how_many(viewer, at)
    first = next((line.task.code for line in lines if not line.mine), "")
    context = {"lines": lines[:SHOWN], "total": total, "late": late, "first": first, "shown": SHOWN}
    return _kept_off_disk(render(request, "tcm_pharmacy/queue.html", context))


@serves(DESK)
def sheet(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """A prescription, and the signature it waits for; once signed, the next one opens."""
    at = instant_of(request)
    opened = open_prescription(viewer, code, at)
    if request.method != "POST":
        return _shown(request, viewer, opened, _signature(opened, None), at)
    step = request.POST.get("step", "")
    form = _form_of(step)(request.POST)
    if form.is_valid():
        refused = _taken(viewer, opened, step, form, at)
        if refused is None:
            return _next(request, viewer, opened, at, _("已签字：%(number)s") % {"number": opened.kept.number})
        form.refuse(refused, get_language() or "zh-hans")
        opened = open_prescription(viewer, code, at)
        form.stands_at(opened.access.case.seq)
    return _shown(request, viewer, opened, form, at)


def _form_of(step: str) -> type[Seen]:
    return Why if step == "first_sign" else Opinion


def _signature(opened: Opened, given: Any) -> Seen | None:
    if opened.sign is None:
        return None
    return _form_of(opened.sign.code)(given, initial={"seq": opened.access.case.seq})


def _taken(viewer: Viewer, opened: Opened, step: str, form: Seen, at: datetime) -> Refused | None:
    """Take ``step`` in the post the viewer holds at this pharmacy; why not, when it is refused."""
    if step not in (*reads.SIGNING, "return_to_doctor"):
        return Refused(MEANWHILE)
    declared = opened.access.programme.step(step)
    by = opened.access.actor(viewer, declared)
    try:
        take_step(opened.access.case.id, step, by=by, at=at, values=form.answers, seq=form.cleaned_data["seq"])
    except Refused as refused:
        if refused.why is SIGN_IN:
            raise
        return refused
    return None


def _next(request: HttpRequest, viewer: Viewer, opened: Opened, at: datetime, said: str) -> HttpResponse:
    messages.success(request, said)
    code = reads.next_for(viewer, at, but=opened.access.case.code)
    return redirect("tcm-review-sheet", code) if code else redirect("tcm-review")


def _shown(request: HttpRequest, viewer: Viewer, opened: Opened, form: Seen | None, at: datetime) -> HttpResponse:
    errors = bool(form and form.errors)
    context = {
        "sheet": sheet_of(opened.kept, opened.access.case, at),
        "opened": opened,
        "state": reads.state_word(opened.access),
        "form": form,
        "sign": opened.sign,
        "first": reads.first_signature(opened.access),
        "earlier": reads.earlier(opened.kept),
        "next": reads.next_for(viewer, at, but=opened.access.case.code),
        "has_errors": errors,
    }
    return _kept_off_disk(render(request, "tcm_pharmacy/sheet.html", context, status=422 if errors else 200))


@serves(DESK)
def give_back(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Return a prescription to its doctor, with the ground and in words; what was found stands there already."""
    at = instant_of(request)
    opened = open_prescription(viewer, code, at)
    if not opened.may_return and request.method != "POST":
        return redirect("tcm-review-sheet", opened.access.case.code)
    shown = sheet_of(opened.kept, opened.access.case, at)
    grave = [each for each in shown.review.findings if each.grave and not each.resigned]
    initial = {
        "seq": opened.access.case.seq,
        "ground": words.GROUND_OF.get(grave[0].family, "other") if grave else "",
        "reason": "".join(each.zh for each in grave[:3])[:300],
    }
    grounds = [("", _("请选择")), *reads.grounds()]
    form = Return(request.POST or None, initial=initial, grounds=grounds)
    if request.method == "POST" and form.is_valid():
        refused = _taken(viewer, opened, "return_to_doctor", form, at)
        if refused is None:
            return _next(request, viewer, opened, at, _("已退回医生：%(number)s") % {"number": opened.kept.number})
        form.refuse(refused, get_language() or "zh-hans")
        form.stands_at(open_prescription(viewer, code, at).access.case.seq)
    context = {"form": form, "sheet": shown, "grave": grave, "has_errors": bool(form.errors)}
    return _kept_off_disk(
        render(request, "tcm_pharmacy/return.html", context, status=422 if form.errors else 200)
    )  # fmt: skip


def _kept_off_disk(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [
    path("c/tcm/review", queue, name="tcm-review"),
    path("c/tcm/review/<str:code>", sheet, name="tcm-review-sheet"),
    path("c/tcm/review/<str:code>/return", give_back, name="tcm-review-return"),
]
