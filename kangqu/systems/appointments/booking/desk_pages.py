"""窗口代约: somebody at the desk, or a village doctor, books for a person at hand, on the channels her post may use."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.doors import access_person, search_people
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.places.models import Institution
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.booking.operations import DESK
from kangqu.systems.appointments.booking.pages import said, session_of
from kangqu.systems.appointments.booking.reads import AHEAD, bookings_of
from kangqu.systems.appointments.booking.refusals import ROLE_CHANNEL
from kangqu.systems.appointments.booking.whom import household_id_of
from kangqu.systems.appointments.finding.clinics import clinic_by_id, clinics
from kangqu.systems.appointments.finding.free import sessions_free
from kangqu.systems.appointments.finding.pages import wanted_in
from kangqu.systems.appointments.finding.search import search
from kangqu.systems.appointments.serving import number_in, request_key
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_REFERS: Final = frozenset({Role.DOCTOR, Role.FAMILY_DOCTOR, Role.VILLAGE_DOCTOR, Role.MIDWIFE, Role.NURSE})
_OWN: Final[Mapping[str, frozenset[Role]]] = {
    "onsite": DESK.roles,
    "returning": frozenset({Role.DOCTOR, Role.NURSE, Role.REGISTRAR}),
    "green": frozenset({Role.DOCTOR, Role.NURSE}),
}
"""Channels at one's own institution; referral goes to any of the city."""


def channels_of(viewer: Viewer, institution: Institution) -> dict[str, Held]:
    """The channels this viewer may book on at an institution, each with the grant she does it under."""
    found: dict[str, Held] = {}
    for channel, roles in _OWN.items():
        held = viewer.reaches(institution.path, roles & DESK.roles)
        if held is not None:
            found[channel] = held
    refers = viewer.holding(_REFERS & DESK.roles)
    if refers:
        found["referral"] = refers[0]
    return found


