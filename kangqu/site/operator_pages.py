"""The operator's page: health, queue, backups. It tells of the running house, so it lives with it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.notices.reads import parked
from kangqu.site import state
from kangqu.site.jobs import failed_jobs, forget_job, retry_job
from kangqu.systems.tcm_pharmacy.demo.switch import is_demo, is_on, turn
from kangqu.web.asking import confirm
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.middleware import instant_of
from kangqu.web.serving import may_open, serves

OPERATE = operation("house.state", "运行状态", "State of the house", roles={Role.SYSTEM_ADMIN}, reach=Reach.CITY)
OPERATE_JOBS = operation(
    "house.jobs", "重做或放弃失败的任务", "Retry or drop failed jobs", roles={Role.SYSTEM_ADMIN}, reach=Reach.CITY
)
_LARGEST = 2**63

add_to_menu(
    "a",
    MenuItem(
        key="system",
        label=gettext_lazy("运行状态"),
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
        "failed": failed_jobs(),
        "backups": state.backups(settings.KANGQU_HOME)[:20],
        "parked": parked(20),
        "pharmacy": is_on() if is_demo() else None,
    }
    return render(request, "operator/system.html", context)


@serves(OPERATE_JOBS)
def retry(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    if request.method == "POST":
        retry_job(min(number, _LARGEST - 1), by=viewer.actor(), at=instant_of(request))
        messages.success(request, gettext("已放回队列，马上重做"))
        return redirect("system")
    sentence = gettext("把任务 %(number)s 放回队列重做。任务重做不会重复生效。") % {"number": number}
    return confirm(request, gettext("重做"), sentence, reverse("system"))


@serves(OPERATE_JOBS)
def forget(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    if request.method == "POST":
        forget_job(min(number, _LARGEST - 1), by=viewer.actor(), at=instant_of(request))
        messages.success(request, gettext("已放弃这个任务"))
        return redirect("system")
    sentence = gettext("放弃任务 %(number)s，它要做的事不会再做。放弃会留痕。") % {"number": number}
    return confirm(request, gettext("放弃"), sentence, reverse("system"))


@serves(OPERATE_JOBS)
def pharmacy(request: HttpRequest, viewer: Viewer, wanted: str) -> HttpResponse:
    """The switch of the demo's pharmacy."""
    if wanted not in ("on", "off") or not is_demo():
        raise Refused(NOT_FOUND)
    if request.method == "POST":
        turn(wanted == "on", by=viewer.actor(), at=instant_of(request))
        messages.success(request, gettext("演示药房已开动") if wanted == "on" else gettext("演示药房已停下"))
        return redirect("system")
    sentence = gettext("演示药房会不断收到模拟处方，并一步步做完。")
    return confirm(request, gettext("演示药房"), sentence, reverse("system"))


urlpatterns = [
    path("a/system", system, name="system"),
    path("a/system/pharmacy/<slug:wanted>", pharmacy, name="demo-pharmacy"),
    path("a/system/jobs/<int:number>/retry", retry, name="job-retry"),
    path("a/system/jobs/<int:number>/forget", forget, name="job-forget"),
]
