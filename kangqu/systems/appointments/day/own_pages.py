"""我的排队: a resident's place in the queue and how long it may take."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking.reads import booking_of
from kangqu.systems.appointments.day.models import Visit
from kangqu.systems.appointments.day.operations import QUEUE
from kangqu.systems.appointments.day.policy import rules_at
from kangqu.systems.appointments.day.reads import queue_of
from kangqu.systems.appointments.finding.clinics import clinic_of
from kangqu.systems.appointments.serving import resident_page
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of

EVERY: Final = 20


@resident_page(QUEUE)
def own_queue(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The queue as whoever waits in it sees it: her number, how many before her, from when to when."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at, action="appointments.queue")
    rows = Visit.objects.select_related("session__schedule__department", "session__institution")
    visit = rows.filter(person_id=booking.person_id, booking_id=booking.id).first()
    if visit is None:
        raise Refused(NOT_FOUND)
    queue = queue_of(visit.session, at=at)
    ahead = queue.ahead(visit)
    context = {
        "visit": visit, "booking": booking, "name": person.name, "ahead": ahead, "clinic": clinic_of(visit.session.schedule),
        "wait": queue.wait(ahead).shown if ahead is not None else None, "words": words, "every": EVERY, "rules": rules_at(at), "at": at,
        "why": visit.fee_why.get("en" if in_english() else "zh", ""),
    }  # fmt: skip
    return render(request, "appointments/own_queue.html", context)


urlpatterns = [path("h/queue/<slug:code>", own_queue, name="own-queue")]
