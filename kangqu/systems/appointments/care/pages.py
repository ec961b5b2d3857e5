"""首诊责任: whom a doctor is responsible for; handing over, accepting, free revisits, ending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.appointments.care import first, revisiting
from kangqu.systems.appointments.care.models import Episode, HandOver
from kangqu.systems.appointments.care.policy import free_days
from kangqu.systems.appointments.care.revisit import last_day
from kangqu.systems.appointments.day.doctor_pages import sentence
from kangqu.systems.appointments.day.operations import CARE
from kangqu.systems.appointments.day.where import session_for_desk
from kangqu.systems.appointments.serving import number_in, request_key
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_MOST = 200


@serves(CARE)
def care(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """My open responsibilities and what is offered to me; sent: one step of one of them."""
    at = instant_of(request)
    places = [held.institution_id for held in viewer.holding(CARE.roles)]
    if request.method == "POST":
        try:
            messages.success(request, _do(request, viewer, places))
        except Refused as refused:
            if refused.why is NOT_FOUND:
                raise
            messages.error(request, sentence(refused))
        return redirect("clinic-care")
    by = viewer.actor(held=viewer.holding(CARE.roles)[0], purpose=CARE.purpose)
    record(by.did("appointments.care_list", at=at, stream=Stream.LOOK))
    mine = Episode.objects.filter(doctor_id=viewer.account_id or 0, ended_at=None, institution_id__in=places)
    rows = [
        _row(each, at)
        for each in mine.select_related("person", "department", "institution").order_by("begun_at")[:_MOST]
    ]
    context = {
        "rows": rows, "offers": _offers(viewer, places), "at": at,
        "doctors": {place: first.doctors_at(place, at=at) for place in places},
        "departments": {place: list(Department.objects.filter(institution_id=place)[:200]) for place in places},
        "me": viewer.account_id,
    }  # fmt: skip
    return render(request, "appointments/care.html", context)


def _row(episode: Episode, at: Any) -> dict[str, Any]:
    offered = (
        HandOver.objects.filter(person_id=episode.person_id, episode_id=episode.id).order_by("-offered_at").first()
    )
    until = last_day(episode.day, free_days(episode.day), revisiting.closed_days(episode))
    return {
        "episode": episode, "offered": offered, "until": until,
        "sessions": revisiting.sessions_for(episode, at=at) if episode.tests_pending else [],
    }  # fmt: skip


def _offers(viewer: Viewer, places: Sequence[int]) -> list[dict[str, Any]]:
    rows = HandOver.objects.filter(institution_id__in=places, answered_at=None).exclude(
        from_doctor_id=viewer.account_id or 0
    )
    mine = [
        each
        for each in rows.select_related("person", "department")[:_MOST]
        if each.doctor_id in (None, viewer.account_id)
    ]
    names = dict(
        Account.objects.filter(pk__in={each.from_doctor_id for each in mine}).values_list("pk", "display_name")
    )
    return [{"offer": each, "who": names.get(each.from_doctor_id, "")} for each in mine]


def _do(request: HttpRequest, viewer: Viewer, places: list[int]) -> str:
    at, step = instant_of(request), request.POST.get("do", "")
    number = number_in(request.POST.get("number", ""))
    if number is None:
        raise Refused(NOT_FOUND)
    if step in ("accept", "decline"):
        offered = HandOver.objects.filter(id=number, institution_id__in=places).first()
        if offered is None:
            raise Refused(NOT_FOUND)
        by = _actor(viewer, offered.institution_id)
        first.answer(offered, accepted=step == "accept", words=request.POST.get("words", ""), by=by, at=at)
        return _("已接受，现在由您负责。") if step == "accept" else _("已退回。")
    episode = first.episode_for(number, places)
    by = _actor(viewer, episode.institution_id)
    match step:
        case "end":
            first.end(episode, by=by, at=at)
            return _("已结束。")
        case "offer":
            kind, _colon, whom = request.POST.get("to", "").partition(":")
            first.offer(
                episode, doctor_id=number_in(whom) if kind == "doctor" else None, reason=request.POST.get("words", ""),
                department_id=number_in(whom) if kind == "department" else None, by=by, at=at,
            )  # fmt: skip
            return _("已提出移交；对方接受以前仍由您负责。")
        case "revisit":
            session, _held = session_for_desk(viewer, CARE, request.POST.get("session", ""))
            booked = revisiting.register(episode.person_id, session, key=request_key(request, viewer), by=by, at=at)
            return _("已约免费复诊，编号 {code}。").format(code=booked.code)
    raise Refused(NOT_FOUND)


def _actor(viewer: Viewer, institution_id: int) -> Actor:
    held = next(each for each in viewer.holding(CARE.roles) if each.institution_id == institution_id)
    return viewer.actor(held=held, purpose=CARE.purpose)


urlpatterns = [path("c/clinic/care", care, name="clinic-care")]
