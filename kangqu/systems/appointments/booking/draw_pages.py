"""摇号: what is wanted by many more people than there is, entered by residents, drawn by lot, shown with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.limits import note_asking
from kangqu.kernel.capacity.models import Entry, Release, Session
from kangqu.kernel.capacity.releases import enter, published, withdraw
from kangqu.kernel.people.reads import person_ids_of
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking.operations import DRAW
from kangqu.systems.appointments.booking.pages import said
from kangqu.systems.appointments.booking.taking import KIND
from kangqu.systems.appointments.booking.whom import Whom, family_of, household_id_of, opened
from kangqu.systems.appointments.noshow.standing import keep_out_banned
from kangqu.systems.appointments.serving import asked_for, resident_page
from kangqu.web.middleware import instant_of

_SHOWN_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Mine:
    """Somebody of the family and her entry, if she has one."""

    whom: Whom
    entry: Entry | None


def _state(release: Release, at: datetime) -> str:
    if release.drawn_at is not None:
        return "drawn"
    if at < release.opens_at:
        return "coming"
    return "open" if at < release.closes_at else "closed"


@resident_page(DRAW)
def draws(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The draws that can be entered, are coming or were drawn lately."""
    at = instant_of(request)
    rows = Release.objects.filter(kind=KIND, closes_at__gt=at - _SHOWN_AFTER).select_related("institution")
    shown = [(each, _state(each, at)) for each in rows.order_by("-closes_at", "id")[:100]]
    return render(request, "appointments/draws.html", {"rows": shown})


def _release(code: str) -> Release:
    found = Release.objects.filter(code=code[:16].upper(), kind=KIND).select_related("institution").first()
    if found is None:
        raise Refused(NOT_FOUND)
    return found


@resident_page(DRAW)
def draw(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One draw: its sessions; entered or left while it is open; afterwards what each was given and how to check it."""
    at, refused = instant_of(request), ""
    if request.method == "POST":
        note_asking(viewer.account_id or 0, at=at)
    release = _release(code)
    if request.method == "POST":
        try:
            _enter(request, viewer, release, at)
            return redirect("draw", release.code)
        except Refused as why:
            refused = said(why)
    sessions = [
        each.session for each in release.given.select_related("session__schedule").order_by("session__starts_at")
    ]
    family = family_of(viewer, at=at)
    context: dict[str, Any] = {
        "release": release, "state": _state(release, at), "sessions": sessions, "refused": refused, "has_errors": bool(refused),
        "mine": [Mine(each, _entry(each.person_id, release)) for each in family], "words": words, "today": city_day(at),
        "said": published(release.pk) if release.drawn_at else {}, "named": {each.code: each for each in sessions},
        "who": asked_for(request),
    }  # fmt: skip
    return render(request, "appointments/draw.html", context, status=422 if refused else 200)


def _entry(person_id: int, release: Release) -> Entry | None:
    rows = Entry.objects.filter(person_id__in=person_ids_of(person_id), release=release, withdrawn_at=None)
    return rows.order_by("id").first()


def _enter(request: HttpRequest, viewer: Viewer, release: Release, at: datetime) -> None:
    """Enter, or leave, for oneself or one of the family."""
    person = opened(viewer, asked_for(request), at=at, action="appointments.choose")
    by = viewer.actor(purpose=DRAW.purpose)
    if request.POST.get("do") == "leave":
        withdraw(person.pk, release.pk, by=by, at=at)
        messages.success(request, _("已退出摇号。"))
        return
    session = Session.objects.select_related("schedule__department").filter(pk__in=release.given.values("session")).first()  # fmt: skip
    if session is not None:
        keep_out_banned(person.pk, session, "citizen", at=at)
    wishes = [each[:16] for each in request.POST.getlist("wish")[:20] if "\x00" not in each]
    enter(person.pk, release.pk, wishes=wishes, household_id=household_id_of(person), by=by, at=at)
    messages.success(request, _("已报名。中签会通知您，也可以回这一页看结果。"))


urlpatterns = [
    path("h/draws", draws, name="draws"),
    path("h/draws/<slug:code>", draw, name="draw"),
]
