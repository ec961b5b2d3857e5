"""预约: choose a time, confirm it in time; see, move and cancel what is booked."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, SIGN_IN, Refused
from kangqu.kernel.capacity.limits import note_asking
from kangqu.kernel.capacity.models import BookingStatus, Session
from kangqu.kernel.capacity.refusals import ALREADY_BOOKED, FULL, SEAT_LEFT
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.booking.operations import BOOK, OWN
from kangqu.systems.appointments.booking.policy import cancel_until
from kangqu.systems.appointments.booking.reads import Shown, booking_of, bookings_of, shown
from kangqu.systems.appointments.booking.whom import family_of, household_id_of, opened
from kangqu.systems.appointments.finding.clinics import clinic_by_id, clinics
from kangqu.systems.appointments.finding.free import SessionFree, sessions_free
from kangqu.systems.appointments.noshow.standing import bans_of, profile_at
from kangqu.systems.appointments.serving import asked_for, number_in, request_key, resident_page
from kangqu.web.middleware import instant_of


def session_of(code: str, *, channel: str, at: Any) -> SessionFree:
    """An open clinic session by its code, with what is free of it; any other is not found."""
    row = Session.objects.filter(code=code[:16].upper(), schedule__kind=taking.KIND, ends_at__gt=at).first()
    found = sessions_free([], since=city_day(at), until=city_day(at), channel=channel, at=at, session_ids=[row.pk]) if row else []  # fmt: skip
    if not found:
        raise Refused(NOT_FOUND)
    return found[0]


def said(refused: Refused) -> str:
    """A refusal as a page says it."""
    return f"{refused.sentence(get_language() or 'zh-hans')}（{refused.why.code}）"


@resident_page(BOOK)
def session(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The times of a session, for whom; sent: held and led to confirming, or waited for."""
    at = instant_of(request)
    if request.method == "POST":
        note_asking(viewer.account_id or 0, at=at)
    one = session_of(code, channel=taking.CITIZEN, at=at)
    family = family_of(viewer, at=at)
    refused: Refused | None = None
    if request.method == "POST":
        try:
            return _take(request, viewer, one)
        except Refused as why:
            if why.why is SIGN_IN:
                raise
            refused = why
            one = session_of(code, channel=taking.CITIZEN, at=at)
    context = {
        "one": one, "clinic": clinic_by_id(one.session.schedule_id), "family": family, "who": asked_for(request), "words": words,
        "today": city_day(at), "key": secrets.token_hex(8), "refused": said(refused) if refused else "",
        "taken": refused is not None and refused.why in (FULL, SEAT_LEFT), "has_errors": refused is not None,
        "mine": refused.facts.get("code", "") if refused is not None and refused.why is ALREADY_BOOKED else "",
        "slot": number_in(request.POST.get("slot") or request.GET.get("slot", "")), "profile": profile_at(at),
        "until": cancel_until(one.session.day, at), "at": at,
    }  # fmt: skip
    return render(request, "appointments/session.html", context, status=422 if refused else 200)


def _take(request: HttpRequest, viewer: Viewer, one: SessionFree) -> HttpResponse:
    at = instant_of(request)
    person = opened(viewer, asked_for(request), at=at, action="appointments.choose")
    asked = taking.Asked(
        person_id=person.pk, session_id=one.session.pk, slot_id=number_in(request.POST.get("slot", "")),
        key=request_key(request, viewer), household_id=household_id_of(person),
    )  # fmt: skip
    by = viewer.actor(purpose=BOOK.purpose)
    if request.POST.get("do") == "wait":
        waiting = taking.wait(asked, by=by, at=at)
        messages.success(request, _("已候补。有号会自动预约，并马上通知您。"))
        return redirect("own-appointment", waiting.code)
    held = taking.take(asked, held=True, by=by, at=at)
    return redirect("book-confirm" if held.status == BookingStatus.PROPOSED else "own-appointment", held.code)


