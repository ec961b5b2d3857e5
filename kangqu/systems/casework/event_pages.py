"""The operator's page for events that could not be delivered."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases.delivering import deliver_again, parked_events, waiting_since
from kangqu.systems.casework import operations
from kangqu.systems.casework.words import span_word
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(operations.EVENTS)
def events(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    oldest = waiting_since(at)
    context = {"rows": parked_events(), "oldest": span_word(oldest) if oldest > timedelta(0) else ""}
    return render(request, "casework/events.html", context)


@serves(operations.EVENTS)
def again(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Put a parked event back among those that wait."""
    if request.method == "POST":
        deliver_again(min(number, 2**63 - 1), by=viewer.actor(), at=instant_of(request))
        messages.success(request, _("已放回，马上重送。"))
    return redirect("events")


urlpatterns = [
    path("a/events", events, name="events"),
    path("a/events/<int:number>/again", again, name="event-again"),
]
