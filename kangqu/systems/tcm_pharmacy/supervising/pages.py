"""中药房运行: what pharmacies did, how late, what was returned and overridden, how patients rate it; every number opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.tcm_pharmacy.board.stations import Station
from kangqu.systems.tcm_pharmacy.definition import OVERVIEW
from kangqu.systems.tcm_pharmacy.desk.reads import ground_word
from kangqu.systems.tcm_pharmacy.rating import words as rated
from kangqu.systems.tcm_pharmacy.supervising import tables, words
from kangqu.systems.tcm_pharmacy.supervising.asked import Asked, asked_of
from kangqu.systems.tcm_pharmacy.supervising.lists import FIGURES, Wanted, lines_behind
from kangqu.systems.tcm_pharmacy.supervising.reads import Overview, overview
from kangqu.systems.tcm_pharmacy.supervising.tables import CaseRow, DayRow, DoctorRow, behind
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves, viewer_of
from kangqu.web.tables import EXPORT_ROWS

SHOWN: Final = 200
TOP: Final = 10
Answer = HttpResponseBase


def _exported(request: HttpRequest, kind: str, purpose: str, filters: Mapping[str, Any]) -> None:
    """Leave the trace of a file that leaves the house: what was asked for, as the address says it."""
    viewer = viewer_of(request)
    held = viewer.holding(OVERVIEW.roles)[0]
    facts = {"kind": kind, "what": request.path, "asked": request.META.get("QUERY_STRING", "")[:200]}
    record(
        viewer.actor(held=held, purpose=Purpose.SUPERVISION).did(
            "tcm.overview.export", at=instant_of(request), reason=purpose[:200], facts=facts,
            object_type="institution", object_id=held.institution_id,
        )
    )  # fmt: skip


DAYS: Final = tables.days_table(_exported)
DOCTORS: Final = tables.doctors_table(_exported)
CASES: Final = tables.cases_table(_exported)


@serves(OVERVIEW)
def overview_page(request: HttpRequest, viewer: Viewer) -> Answer:
    """The figures of a range of days at the pharmacies the viewer reaches, or one of them."""
    at = instant_of(request)
    found = overview(asked_of(request, viewer, at))
    rows = _days(found)
    request.tcm_days = rows if _taken_away(request) else rows[:SHOWN]  # type: ignore[attr-defined]
    return _kept_off_disk(
        DAYS.respond(
            request, "tcm_pharmacy/overview.html", _shown(found, at) | _cut(rows), at=at, by=viewer.display_name
        )
    )


def _days(found: Overview) -> list[DayRow]:
    places = {each.pk: each for each in found.asked.places}
    rows = [
        DayRow(day, places[pharmacy].name, places[pharmacy].code, each) for (pharmacy, day), each in found.days.items()
    ]
    return sorted(rows, key=lambda row: (row.day.toordinal() * -1, row.pharmacy))


def _shown(found: Overview, at: datetime) -> dict[str, Any]:
    whole, asked = found.whole, found.asked
    hours = [hour for hour in range(24) if any(row[hour] for row in whole.hours.values())]
    stars = {n: sum(each.get(n, 0) for each in found.stars.values()) for n in rated.STARS}
    return {
        "asked": asked,
        "whole": whole,
        "at": at,
        "words": words,
        "rated": rated,
        "stars": stars,
        "rates": sum(stars.values()),
        "stations": list(Station),
        "hours": range(hours[0], hours[-1] + 1) if hours else (),
        "grounds": [(code, ground_word(code), count) for code, count in whole.grounds.most_common()],
        "pharmacies": [(each, found.of_pharmacy(each.pk), found.stars.get(each.pk, {})) for each in asked.places],
        "doctors": _doctors(found)[:TOP],
        "behind": lambda figure, **more: behind(asked.query, figure, **more),
    }


def _doctors(found: Overview) -> list[DoctorRow]:
    rows = [DoctorRow(licence, each, found.asked.query) for licence, each in found.whole.doctors.items()]
    return sorted(rows, key=lambda row: (-row.figures.overridden, -row.figures.decided, row.licence))


@serves(OVERVIEW)
def doctors_page(request: HttpRequest, viewer: Viewer) -> Answer:
    """Every doctor whose prescriptions were decided in the range, most overridden first."""
    at = instant_of(request)
    found = overview(asked_of(request, viewer, at))
    rows = _doctors(found)
    request.tcm_doctors = rows if _taken_away(request) else rows[:SHOWN]  # type: ignore[attr-defined]
    context = {"asked": found.asked, "words": words} | _cut(rows)
    return _kept_off_disk(
        DOCTORS.respond(request, "tcm_pharmacy/overview_doctors.html", context, at=at, by=viewer.display_name)
    )


@serves(OVERVIEW)
def cases_page(request: HttpRequest, viewer: Viewer) -> Answer:
    """The cases behind a figure; opening one passes its own door. That the list was looked at is traced."""
    at = instant_of(request)
    asked, wanted = asked_of(request, viewer, at), _wanted(request)
    exports = _taken_away(request)
    lines = lines_behind(wanted, overview(asked), EXPORT_ROWS if exports else SHOWN + 1)
    names = {each.pk: each.name for each in asked.places}
    rows = [CaseRow(line, names[line.pharmacy_id]) for line in lines]
    request.tcm_cases = rows if exports else rows[:SHOWN]  # type: ignore[attr-defined]
    if not exports:
        _looked(viewer, wanted, asked, len(rows), at)
    context = {
        "asked": asked, "figure": wanted.figure, "words": words, "more": not exports and len(rows) > SHOWN, "most": SHOWN,
    }  # fmt: skip
    return _kept_off_disk(
        CASES.respond(request, "tcm_pharmacy/overview_cases.html", context, at=at, by=viewer.display_name)
    )


def _taken_away(request: HttpRequest) -> bool:
    """Whether a file or a sheet is asked for: it holds every row, the screen the first :data:`SHOWN`."""
    return request.GET.get("format", "") in ("csv", "xlsx", "print")


def _cut(rows: Sequence[Any]) -> dict[str, Any]:
    return {"more": len(rows) > SHOWN, "most": SHOWN}


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks; a figure there is none of is not found."""
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:60] for name in ("figure", "ground", "doctor")}
    if asked["figure"] not in FIGURES:
        raise Refused(NOT_FOUND)
    stars, hour = request.GET.get("stars", ""), request.GET.get("hour", "")
    return Wanted(
        **asked,
        stars=int(stars) if stars in tuple("12345") else 0,
        hour=int(hour) if hour in tuple(map(str, range(24))) else -1,
    )


def _looked(viewer: Viewer, wanted: Wanted, asked: Asked, count: int, at: datetime) -> None:
    held = viewer.holding(OVERVIEW.roles)[0]
    facts = {"figure": wanted.figure, "since": str(asked.since), "until": str(asked.until), "count": count}
    record(
        viewer.actor(held=held, purpose=Purpose.SUPERVISION).did(
            "tcm.overview.list", at=at, facts=facts, result=Result.SEEN, stream=Stream.LOOK,
            object_type="institution", object_id=held.institution_id,
        )
    )  # fmt: skip


def _kept_off_disk(response: Answer) -> Answer:
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [
    path("c/tcm/overview", overview_page, name="tcm-overview"),
    path("c/tcm/overview/doctors", doctors_page, name="tcm-overview-doctors"),
    path("c/tcm/overview/cases", cases_page, name="tcm-overview-cases"),
]
