"""预约挂号: find a clinic, see its days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking.operations import BOOK
from kangqu.systems.appointments.booking.reads import seen_doctors
from kangqu.systems.appointments.booking.whom import family_of
from kangqu.systems.appointments.finding.clinics import clinics
from kangqu.systems.appointments.finding.free import sessions_free
from kangqu.systems.appointments.finding.search import (
    FARTHEST,
    PAGE,
    Wanted,
    department_choices,
    institution_choices,
    region_choices,
    search,
)
from kangqu.systems.appointments.finding.symptoms import departments
from kangqu.systems.appointments.serving import address, asked_for, number_in, resident_page
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of

_DAYS = 8


def day_in(text: str) -> date | None:
    """A day in a query; None for anything else."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def wanted_in(request: HttpRequest) -> Wanted:
    """What the query asks for; what is none of the choices is left out."""
    given = request.GET
    return Wanted(
        text=given.get("q", "")[:60], department=given.get("department", "")[:30], region=_digits(given.get("region", "")),
        institution_id=number_in(given.get("hospital", "")), day=day_in(given.get("day", "")),
        part=given.get("part", "")[:3], off_peak=given.get("off_peak") == "1",
    )  # fmt: skip


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) <= 12 else ""


@resident_page(BOOK)
def find(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Search and departments; the doctors seen before come first."""
    at, wanted, who = instant_of(request), wanted_in(request), asked_for(request)
    offset = min(number_in(request.GET.get("from", "")) or 0, 5_000)
    today = city_day(at)
    family = family_of(viewer, at=at)
    for_whom = next((each for each in family if each.code == who), family[0])
    answer = search(wanted, at=at, offset=offset) if wanted.anything else None
    context: dict[str, Any] = {
        "answer": answer,
        "advised": _advised(answer.complaint.departments[:4]) if answer else "",
        "wanted": wanted, "words": words, "at": at, "today": today, "who": who, "family": family,
        "seen": [] if wanted.anything else seen_doctors(for_whom.person_id, at=at),
        "departments": [(key, english if in_english() else name) for key, name, english in department_choices(at)],
        "regions": region_choices(at), "hospitals": institution_choices(at),
        "days": [today + timedelta(days=number) for number in range(_DAYS)],
        "parts_of_day": (("am", _("上午")), ("pm", _("下午")), ("eve", _("晚上"))),
        "next_href": _again(request, offset + PAGE),
    }  # fmt: skip
    return render(request, "appointments/find.html", context)


def _advised(names: Sequence[str]) -> str:
    """The departments a complaint may be seen at, in the language of the page."""
    english = in_english()
    return (", " if english else "、").join(departments()[name].name_en if english else name for name in names)


_KEPT = ("q", "department", "region", "hospital", "day", "part", "off_peak", "for")


def _again(request: HttpRequest, offset: int) -> str:
    kept = {key: request.GET[key][:60] for key in _KEPT if key in request.GET}
    return address("book", **kept, **{"from": offset})


@resident_page(BOOK)
def clinic(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One clinic: its days with what is free."""
    at, who = instant_of(request), asked_for(request)
    one = next((each for each in clinics(at) if each.code == code), None)
    if one is None:
        raise Refused(NOT_FOUND)
    today = city_day(at)
    sessions = sessions_free([one.id], since=today, until=today + timedelta(days=FARTHEST), channel="citizen", at=at)
    context = {"clinic": one, "sessions": sessions, "words": words, "today": today, "who": who, "at": at}
    return render(request, "appointments/clinic.html", context)


urlpatterns = [
    path("h/book", find, name="book"),
    path("h/book/clinic/<slug:code>", clinic, name="book-clinic"),
]
