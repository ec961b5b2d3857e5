"""接种率: tables of coverage that open down to the people, and the target numbers from outside."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.places.models import Institution, Region
from kangqu.kernel.trace.actions import record
from kangqu.systems.vaccination.coverage import forms
from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.asking import Said, home_of, question_of
from kangqu.systems.vaccination.coverage.keeping import kept_table
from kangqu.systems.vaccination.coverage.listing import open_people
from kangqu.systems.vaccination.coverage.rates import OLDEST, Band, Denominator, Measure
from kangqu.systems.vaccination.coverage.series import families
from kangqu.systems.vaccination.coverage.showing import Shown, band_words, denominator_words, said, sentence, shown
from kangqu.systems.vaccination.coverage.tables import By, on_day
from kangqu.systems.vaccination.coverage.targets import Target, give_target, given_under
from kangqu.systems.vaccination.definition import CLINIC, COVERAGE, TARGETS
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves
from kangqu.web.tables import Column, Listing


def said_of(given: Mapping[str, Any]) -> Said:
    """The filters that are well-formed; the first series, dose 1 and all residents where nothing is said."""
    first = next(each for each in families() if not each.historical)
    programme, _colon, series = (given.get("series") or f"{first.programme}:{first.series}").partition(":")
    what = given.get("what") or "1"
    measure = Measure(what) if what in ("full", "booster") else Measure.DOSE
    least, most = given.get("from_age"), given.get("to_age")
    denominator = (
        Denominator.RESIDENT if measure is Measure.BOOSTER else Denominator(given.get("denominator") or "resident")
    )
    return Said(
        series=series, dose=int(what) if what.isdigit() else 1, programme=programme, as_of=given.get("as_of"),
        region=given.get("region") or None, from_age=0 if least is None else least, to_age=OLDEST if most is None else most,
        sex=given.get("sex") or "", timely=bool(given.get("timely")), measure=measure,
        cut_off=given.get("cut_off") if measure is Measure.BOOSTER else None, denominator=denominator,
    )  # fmt: skip


def _question(asks: Said, own: str, today: date) -> Question:
    """The question of a table: its target numbers are looked up row by row."""
    if asks.denominator is not Denominator.TARGET:
        return question_of(asks, own, today)
    asked = question_of(replace(asks, denominator=Denominator.RESIDENT), own, today)
    return replace(asked, denominator=Denominator.TARGET)


TABLE = Listing[Shown](
    name="coverage",
    title=lazy("接种率"),
    order="name",
    form=forms.Asking,
    empty=lazy("这里没有这样的居民。"),
    personal=False,
    rows=lambda request, filters: request.coverage_rows,  # type: ignore[attr-defined]
    on_export=lambda request, kind, purpose, filters: request.coverage_told(),  # type: ignore[attr-defined]
    columns=(
        Column(key="name", title=lazy("名称"), get=lambda row: row.name, href=lambda row: row.down),
        Column(key="had", title=lazy("分子"), get=lambda row: row.numerator, kind="number", href=lambda row: row.had_href),
        Column(key="people", title=lazy("分母"), get=lambda row: row.denominator, kind="number"),
        Column(key="rate", title=lazy("接种率"), get=lambda row: row.flagged, status=lambda row: "warn" if row.over else ""),
        Column(key="missing", title=lazy("未接种"), get=lambda row: row.missing, kind="number", href=lambda row: row.missing_href),
        Column(key="before", title=lazy("比较日接种率"), get=lambda row: said(row.before), allowed=lambda request: request.coverage_compared),  # type: ignore[attr-defined]
        Column(key="change", title=lazy("变化（百分点）"), get=lambda row: row.change, allowed=lambda request: request.coverage_compared),  # type: ignore[attr-defined]
        Column(key="as_of", title=lazy("截至"), get=lambda row: row.row.asked.day, kind="date", screen=False),
        Column(key="ages", title=lazy("年龄"), get=lambda row: band_words(row.row.asked.band), screen=False),
        Column(key="whom", title=lazy("分母口径"), get=lambda row: denominator_words(row.row.asked.denominator), screen=False),
        Column(key="version", title=lazy("免疫程序版本"), get=lambda row: row.version, screen=False),
    ),
)  # fmt: skip


@serves(COVERAGE)
@require_http_methods(["GET", "HEAD"])
def table(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    """Every row a figure, every figure its people; as a page, a file or a sheet."""
    at = instant_of(request)
    held, own = home_of(viewer)
    given = TABLE.page(request).filters
    by = By(given.get("by") or By.REGION)
    asked = _question(said_of(given), own, city_day(at))
    place = _name_of(asked.region)
    now = kept_table(asked, by, at=at, anew="anew" in request.GET)
    other = given.get("compare")
    before = kept_table(on_day(asked, other), by, at=at) if other else None
    query = _address(request, "format", "choose", "column", "anew", "purpose")
    rows = shown(now.rows, before.rows if before else (), by, query, place)
    facts = {"series": asked.series, "dose": asked.number, "region": asked.region, "by": by.value}
    actor = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)

    def told() -> None:
        record(
            actor.did(
                "vaccination.coverage",
                at=at,
                object_type="coverage",
                facts={**facts, "file": request.GET.get("format", "")},
            )
        )

    record(actor.did("vaccination.coverage", at=at, object_type="coverage", facts=facts))
    for name, value in (("coverage_rows", rows), ("coverage_compared", other is not None), ("coverage_told", told)):
        setattr(request, name, value)
    context = {
        "asked": asked, "place": place, "rows": rows, "over": [row for row in rows if row.over], "counted_at": now.at, "by": by,
        "sentence": sentence(asked, place), "whom": denominator_words(asked.denominator), "version": rows[0].version if rows else "",
        "compared": other, "line": _line(asked.region, own, query), "is_target": asked.denominator is Denominator.TARGET,
        "chart": [row for row in rows if row.row.rate is not None and row.row.rate.percent is not None] if by is By.REGION else [],
        "may_give": viewer.may(TARGETS) is None,
    }  # fmt: skip
    return TABLE.respond(request, "vaccination/coverage.html", context, at=at, by=viewer.display_name)


def _name_of(region: str) -> str:
    return Region.objects.values_list("name", flat=True).filter(pk=region).first() or region


def _line(region: str, own: str, query: dict[str, str]) -> list[tuple[str, str]]:
    """The regions above, up to the caller's own, each with its address."""
    codes = [region[:length] for length in (2, 4, 6, 9) if len(own) <= length < len(region)]
    names = dict(Region.objects.filter(pk__in=codes).values_list("code", "name"))
    return [(names[code], f"?{urlencode(query | {'region': code})}") for code in codes if code in names]


