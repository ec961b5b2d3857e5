"""The hall: the kiosk people check in at, the board that calls them, the desk's list of the day."""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.models import HAS_A_SEAT, Booking, BookingStatus, Seat
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking.whom import household_id_of
from kangqu.systems.appointments.day import calling, coming
from kangqu.systems.appointments.day.doctor_pages import sentence
from kangqu.systems.appointments.day.models import Visit, VisitState
from kangqu.systems.appointments.day.operations import BOARD, DAY, KIOSK
from kangqu.systems.appointments.day.reads import queue_of, told_well
from kangqu.systems.appointments.day.saying import said
from kangqu.systems.appointments.day.where import chosen_place, places_of, session_for_desk, sessions_now, visit_for
from kangqu.systems.appointments.finding.clinics import clinic_of
from kangqu.systems.appointments.serving import request_key
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

EVERY: Final = 5
_MOST: Final = 1_000
_THIRTY: Final = timedelta(days=30)


@serves(KIOSK)
def kiosk(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One field, one answer in large type. Names are masked: whoever stands behind reads along."""
    place, held = chosen_place(viewer, KIOSK, (request.POST.get("at") or request.GET.get("at", ""))[:16])
    came, refused = None, ""
    if request.method == "POST":
        by = viewer.actor(held=held, purpose=KIOSK.purpose)
        try:
            came = coming.check_in_text(
                request.POST.get("code", ""), institution_id=place.pk, by=by, at=instant_of(request)
            )
        except Refused as why:
            refused = sentence(why)
    context: dict[str, Any] = {"place": place, "places": places_of(viewer, KIOSK), "came": came, "refused": refused}
    if came is not None:
        queue = queue_of(came.visit.session, at=instant_of(request))
        context |= {"wait": queue.wait(came.ahead or 0).shown, "clinic": clinic_of(came.visit.session.schedule)}
    return render(request, "appointments/kiosk.html", context, status=422 if refused else 200)


@serves(BOARD)
def board(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Who is called where, and who is next; one department (``dept``) or all."""
    at = instant_of(request)
    place, _held = chosen_place(viewer, BOARD, request.GET.get("at", "")[:16])
    sessions = list(sessions_now([place.pk], at=at)[:200])
    departments = {
        each.schedule.department_id: each.schedule.department for each in sessions if each.schedule.department
    }
    wanted = request.GET.get("dept", "")[:20]
    queues = [queue_of(each, at=at) for each in sessions if wanted in ("", str(each.schedule.department_id))]
    called = [each for queue in queues for each in queue.of(VisitState.CALLED)]
    called.sort(key=lambda each: each.called_at or at, reverse=True)
    context = {
        "place": place, "places": places_of(viewer, BOARD), "departments": departments, "wanted": wanted, "called": called, "said": said,
        "queues": [(queue, clinic_of(queue.session.schedule)) for queue in queues if queue.waiting or queue.others], "every": EVERY,
        "at": at, "english": in_english(), "states": VisitState,
    }  # fmt: skip
    response = render(request, "appointments/call_board.html", context)
    response["Cache-Control"] = "no-store"
    return response


@serves(DAY)
def day_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everybody of today: booked, here, not come; free places; who is without a phone is checked in and registered here."""
    at = instant_of(request)
    place, held = chosen_place(viewer, DAY, (request.POST.get("at") or request.GET.get("at", ""))[:16])
    if request.method == "POST":
        try:
            messages.success(request, _desk_step(request, viewer))
        except Refused as refused:
            if refused.why is NOT_FOUND and request.POST.get("do") != "walk_in":
                raise
            messages.error(request, sentence(refused))
        return redirect(f"{request.path}?at={place.code}")
    by = viewer.actor(held=held, purpose=DAY.purpose)
    record(by.did("appointments.day_list", at=at, object_type="institution", object_id=place.pk, stream=Stream.LOOK))
    sessions = list(sessions_now([place.pk], at=at)[:200])
    context = {
        "place": place, "places": places_of(viewer, DAY), "rows": _rows(sessions, at), "words": words, "key": secrets.token_hex(8),
        "told": told_well(place.pk, since=at - _THIRTY), "states": VisitState, "at": at,
    }  # fmt: skip
    return render(request, "appointments/day_list.html", context)


def _rows(sessions: list[Any], at: Any) -> list[dict[str, Any]]:
    """Each session with its bookings, visits and free places."""
    numbers = [each.pk for each in sessions]
    bookings: dict[int, list[Booking]] = defaultdict(list)
    wanted = (*HAS_A_SEAT, BookingStatus.FULFILLED, BookingStatus.NO_SHOW)
    rows = Booking.objects.filter(session_id__in=numbers, status__in=wanted).select_related("person", "slot")
    for booking in rows.order_by("slot__starts_at", "id")[:_MOST]:
        bookings[booking.session_id].append(booking)
    visits = {each.booking_id: each for each in Visit.objects.filter(session_id__in=numbers)}
    free: dict[int, int] = defaultdict(int)
    for number in Seat.objects.filter(session_id__in=numbers, booking_id=None, starts_at__gt=at).values_list(
        "session_id", flat=True
    ):
        free[number] += 1
    return [
        {
            "session": each, "clinic": clinic_of(each.schedule), "free": free[each.pk],
            "bookings": [(booking, visits.get(booking.id)) for booking in bookings[each.pk]],
        }
        for each in sessions
    ]  # fmt: skip


def _desk_step(request: HttpRequest, viewer: Viewer) -> str:
    at, step = instant_of(request), request.POST.get("do", "")
    if step == "walk_in":
        return _walk_in(request, viewer)
    if step == "check_in":
        booking, held = booking_for(viewer, request.POST.get("booking", ""))
        came = coming.check_in(booking, institution_id=booking.session.institution_id, by=viewer.actor(held=held, purpose=DAY.purpose), at=at)  # fmt: skip
        return _("{name} 已报到，排队号 {label}。").format(name=came.visit.person.name, label=came.visit.label)
    visit, held = visit_for(viewer, DAY, request.POST.get("booking", ""))
    steps = {"back": calling.come_back, "leave": calling.leave}
    if step not in steps:
        raise Refused(NOT_FOUND)
    steps[step](visit, by=viewer.actor(held=held, purpose=DAY.purpose), at=at)
    return _("{label}：已记录。").format(label=visit.label)


def _walk_in(request: HttpRequest, viewer: Viewer) -> str:
    """Somebody at the desk with a code, a card, or her public code: booked on site and checked in."""
    at = instant_of(request)
    session, held = session_for_desk(viewer, DAY, request.POST.get("session", ""))
    text = "".join(request.POST.get("who", "")[:2000].replace("\x00", "").split()).upper()
    code = read_code(text, "R") if len(text) <= 40 else None
    by = viewer.actor(held=held, purpose=DAY.purpose)
    if code is not None:
        person = access_person(viewer, code, to=Purpose.REGISTRATION, at=at, action="appointments.desk").person
    else:
        number = coming.person_shown(text, at=at)
        coming.note_here(number, session.institution_id, at=at)  # she shows her code here: the desk may open her
        person = access_person(viewer, number, to=Purpose.REGISTRATION, at=at, action="appointments.desk").person
    came = coming.walk_in(
        person.pk, session.pk, key=request_key(request, viewer), household_id=household_id_of(person), by=by, at=at
    )
    return _("{name} 已现场挂号，排队号 {label}。").format(name=person.name, label=came.visit.label)


def booking_for(viewer: Viewer, code: str) -> Any:
    """A booking at an institution the viewer works at."""
    known = read_code(code[:40], "A")
    booking = coming.bookings().filter(code=known or "-").first()
    held = viewer.reaches(booking.session.institution.path, DAY.roles) if booking is not None else None
    if booking is None or held is None:
        raise Refused(NOT_FOUND)
    return booking, held


urlpatterns = [
    path("c/clinic/kiosk", kiosk, name="clinic-kiosk"),
    path("c/clinic/board", board, name="clinic-board"),
    path("c/clinic/day", day_list, name="clinic-day"),
]
