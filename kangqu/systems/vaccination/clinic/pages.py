"""接种门诊: scan who comes, ask, choose vaccine and lot, give, observe, let go. Scanner and keyboard are enough."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kangqu.kernel.access.doors import Access, access_person, search_people
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import CITY, age_on, city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, SIGN_IN, Refused
from kangqu.kernel.people.codes.encoding import CODE_LENGTH
from kangqu.kernel.people.codes.reading import BARCODE_LENGTH
from kangqu.systems.vaccination import showing
from kangqu.systems.vaccination.adverse.actions import report_adverse
from kangqu.systems.vaccination.clinic import forms, reads
from kangqu.systems.vaccination.clinic.actions import ask_before, end_observation
from kangqu.systems.vaccination.clinic.arriving import arrive
from kangqu.systems.vaccination.definition import CLINIC, DOCTORS
from kangqu.systems.vaccination.forms import product_name
from kangqu.systems.vaccination.models import Dose, ObservationEnd
from kangqu.systems.vaccination.records.asked import Injection
from kangqu.systems.vaccination.records.giving import LETTER, give
from kangqu.systems.vaccination.records.questions import QUESTIONS, stopped_by
from kangqu.systems.vaccination.records.reads import entries_of
from kangqu.systems.vaccination.records.striking import strike
from kangqu.web.asking import ask
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

EVERY: Final = 20
"""Seconds between two looks of the board at itself."""


def held_of(viewer: Viewer) -> Held:
    return viewer.holding(CLINIC.roles)[0]


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The box for a code, a card or a name, and who is being observed. What is typed never stands in an address."""
    at, held = instant_of(request), held_of(viewer)
    found, refused = None, ""
    if request.method == "POST":
        text = request.POST.get("q", "").strip()
        try:
            code = _whose(text, viewer, held, at)
            if code:
                return redirect("vaccination-person", code)
            found = search_people(viewer, text, to=Purpose.CARE, at=at, limit=20)
        except Refused as why:
            if why.why is SIGN_IN:
                raise
            refused = why.sentence(get_language() or "zh-hans")
    shown = {
        "found": found,
        "refused": refused,
        "watched": reads.watched(held.institution_id, at),
        "given": reads.given_today(held.institution_id, city_day(at)),
        "every": EVERY,
        "name_of": product_name,
    }
    return _no_store(render(request, "vaccination/desk.html", shown, status=422 if refused else 200))


def _whose(text: str, viewer: Viewer, held: Held, at: datetime) -> str:
    """The public code of whoever the text names by itself: a public code, or a live code or barcode that is shown."""
    code = read_code(text[:40], "R")
    if code is not None:
        return code
    shown = "".join(text[:2000].split()).upper()
    if len(shown) not in (CODE_LENGTH, BARCODE_LENGTH) or not shown.startswith("R"):
        return ""
    by = viewer.actor(held=held, purpose=Purpose.CARE)
    return arrive(shown, institution_id=held.institution_id, by=by, at=at)


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """A person at the desk: her doses, what is due and why, the questions, and then the dose."""
    at = instant_of(request)
    opened = access_person(viewer, code, to=Purpose.CARE, at=at, action="vaccination.look")
    questions, dose = forms.Questions(), None
    if request.method == "POST" and "asked_all" in request.POST:
        questions = forms.Questions(request.POST)
        if questions.is_valid():
            held = held_of(viewer)
            by = viewer.actor(held=held, purpose=Purpose.CARE)
            ask_before(opened.person.pk, questions.answers, institution_id=held.institution_id, by=by, at=at)
            return redirect("vaccination-person", opened.person.public_code)
    elif request.method == "POST":
        dose = forms.Give(request.POST)
        done = _given(request, viewer, opened, dose, at) if dose.is_valid() else None
        if done is not None:
            return done
    return _person(request, viewer, opened, questions, dose, at)


def _given(request: HttpRequest, viewer: Viewer, opened: Access, form: forms.Give, at: datetime) -> HttpResponse | None:
    """Give the dose; None when it is refused, which stands in the form then."""
    held = held_of(viewer)
    doctor = next((each for each in viewer.holding(DOCTORS) if each.institution_id == held.institution_id), None)
    asked = form.cleaned_data
    by = viewer.actor(held=doctor if doctor is not None and asked["decided"] else held, purpose=Purpose.CARE)
    injection = Injection(
        person_id=opened.person.pk, key=asked["key"], vaccine=asked["vaccine"], lot=asked["lot"].strip(), maker=asked["maker"],
        given_at=at, site=asked["site"], decided=asked["decided"],
    )  # fmt: skip
    try:
        told = give(injection, institution_id=held.institution_id, by=by, at=at)
    except Refused as refused:
        if refused.why is SIGN_IN:
            raise
        form.refuse(refused, get_language() or "zh-hans")
        return None
    numbers = "、".join(str(number) for number in told.numbers.values() if number) or "—"
    words = {"vaccine": product_name(asked["vaccine"]), "number": numbers}
    messages.success(request, _("已接种：%(vaccine)s，第 %(number)s 剂。请到留观区。") % words, extra_tags="scan")
    return redirect("vaccination-person", opened.person.public_code)