@serves(DESK)
def book(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Who is it: a scanned card's or resident's code leads on, a name or number is looked for in the desk's reach."""
    at, text = instant_of(request), request.POST.get("q", "").replace("\x00", "").strip()[:100]
    code = read_code(text, "R") if len(text) <= 40 else None
    if code is not None:
        return redirect("desk-book-for", code)
    people, refused = [], ""
    if text:
        try:
            people = search_people(viewer, text, to=Purpose.REGISTRATION, at=at)
        except Refused as why:
            refused = said(why)
    context = {"q": text, "people": people, "refused": refused}
    return render(request, "appointments/desk.html", context, status=422 if refused else 200)


@serves(DESK)
def book_for(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Find a clinic for the resident; what she has ahead stands beside it."""
    at = instant_of(request)
    person = access_person(viewer, code, to=Purpose.REGISTRATION, at=at, action="appointments.desk").person
    wanted = wanted_in(request)
    today = city_day(at)
    clinic = next((each for each in clinics(at) if each.code == request.GET.get("clinic", "")), None)
    mine = {held.institution_id for held in viewer.holding(DESK.roles)}
    shown = search(wanted, at=at) if wanted.anything else None
    here = [each for each in clinics(at) if each.institution_id in mine][:50]
    sessions = _sessions(viewer, clinic.id, clinic.institution_id, today, at) if clinic else []
    context = {
        "person": person, "wanted": wanted, "answer": shown, "here": here, "clinic": clinic, "sessions": sessions, "words": words,
        "today": today, "ahead": bookings_of([(person.pk, person.name)], at=at, past=False),
    }  # fmt: skip
    return render(request, "appointments/desk_for.html", context)


def _sessions(viewer: Viewer, schedule_id: int, institution_id: int, today: Any, at: Any) -> list[Any]:
    """The sessions of a clinic with what is free on each channel this viewer may use."""
    may = channels_of(viewer, Institution.objects.get(pk=institution_id))
    until = today + timedelta(days=30)
    found: dict[int, Any] = {}
    for channel in may:
        for each in sessions_free([schedule_id], since=today, until=until, channel=channel, at=at):
            found.setdefault(each.session.pk, (each.session, {}))[1][channel] = each.free
    return list(found.values())


@serves(DESK)
def session(request: HttpRequest, viewer: Viewer, code: str, session: str) -> HttpResponse:
    """The times of a session on one channel; sent: booked at once."""
    at = instant_of(request)
    person = access_person(viewer, code, to=Purpose.REGISTRATION, at=at, action="appointments.desk").person
    channel = (request.POST.get("channel") or request.GET.get("channel") or "onsite")[:12]
    one = session_of(session, channel=channel, at=at)
    may = channels_of(viewer, Institution.objects.get(pk=one.session.institution_id))
    refused = ""
    if request.method == "POST":
        try:
            booked = _book(request, viewer, person, one.session.pk, channel, may)
        except Refused as why:
            refused = said(why)
            one = session_of(session, channel=channel, at=at)
        else:
            text = (
                _("已为 {name} 预约，编号 {code}。")
                if booked.status == "booked"
                else _("已为 {name} 候补，编号 {code}。")
            )
            messages.success(request, text.format(name=person.name, code=booked.code))
            return redirect("desk-book-for", person.public_code)
    context = {
        "person": person, "one": one, "clinic": clinic_by_id(one.session.schedule_id), "may": list(may), "channel": channel,
        "words": words, "today": city_day(at), "key": secrets.token_hex(8), "refused": refused, "has_errors": bool(refused),
    }  # fmt: skip
    return render(request, "appointments/desk_session.html", context, status=422 if refused else 200)


def _book(request: HttpRequest, viewer: Viewer, person: Any, session_id: int, channel: str, may: Mapping[str, Held]) -> Any:  # fmt: skip
    held = may.get(channel)
    if held is None:
        raise Refused(ROLE_CHANNEL)
    asked = taking.Asked(
        person_id=person.pk, session_id=session_id, slot_id=number_in(request.POST.get("slot", "")), channel=channel,
        key=request_key(request, viewer), household_id=household_id_of(person), facts={"desk": held.institution_id},
    )  # fmt: skip
    by, at = viewer.actor(held=held, purpose=DESK.purpose), instant_of(request)
    if request.POST.get("do") == "wait":
        return taking.wait(asked, by=by, at=at)
    return taking.take(asked, held=False, by=by, at=at)


@serves(DESK)
def cancel(request: HttpRequest, viewer: Viewer, code: str, booking: str) -> HttpResponse:
    """Cancel for the resident, also after her own deadline: of the desk's own institution, or what the desk booked."""
    at = instant_of(request)
    person = access_person(viewer, code, to=Purpose.REGISTRATION, at=at, action="appointments.desk").person
    if request.method == "POST":
        row = Booking.objects.filter(person_id=person.pk, code=booking[:16], kind=taking.KIND, status__in=AHEAD).first()
        held = viewer.reaches(row.session.institution.path, DESK.roles) if row is not None else None
        if row is not None and held is None and row.made_by == viewer.account_id:
            held = viewer.holding(DESK.roles)[0]
        if row is None or held is None:
            messages.error(request, _("这个预约不归本机构，请打医院电话。"))
        else:
            try:
                taking.cancel(row, by=viewer.actor(held=held, purpose=DESK.purpose), at=at, why=_("窗口代为取消"), himself=False)  # fmt: skip
                messages.success(request, _("已取消。"))
            except Refused as why:
                messages.error(request, said(why))
    return redirect("desk-book-for", person.public_code)


urlpatterns = [
    path("c/appointments/book", book, name="desk-book"),
    path("c/appointments/book/<slug:code>", book_for, name="desk-book-for"),
    path("c/appointments/book/<slug:code>/session/<slug:session>", session, name="desk-book-session"),
    path("c/appointments/book/<slug:code>/cancel/<slug:booking>", cancel, name="desk-book-cancel"),
]