@resident_page(BOOK)
def confirm(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """What is held, until when; confirmed, held once longer, or given back."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at)
    by = viewer.actor(purpose=BOOK.purpose)
    if request.method == "POST":
        try:
            match request.POST.get("do"):
                case "longer":
                    taking.hold_longer(booking, by=by, at=at)
                    return redirect("book-confirm", code)
                case "no":
                    taking.cancel(booking, by=by, at=at, why=_("没有确认"))
                    messages.success(request, _("已放弃，号已让出。"))
                    return redirect("book-session", booking.session.code)
            taking.confirm(booking, by=by, at=at)
        except Refused as refused:
            messages.error(request, said(refused))
            return redirect("book-session", booking.session.code)
        messages.success(request, _("预约成功。"))
        return redirect("own-appointment", code)
    if booking.status != BookingStatus.PROPOSED or booking.held_until is None or booking.held_until <= at:
        if booking.status == BookingStatus.PROPOSED or booking.status == BookingStatus.LAPSED:
            messages.warning(request, _("占号已超时释放，请重新选号。"))
            return redirect("book-session", booking.session.code)
        return redirect("own-appointment", code)
    left = max(0, int((booking.held_until - at).total_seconds()))
    context = {
        "one": shown(booking, person, at=at), "words": words, "left": left, "until": cancel_until(booking.day, at),
        "may_longer": "held_longer" not in booking.facts, "today": city_day(at), "profile": profile_at(at), "at": at,
    }  # fmt: skip
    return render(request, "appointments/confirm.html", context)


@resident_page(OWN)
def own_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The appointments of the resident and of those she may book for: ahead, or past."""
    at, past = instant_of(request), request.GET.get("past") == "1"
    family = family_of(viewer, at=at)
    for each in family:
        opened(viewer, each.person_id, at=at, action="appointments.list")
    rows = bookings_of([(each.person_id, each.name) for each in family], at=at, past=past)
    bans = [(each.name, ban) for each in family for ban in bans_of(each.person_id, at=at)]
    context = {
        "rows": rows, "past": past, "words": words, "today": city_day(at), "family": family,
        "bans": bans, "places": _places(ban.institution_id for _name, ban in bans),
    }  # fmt: skip
    return render(request, "appointments/own_list.html", context)


def _places(numbers: Any) -> dict[int, str]:
    from kangqu.kernel.access.looks import institution_names

    return institution_names([number for number in numbers if number is not None])


@resident_page(OWN)
def own(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One appointment: where and when, its code to show, what can be done with it."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at)
    if booking.status == BookingStatus.PROPOSED and booking.held_until is not None and booking.held_until > at:
        return redirect("book-confirm", code)
    one = shown(booking, person, at=at)
    context = {
        "one": one, "words": words, "today": city_day(at), "until": cancel_until(booking.day, at), "at": at,
        "history": _told(one), "appealable": _appealable(one, at),
    }  # fmt: skip
    return render(request, "appointments/own.html", context)


def _appealable(one: Shown, at: Any) -> Any:
    from kangqu.systems.appointments.noshow.appeals import standing_of

    return standing_of(one.booking, at=at) if one.booking.status == BookingStatus.NO_SHOW else None


def _told(one: Shown) -> list[Any]:
    from kangqu.systems.appointments.booking.models import News

    rows = News.objects.filter(person_id=one.booking.person_id, booking_id=one.booking.id)
    return list(rows.order_by("at"))


@resident_page(OWN)
def cancel(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Asked once, then cancelled."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at)
    if request.method == "POST":
        try:
            taking.cancel(booking, by=viewer.actor(purpose=OWN.purpose), at=at, why=request.POST.get("why", "")[:100].replace("\x00", ""))  # fmt: skip
        except Refused as refused:
            messages.error(request, said(refused))
            return redirect("own-appointment", code)
        waits = booking.status == BookingStatus.WAITLIST
        messages.success(request, _("已退出候补。") if waits else _("已取消，号已让给别人。"))
        return redirect("own-appointments")
    context = {"one": shown(booking, person, at=at), "words": words, "today": city_day(at)}
    return render(request, "appointments/cancel.html", context)


@resident_page(OWN)
def move(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Another time of the same clinic, or of its department at the hospital: chosen here, taken at once."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at)
    refused = ""
    if request.method == "POST":
        note_asking(viewer.account_id or 0, at=at)
        wanted = number_in(request.POST.get("slot", ""))
        slot = taking.slot_of(wanted)
        try:
            if slot is None:
                raise Refused(NOT_FOUND)
            taking.reschedule(booking, slot.session_id, slot.pk, by=viewer.actor(purpose=OWN.purpose), at=at)
        except Refused as why:
            refused = said(why)
        else:
            messages.success(request, _("已改约。"))
            return redirect("own-appointment", code)
    one = shown(booking, person, at=at)
    days = city_day(at), city_day(at) + timedelta(days=30)
    alike = [each.id for each in clinics(at) if each.scope == one.clinic.scope and each.institution_id == one.clinic.institution_id]  # fmt: skip
    sessions = sessions_free(alike or [one.clinic.id], since=days[0], until=days[1], channel=taking.CITIZEN, at=at)
    context = {
        "one": one, "words": words, "today": city_day(at), "refused": refused, "has_errors": bool(refused),
        "sessions": [each for each in sessions if each.free][:40], "names": {each.id: each for each in clinics(at)},
    }  # fmt: skip
    return render(request, "appointments/move.html", context, status=422 if refused else 200)


urlpatterns = [
    path("h/book/session/<slug:code>", session, name="book-session"),
    path("h/book/confirm/<slug:code>", confirm, name="book-confirm"),
    path("h/appointments", own_list, name="own-appointments"),
    path("h/appointments/<slug:code>", own, name="own-appointment"),
    path("h/appointments/<slug:code>/cancel", cancel, name="own-appointment-cancel"),
    path("h/appointments/<slug:code>/move", move, name="own-appointment-move"),
]