@serves(COVERAGE)
@require_http_methods(["GET", "HEAD"])
def people(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Those who were counted, or those who are missing: fifty a page, by name as far as the viewer reaches."""
    at = instant_of(request)
    _held, own = home_of(viewer)
    form = forms.Asking(request.GET, prefix=None)
    for field in form.fields.values():
        field.required = False
    form.full_clean()
    given = said_of(form.cleaned_data)
    plain = Denominator.RESIDENT if given.denominator is Denominator.TARGET else given.denominator
    asked = question_of(replace(given, denominator=plain), own, city_day(at))
    if keeper := request.GET.get("keeper", ""):
        asked = replace(asked, only=_keeper(keeper))
    missing = request.GET.get("missing") == "1"
    found = open_people(viewer, asked, missing=missing, word=request.GET.get("after", ""), at=at)
    query = _address(request, "after", "missing")
    answer = render(
        request,
        "vaccination/coverage_people.html",
        {
            "found": found, "missing": missing, "sentence": sentence(asked, _name_of(asked.region)), "day": asked.day, "query": query,
            "may_open": viewer.may(CLINIC) is None, "paged": "after" in request.GET,
        },
    )  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _address(request: HttpRequest, *without: str) -> dict[str, str]:
    """What the address says, but for some of it."""
    return {name: str(value) for name, value in request.GET.items() if value and name not in without}


def _keeper(code: str) -> int:
    if code == "none":
        return 0
    number = Institution.objects.filter(code=code[:16].replace("\x00", "")).values_list("pk", flat=True).first()
    if number is None:
        raise Refused(NOT_FOUND)
    return number


@serves(TARGETS)
@require_http_methods(["GET", "HEAD"])
def targets(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The numbers given for the viewer's region and all under it."""
    _held, own = home_of(viewer)
    rows = [(each, band_words(Band(each.from_age, each.to_age))) for each in given_under(own)]
    return render(request, "vaccination/coverage_targets.html", {"rows": rows, "names": dict(forms.offered_series())})


@serves(TARGETS)
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Give a number with its source. The same form sent twice is one number."""
    at = instant_of(request)
    held, own = home_of(viewer)

    def write(given: dict[str, Any]) -> HttpResponse:
        programme, _colon, series = given["series"].partition(":")
        target = Target(
            region=given["region"] or own, programme=programme, series=series, band=Band(given["from_age"], given["to_age"]),
            persons=given["persons"], day=given["day"], source=given["source"], key=given["key"],
        )  # fmt: skip
        by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
        give_target(target, within=own, institution_id=held.institution_id, by=by, at=at)
        messages.success(request, _("已记下。"))
        return redirect("vaccination-coverage-targets")

    first = {} if request.POST else {"initial": {"key": secrets.token_hex(16), "region": own, "day": city_day(at)}}
    form = forms.Target(request.POST or None, **first)
    return ask(request, form, write, title=_("登记目标人数"), back=reverse("vaccination-coverage-targets"))


urlpatterns = [
    path("c/vaccination/coverage", table, name="vaccination-coverage"),
    path("c/vaccination/coverage/people", people, name="vaccination-coverage-people"),
    path("c/vaccination/coverage/targets", targets, name="vaccination-coverage-targets"),
    path("c/vaccination/coverage/targets/new", give, name="vaccination-coverage-target"),
]
