"""The desk: find, register, open and keep a resident. Every way to a person leads through a door."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access import doors, emergency
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import STALE, Refused
from kangqu.kernel.people import actions, admitting, papers
from kangqu.kernel.people.refusals import KNOWN_ALREADY
from kangqu.systems.population import forms, operations, reads
from kangqu.web.asking import ask
from kangqu.web.forms import Form, RegionField, draft_done
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_CHANCE = random.SystemRandom()


@serves(operations.HOME)
def work(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    may = {
        each.name.split(".")[1]: viewer.may(each) is None
        for each in (operations.FIND, operations.REGISTER, operations.IMPORT, operations.REVIEW, operations.EMERGENCY)
    }
    waiting = reads.reviews_waiting() if may["review"] else None
    return render(request, "population/work.html", {"may": may, "waiting": waiting})


def _purpose(viewer: Viewer) -> Purpose:
    """Care for those who care, registration for those who keep the register."""
    return Purpose.CARE if viewer.holding(doors.MAY_LOOK_FOR[Purpose.CARE]) else Purpose.REGISTRATION


@serves(operations.FIND)
def residents(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The find box: a scan, a card reader or typing. Words may stand in an address; numbers of people never do."""
    asked = request.POST.get("q", "").strip() if request.method == "POST" else request.GET.get("q", "").strip()
    if request.method == "POST" and not _is_number(asked):
        return redirect(f"{reverse('residents')}?{urlencode({'q': asked})}")
    if request.method != "POST" and _is_number(asked):
        return redirect("residents")
    may_register = viewer.may(operations.REGISTER) is None
    context: dict[str, Any] = {
        "text": "" if _is_number(asked) else asked,
        "found": None,
        "refused": "",
        "may_register": may_register,
    }
    if asked:
        try:
            context["found"] = doors.search_people(viewer, asked, to=_purpose(viewer), at=instant_of(request), limit=50)
        except Refused as refused:
            context["refused"] = f"{refused.sentence(get_language() or 'zh-hans')}（{refused.why.code}）"
        else:
            if len(context["found"]) == 1 and (_is_number(asked) or read_code(asked, "R")):
                return redirect("resident", context["found"][0].code)
    answer = render(request, "population/residents.html", context, status=422 if context["refused"] else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _is_number(text: str) -> bool:
    """Whether the words are an identity number or a phone: digits that belong to a person."""
    return read_code(text, "R") is None and sum(symbol.isdigit() for symbol in text) >= 5


@serves(operations.REGISTER)
def register(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A new record; when the index knows somebody like her, the desk compares first."""
    at = instant_of(request)
    sure = forms.Sure(request.POST or None)
    held = viewer.holding(operations.REGISTER.roles)[0]
    by = viewer.actor(held=held, purpose=Purpose.REGISTRATION)
    known: list[Any] = []

    def admit(given: dict[str, Any]) -> HttpResponse:
        new, mother = reads.new_resident(given, kept_by_id=held.institution_id)
        anyway = sure.is_valid() and sure.cleaned_data["anyway"]
        try:
            person = admitting.admit(new, by=by, at=at, rng=_CHANCE, mother_name=mother, anyway=anyway)
        except Refused as refused:
            if refused.why is KNOWN_ALREADY:
                known.extend(reads.known_like(viewer, new, mother, at=at))
            raise
        messages.success(request, _("已建档：%(name)s") % {"name": person.name})
        answer = redirect("resident", person.public_code)
        draft_done(answer, "register:new")
        return answer

    form = forms.Registration(request.POST or None, initial={"name": request.GET.get("name", "")})
    _offer_divisions(form, viewer)
    return ask(request, form, admit, template="population/register.html", sure=sure, known=known)


@serves(operations.OPEN)
def resident(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    at = instant_of(request)
    opened = doors.access_person(viewer, code, to=_purpose(viewer), at=at)
    context = reads.overview(opened.person, at=at) | {
        "relation": opened.relation.value,
        "may_change": bool(viewer.holding(operations.CHANGE.roles)),
    }
    return render(request, "population/resident.html", context)


Write = Callable[[Any, Mapping[str, Any], Any], str]


def _about(
    request: HttpRequest,
    viewer: Viewer,
    code: str,
    declared: type[Form],
    title: str,
    write: Write,
    initial: Mapping[str, Any],
) -> HttpResponse:
    """A form about one resident: through the door, then the verb; a refusal stands beside its field."""
    opened = doors.access_person(viewer, code, to=Purpose.REGISTRATION, at=instant_of(request))
    by = viewer.actor(held=opened.held, purpose=Purpose.REGISTRATION)
    form = declared(
        request.POST or None,
        initial={name: value(opened.person) if callable(value) else value for name, value in initial.items()},
    )

    _offer_divisions(form, viewer)
    both: list[reads.Compared] = []

    def done(given: dict[str, Any]) -> HttpResponse:
        try:
            messages.success(request, write(opened.person, given, by))
        except Refused as refused:
            if refused.why is STALE:
                both.extend(reads.both_values(refused))
                # Saved once more, what is on the form is a choice made in sight of the other.
                form.data = request.POST.copy()
                form.data["version"] = str(refused.facts["version"])
            raise
        return redirect("resident", code)

    return ask(
        request,
        form,
        done,
        template="population/about.html",
        title=f"{title} · {opened.person.name}",
        back=reverse("resident", args=[code]),
        both=both,
    )


def _offer_divisions(form: Form, viewer: Viewer) -> None:
    field = form.fields.get("region")
    if isinstance(field, RegionField):
        field.offer(reads.divisions_served(viewer))


@serves(operations.CHANGE)
def change(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        asked = {name: value for name, value in values.items() if name != "version"}
        actions.change_person(person.pk, version=values["version"], by=by, at=instant_of(request), **asked)
        return _("已保存。")

    initial = {
        name: (lambda person, name=name: getattr(person, name)) for name in ("version", "name", "sex", "birth_date")
    }
    return _about(request, viewer, code, forms.Change, _("修改资料"), write, initial)


@serves(operations.CHANGE)
def move(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        actions.move_in(person.pk, region=values["region"], address=values["address"], by=by, at=instant_of(request))
        return _("住址已更新。")

    initial = {"region": lambda person: person.region_id or "", "address": lambda person: person.address}
    return _about(request, viewer, code, forms.Move, _("搬家"), write, initial)


@serves(operations.CHANGE)
def add_paper(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        paper = papers.Paper(kind=values["kind"], number=values["number"], verified=values["verified"])
        papers.add_identifier(person.pk, paper, by=by, at=instant_of(request))
        return _("证件已登记。")

    return _about(request, viewer, code, forms.PaperForm, _("登记证件"), write, {})


@serves(operations.CHANGE)
def add_phone(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        given = papers.PhoneGiven(number=values["phone"], holder=values["holder"] or "self")
        papers.add_phone(person.pk, given, by=by, at=instant_of(request))
        return _("手机号已登记。")

    return _about(request, viewer, code, forms.PhoneForm, _("登记手机号"), write, {})


@serves(operations.CHANGE)
def leave(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        actions.move_out(person.pk, on=values["on"], by=by, at=instant_of(request), reason=values["reason"])
        return _("已登记迁出。")

    return _about(request, viewer, code, forms.OnDay, _("登记迁出"), write, {})


@serves(operations.CHANGE)
def death(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        actions.record_death(person.pk, on=values["on"], by=by, at=instant_of(request), reason=values["reason"])
        return _("已登记死亡，亲情账户同时停止。")

    return _about(request, viewer, code, forms.OnDay, _("登记死亡"), write, {})


@serves(operations.CHANGE)
def undo_death(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    def write(person: Any, values: Mapping[str, Any], by: Any) -> str:
        actions.undo_death(person.pk, by=by, at=instant_of(request), reason=values["reason"])
        return _("已更正。")

    return _about(request, viewer, code, forms.Because, _("更正误登的死亡"), write, {})


@serves(operations.REVEAL)
def reveal(request: HttpRequest, viewer: Viewer, code: str, what: str, number: int) -> HttpResponse:
    """A sealed number in clear, on this one answer; the resident sees that it was shown."""
    shown = doors.reveal(viewer, code, what=what, row_id=number, to=Purpose.REGISTRATION, at=instant_of(request))
    answer = render(request, "population/revealed.html", {"shown": shown, "code": code})
    answer["Cache-Control"] = "no-store"
    answer["Refresh"] = f"30; url={reverse('resident', args=[code])}"
    return answer


@serves(operations.EMERGENCY)
def open_emergency(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Open a resident outside one's scope: reason first, review afterwards, and she sees it."""

    def open_it(given: dict[str, Any]) -> HttpResponse:
        code, reason = given["code"].strip().upper(), emergency.Reason(given["reason"])
        emergency.open_break_glass(viewer, code, reason=reason, note=given["note"], at=instant_of(request))
        return redirect("resident", code)

    form = forms.Emergency(request.POST or None, initial={"code": request.GET.get("code", "")})
    return ask(request, form, open_it, template="population/emergency.html")


def _at(name: str, view: Callable[..., HttpResponse]) -> Any:
    return path(f"c/p/<str:code>/{name}", view, name=f"resident-{name}")


urlpatterns = [
    path("c", work, name="work"),
    path("c/p", residents, name="residents"),
    path("c/p/new", register, name="resident-new"),
    path("c/emergency", open_emergency, name="emergency-open"),
    path("c/p/<str:code>", resident, name="resident"),
    _at("change", change),
    _at("move", move),
    _at("paper", add_paper),
    _at("phone", add_phone),
    _at("leave", leave),
    _at("death", death),
    _at("undo-death", undo_death),
    path("c/p/<str:code>/reveal/<str:what>/<int:number>", reveal, name="resident-reveal"),
]
