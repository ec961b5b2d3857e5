"""The operator's page: health, queue, backups. It tells of the running house, so it lives with it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.notices.reads import parked
from kangqu.site import state
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.middleware import instant_of
from kangqu.web.serving import may_open, serves

OPERATE = operation("house.state", "运行状态", "State of the house", roles={Role.SYSTEM_ADMIN}, reach=Reach.CITY)

add_to_menu(
    "a",
    MenuItem(
        key="system",
        label=_("运行状态"),
        icon="chart",
        view="system",
        order=90,
        allowed=may_open(OPERATE),
    ),
)


@serves(OPERATE)
def system(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    context = {
        "lines": state.lines(at),
        "jobs": state.jobs(),
        "backups": state.backups(settings.KANGQU_HOME)[:20],
        "parked": parked(20),
    }
    return render(request, "operator/system.html", context)


urlpatterns = [path("a/system", system, name="system")]
