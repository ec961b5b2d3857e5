"""叫号: a doctor's list of a session, and the next patient by one key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.models import Session
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.appointments import words
from kangqu.systems.appointments.day import calling
from kangqu.systems.appointments.day.models import Post, Visit, VisitState
from kangqu.systems.appointments.day.operations import CALL
from kangqu.systems.appointments.day.reads import queue_of
from kangqu.systems.appointments.day.saying import said
from kangqu.systems.appointments.day.where import my_sessions, session_for, visit_for
from kangqu.systems.appointments.finding.clinics import clinic_of
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

EVERY: Final = 10
_STEPS: Final[Mapping[str, Callable[..., Visit]]] = {
    "again": calling.call_again,
    "pass": calling.passed,
    "enter": calling.enter,
    "tests": calling.send_for_tests,
    "finish": calling.finish,
    "finish_pending": calling.finish_pending,
    "back": calling.come_back,
}


def sentence(refused: Refused) -> str:
    return f"{refused.sentence(get_language() or 'zh-hans')}（{refused.why.code}）"


@serves(CALL)
def sessions(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The doctor's sessions of today; a single one opens at once."""
    at = instant_of(request)
    mine = my_sessions(viewer, CALL, at=at)
    if len(mine) == 1:
        return redirect("clinic-call", mine[0].code)
    shown = [(each, clinic_of(each.schedule), queue_of(each, at=at)) for each in mine]
    return render(request, "appointments/day_sessions.html", {"sessions": shown, "words": words})


@serves(CALL)
def call(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The queue of a session; sent: one step of one patient."""
    session, held = session_for(viewer, CALL, code)
    at = instant_of(request)
    by = viewer.actor(held=held, purpose=CALL.purpose)
    if request.method == "POST":
        try:
            _do(request, viewer, session, held)
        except Refused as refused:
            if refused.why is NOT_FOUND:
                raise
            messages.error(request, sentence(refused))
        return redirect("clinic-call", session.code)
    if not request.headers.get("HX-Request"):
        record(by.did("appointments.day_list", at=at, object_type="session", object_id=session.pk, stream=Stream.LOOK))
    response = render(request, "appointments/day_call.html", _shown(session, viewer, at))
    response["Cache-Control"] = "no-store"
    return response


def _do(request: HttpRequest, viewer: Viewer, session: Session, held: Held) -> None:
    by, at = viewer.actor(held=held, purpose=CALL.purpose), instant_of(request)
    step = request.POST.get("do", "")
    if step == "next":
        visit = calling.call_next(session, room=request.POST.get("room", ""), by=by, at=at)
        messages.success(request, said(visit).zh)
        return
    visit, _held = visit_for(viewer, CALL, request.POST.get("visit", ""))
    if step not in _STEPS or visit.session_id != session.pk:
        raise Refused(NOT_FOUND)
    _STEPS[step](visit, by=by, at=at)
    messages.success(request, _("{label}：已记录。").format(label=visit.label))


def _shown(session: Session, viewer: Viewer, at: Any) -> dict[str, Any]:
    queue = queue_of(session, at=at)
    mine = [each for each in queue.of(VisitState.CALLED, VisitState.IN_ROOM) if each.doctor_id == viewer.account_id]
    post = Post.objects.filter(session=session, doctor_id=viewer.account_id or 0).first()
    return {
        "session": session, "clinic": clinic_of(session.schedule), "queue": queue, "mine": mine, "words": words,
        "called": next((each for each in mine if each.state == VisitState.CALLED), None),
        "inside": [each for each in mine if each.state == VisitState.IN_ROOM],
        "elsewhere": [each for each in queue.others if each not in mine],
        "room": post.room if post is not None else str(session.schedule.facts.get("room", "")), "every": EVERY, "at": at, "said": said,
    }  # fmt: skip


urlpatterns = [
    path("c/clinic", sessions, name="clinic-sessions"),
    path("c/clinic/call/<slug:code>", call, name="clinic-call"),
]
