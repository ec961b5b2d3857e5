"""The demonstration's own page: the texts its telephone received and what the authenticators of sample staff show."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.second_factor import demo_codes
from kangqu.kernel.access.viewer import Viewer
from kangqu.site.telephone import received_texts
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

DEMO = operation("demo.codes", "演示验证码", "Codes of the demonstration", reach=Reach.PUBLIC)


@serves(DEMO)
def demo_codes_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Sample accounts only, and only where the demonstration's telephone runs: elsewhere there is no such page."""
    if not settings.KANGQU_DEMO:
        raise Http404
    shown = {"texts": received_texts(), "codes": demo_codes(instant_of(request))}
    response = render(request, "demo_codes.html", shown)
    response["Cache-Control"] = "no-store"
    return response
