"""An appointment as a file for a calendar; the feed that a calendar reads by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.capacity.models import BookingStatus
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking.calendar import Entry, calendar_of
from kangqu.systems.appointments.booking.feeds import end_feed, feed_of, open_feed, reader_of
from kangqu.systems.appointments.booking.operations import FEED, OWN, READ_FEED
from kangqu.systems.appointments.booking.policy import number
from kangqu.systems.appointments.booking.reads import Shown, booking_of, bookings_of, shown
from kangqu.systems.appointments.booking.whom import family_of
from kangqu.systems.appointments.serving import resident_page
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_OVER: Final = (BookingStatus.CANCELLED, BookingStatus.LAPSED, BookingStatus.NO_SHOW)
_SHOWN: Final = "feed_token"
_PAST: Final = timedelta(days=90)


def entry_of(one: Shown, request: HttpRequest) -> Entry:
    """An appointment as a calendar entry, in the language of the page."""
    clinic = one.clinic
    place = "，".join(filter(None, (clinic.institution, clinic.room, clinic.address)))
    about = _("{name}，{department}，{status}。编号 {code}。到了出示健康码或身份证。").format(
        name=one.name, department=clinic.department, status=words.status(one.booking.status), code=one.booking.code
    )
    return Entry(
        code=one.booking.code, title=_("就诊：{department} {name}").format(department=clinic.department, name=one.name),
        place=place, about=about, starts_at=one.starts_at, ends_at=one.ends_at, made_at=one.booking.made_at,
        changed_at=one.booking.changed_at, cancelled=one.booking.status in _OVER, tentative=one.waits,
        url=request.build_absolute_uri(reverse("own-appointment", args=[one.booking.code])),
    )  # fmt: skip


def _answer(entries: list[Entry], at: datetime, *, feed: str = "", name: str) -> HttpResponse:
    alarm = timedelta(minutes=number("alarm_minutes", at))
    content = calendar_of(entries, at=at, alarm=alarm, ring=_("快到就诊时间了"), feed=feed)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    response["Cache-Control"] = "no-store"
    return response


@resident_page(OWN)
def one_file(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One appointment as a file: opened, it adds, changes or takes away the entry."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at)
    return _answer([entry_of(shown(booking, person, at=at), request)], at, name=booking.code)


@resident_page(FEED)
def feed_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The feed of the resident: opened (its address is shown once), made anew, ended."""
    at, by = instant_of(request), viewer.actor(purpose=FEED.purpose)
    if request.method == "POST":
        if request.POST.get("do") == "end":
            if end_feed(viewer, by=by, at=at):
                messages.success(request, _("日历订阅已停用，原来的地址不能再读。"))
        else:
            request.session[_SHOWN] = open_feed(viewer, by=by, at=at)
        return redirect("own-calendar")
    token = request.session.pop(_SHOWN, "")
    address = request.build_absolute_uri(reverse("calendar-feed", args=[token])) if token else ""
    return render(request, "appointments/feed.html", {"feed": feed_of(viewer), "address": address})


@serves(READ_FEED)
def read_feed(request: HttpRequest, viewer: Viewer, token: str) -> HttpResponse:
    """What a calendar reads under a feed's address: ahead, and what was of the last three months."""
    at = instant_of(request)
    reader = reader_of(token, at=at)
    with translation.override(reader.language):
        people = [(each.person_id, each.name) for each in family_of(reader, at=at)]
        rows = [*bookings_of(people, at=at, past=False), *bookings_of(people, at=at, past=True)]
        kept = [entry_of(each, request) for each in rows if each.starts_at > at - _PAST and each.booking.status != BookingStatus.PROPOSED]  # fmt: skip
        return _answer(kept, at, feed=_("康衢 就诊"), name="kangqu")


urlpatterns = [
    path("h/appointments/calendar", feed_page, name="own-calendar"),
    path("h/appointments/<slug:code>/calendar.ics", one_file, name="own-appointment-file"),
    path("calendar/<str:token>.ics", read_feed, name="calendar-feed"),
]
