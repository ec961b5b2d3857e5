"""Where the administration begins: the first page of the menu the viewer may open."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from kangqu.kernel.access.viewer import Viewer
from kangqu.systems.administration import operations
from kangqu.web.serving import serves

_FIRST = (
    (operations.PLACES_READ, "places"),
    (operations.STAFF_READ, "staff"),
    (operations.TRACE_READ, "trace"),
    (operations.EMERGENCIES, "emergencies"),
)


@serves(operations.HOME)
def home(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    return redirect(next(name for operation, name in _FIRST if viewer.may(operation) is None))


urlpatterns = [path("a", home, name="administration")]