def _person(
    request: HttpRequest, viewer: Viewer, opened: Access, questions: forms.Questions, dose: Any, at: datetime
) -> HttpResponse:
    held, day, who = held_of(viewer), city_day(at), opened.person
    check = None if "again" in request.GET else reads.check_of(who.pk, held.institution_id, day)
    found = reads.due_for(who.pk, day)
    lots = reads.lots_at(held.institution_id, at)
    series = showing.shown(found) if found is not None else []
    now = [
        each for each in series if each.found.next is not None and each.found.next.today and not each.found.historical
    ]
    context = {
        "person": who,
        "age": age_on(who.birth_date, day) if who.birth_date else None,
        "doses": reversed(entries_of(who)),
        "series": series,
        "now": now,
        "said": showing.said,
        "questions": questions,
        "check": check,
        "stopping": [(each.en if in_english() else each.zh) for code, each in QUESTIONS.items() if check and code in check.stops],
        "stopped": {each.found.next.vaccine: bool(check and stopped_by(check.answers, each.found.next.vaccine)) for each in now if each.found.next},
        "lots": lots,
        "dose": dose if dose is not None else _blank(now, lots, check),
        "here": held.institution_id,
        "name_of": product_name,
        "has_errors": bool(questions.errors or (dose and dose.errors)),
    }  # fmt: skip
    answer = render(request, "vaccination/person.html", context, status=422 if context["has_errors"] else 200)
    return _no_store(answer)


def _blank(now: list[showing.Shown], lots: dict[str, Any], check: Any) -> forms.Give:
    """The form as the nurse most likely wants it: what presses most and is in the fridge, from the lot that expires first."""
    ready = [each.found.next.vaccine for each in now if each.found.next is not None and each.found.next.vaccine in lots]
    ready = [each for each in ready if check is None or not stopped_by(check.answers, each)]
    first = {"vaccine": ready[0], "lot": lots[ready[0]][0].number} if ready else {}
    return forms.Give(initial={**first, "key": secrets.token_hex(16)})


@serves(CLINIC)
@require_POST
def release(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Let somebody go whose minutes are over."""
    try:
        _end(request, viewer, number, ObservationEnd.RELEASED, "")
        messages.success(request, _("已结束留观。"))
    except Refused as refused:
        if refused.why is SIGN_IN:
            raise
        messages.error(request, refused.sentence(get_language() or "zh-hans"))
    return redirect("vaccination-clinic")


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Left against advice: written down, with what was said."""

    def write(given: dict[str, Any]) -> HttpResponse:
        _end(request, viewer, number, ObservationEnd.LEFT, given["why"])
        messages.success(request, _("已记下自行离开。"))
        return redirect("vaccination-clinic")

    form = forms.Ending(request.POST or None)
    return ask(request, form, write, title=_("自行提前离开"), back=reverse("vaccination-clinic"))


def _end(request: HttpRequest, viewer: Viewer, number: int, how: ObservationEnd, why: str) -> None:
    if not 0 < number < 2**63:
        raise Refused(NOT_FOUND)
    held = held_of(viewer)
    by = viewer.actor(held=held, purpose=Purpose.CARE)
    end_observation(number, how, why=why, institution_id=held.institution_id, by=by, at=instant_of(request))


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def strike_out(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Strike out a dose this clinic wrote down wrongly."""

    def write(given: dict[str, Any]) -> HttpResponse:
        held = held_of(viewer)
        by = viewer.actor(held=held, purpose=Purpose.CARE)
        strike(code, why=given["why"], institution_id=held.institution_id, by=by, at=instant_of(request))
        messages.success(request, _("已作废；其他各剂已重新计算。库存没有退回。"))
        return redirect("vaccination-clinic")

    form = forms.Striking(request.POST or None)
    return ask(request, form, write, title=_("作废接种记录"), back=reverse("vaccination-clinic"))


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def reaction(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """A suspected reaction after a dose, written down by any clinic whose door she stands open to."""
    at, held = instant_of(request), held_of(viewer)
    dose = Dose.objects.filter(code=read_code(code, LETTER) or "").first()
    opened = access_person(viewer, dose.person_id if dose else 0, to=Purpose.CARE, at=at, action="vaccination.look")
    assert dose is not None  # the door of nobody does not open

    def write(given: dict[str, Any]) -> HttpResponse:
        onset = datetime.combine(given["onset_day"], given["onset_time"], CITY)
        case, _fresh = report_adverse(
            dose, symptom=given["symptom"], severity=given["severity"], onset_at=onset, institution_id=held.institution_id,
            by=viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH), at=at,
        )  # fmt: skip
        messages.success(request, _("已登记，请在时限内报告县级疾控。"))
        return redirect("case", case.code)

    here = at.astimezone(CITY)
    form = forms.Reaction(request.POST or None, initial={"onset_day": here.date(), "onset_time": f"{here:%H:%M}"})
    back = reverse("vaccination-person", args=[opened.person.public_code])
    return ask(request, form, write, title=_("登记疑似异常反应"), back=back)


def _no_store(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("c/vaccination/clinic", desk, name="vaccination-clinic"),
    path("c/vaccination/people/<slug:code>", person, name="vaccination-person"),
    path("c/vaccination/observations/<int:number>/release", release, name="vaccination-release"),
    path("c/vaccination/observations/<int:number>/leave", leave, name="vaccination-leave"),
    path("c/vaccination/doses/<slug:code>/reaction", reaction, name="vaccination-reaction"),
    path("c/vaccination/doses/<slug:code>/strike", strike_out, name="vaccination-strike"),
]
