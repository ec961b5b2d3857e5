"""排班: the keeper's pages. Complete as forms; what a change would do is shown before it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.capacity.sessions import Generated
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.rosters import keeping
from kangqu.systems.appointments.rosters.forms import ROWS, ClinicForm, CopyForm, DayForm, initial_of
from kangqu.systems.appointments.rosters.operations import KEEP, SEE
from kangqu.systems.appointments.rosters.reads import clinics_of, days_ahead, departments_of, doctors_of
from kangqu.systems.appointments.rosters.rows import Asked
from kangqu.web.asking import ask, confirm
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


def _held(viewer: Viewer) -> Held:
    return viewer.holding(KEEP.roles)[0]


def _by(viewer: Viewer) -> Actor:
    return viewer.actor(held=_held(viewer), purpose=Purpose.REGISTRATION)


@serves(SEE)
def clinics(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The institution's clinics."""
    held = viewer.holding(SEE.roles)[0]
    return render(
        request,
        "appointments/clinics.html",
        {"clinics": clinics_of(held.institution_id), "may_keep": viewer.may(KEEP) is None},
    )


@serves(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Open a clinic."""
    held = _held(viewer)
    options = {"departments": departments_of(held.institution_id), "doctors": doctors_of(held.institution_id)}
    form = ClinicForm(request.POST if request.method == "POST" else None, **options)

    def done(given: dict[str, Any]) -> HttpResponse:
        fee = given["fee"]
        asked = keeping.NewClinic(
            department_id=int(given["department"]), title=given["title"], level=given["level"],
            doctor_id=int(given["doctor"]) if given["doctor"] else None, room=given["room"],
            fee_fen=None if fee is None else int(fee * 100), on_holidays=given["on_holidays"],
        )  # fmt: skip
        made = keeping.make_clinic(asked, institution_id=held.institution_id, by=_by(viewer), at=instant_of(request))
        messages.success(request, _("已开设，请排班。"))
        return redirect("clinic-roster", code=made.code)

    return ask(request, form, done, title=_("开设门诊"), back=reverse("clinics"), active="clinics")


@serves(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """A clinic's roster: shown, tried, saved."""
    schedule = keeping.clinic_at(_held(viewer).institution_id, code)
    at = instant_of(request)
    if request.method != "POST":
        rows = ROWS(initial=initial_of(keeping.rows_of(schedule)), prefix="r")
        return _roster(request, schedule, rows, keeping.version_of(schedule), at)
    rows = ROWS(request.POST, initial=initial_of(keeping.rows_of(schedule)), prefix="r")
    seen = _seen(request)
    if not rows.is_valid():
        return _roster(request, schedule, rows, seen, at, status=422)
    asked = [found for form in rows.forms if (found := form.asked()) is not None]
    try:
        if "try" in request.POST:
            tried = keeping.try_rows(schedule, asked, seen=seen, by=_by(viewer), at=at)
            return _roster(request, schedule, rows, seen, at, tried=tried)
        done = keeping.put_rows(schedule, asked, seen=seen, by=_by(viewer), at=at)
    except Refused as refused:
        sentence = f"{refused.sentence(get_language() or 'zh-hans')}（{refused.why.code}）"
        return _roster(request, schedule, rows, seen, at, trouble=sentence, status=422)
    _said(request, done)
    return redirect("clinic-roster", code=schedule.code)


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(BAD_INPUT, field="version", detail="version")
    return int(text)


def _roster(
    request: HttpRequest, schedule: Any, rows: Any, version: int, at: Any, *, tried: Generated | None = None, trouble: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "schedule": schedule, "rows": rows, "version": version, "tried": tried, "trouble": trouble, "ended": schedule.ended_at is not None,
        "days": days_ahead(schedule, at), "day_form": DayForm(initial={"day": city_day(at)}), "copy_form": CopyForm(),
        "has_errors": bool(trouble) or (rows.is_bound and not rows.is_valid()),
    }  # fmt: skip
    return render(request, "appointments/roster.html", context, status=status)


def _said(request: HttpRequest, done: Generated) -> None:
    words = _("已保存：新增 %(made)d 场，重做 %(anew)d 场，取消 %(gone)d 场。") % {
        "made": done.made, "anew": done.anew, "gone": done.gone,
    }  # fmt: skip
    messages.success(request, words)
    if done.differing:
        messages.warning(request, _("%(count)d 场已有人预约，没有动；要改请先停诊。") % {"count": len(done.differing)})


@serves(KEEP)
@require_POST
def day(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Close a day, or have it as usual again."""
    schedule, form = keeping.clinic_at(_held(viewer).institution_id, code), DayForm(request.POST)

    def done(given: dict[str, Any]) -> HttpResponse:
        rows: list[Asked] | None = [] if given["how"] == "closed" else None
        found = keeping.put_day(
            schedule, given["day"], rows, why=given["why"], seen=_seen(request), by=_by(viewer), at=instant_of(request)
        )
        _said(request, found)
        return redirect("clinic-roster", code=schedule.code)

    return ask(
        request, form, done, title=_("某一天"), back=reverse("clinic-roster", args=[schedule.code]), active="clinics"
    )


@serves(KEEP)
@require_POST
def copy(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Copy a week onto those after it."""
    schedule, form = keeping.clinic_at(_held(viewer).institution_id, code), CopyForm(request.POST)

    def done(given: dict[str, Any]) -> HttpResponse:
        found = keeping.copy_week(
            schedule, given["monday"], given["weeks"], seen=_seen(request), by=_by(viewer), at=instant_of(request)
        )
        _said(request, found)
        return redirect("clinic-roster", code=schedule.code)

    return ask(
        request, form, done, title=_("复制一周"), back=reverse("clinic-roster", args=[schedule.code]), active="clinics"
    )


@serves(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """End a clinic."""
    schedule = keeping.clinic_at(_held(viewer).institution_id, code)
    back = reverse("clinic-roster", args=[schedule.code])
    if request.method != "POST":
        sentence = _("%(title)s 以后不再放号；已有人预约的场次留着，由您停诊或看完。") % {"title": schedule.title}
        return confirm(request, _("停开门诊"), sentence, back)
    _said(request, keeping.end_clinic(schedule, by=_by(viewer), at=instant_of(request)))
    return redirect("clinics")


urlpatterns = [
    path("c/clinics", clinics, name="clinics"),
    path("c/clinics/new", new, name="clinic-new"),
    path("c/clinics/<slug:code>", roster, name="clinic-roster"),
    path("c/clinics/<slug:code>/day", day, name="clinic-day"),
    path("c/clinics/<slug:code>/copy", copy, name="clinic-copy"),
    path("c/clinics/<slug:code>/end", end, name="clinic-end"),
]
