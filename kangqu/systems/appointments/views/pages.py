"""门诊运行: how the clinics of an institution, or of the city, are used; each figure opens the appointments it was counted from."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kangqu.kernel.access.doors import shown_people
from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.capacity.limits import hoarders
from kangqu.kernel.capacity.models import Booking, BookingStatus, Schedule
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Department, Institution
from kangqu.kernel.trace.actions import record
from kangqu.systems.appointments.serving import number_in
from kangqu.systems.appointments.views.counting import Asked, By, Figure, Used, bookings_behind, total_of, used
from kangqu.systems.appointments.views.operations import CITY_FIGURES, FIGURES, HOARDING
from kangqu.web.forms import ChoiceField, DateField, Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

USUAL: Final = timedelta(days=29)
LONGEST: Final = timedelta(days=366)
PER_PAGE: Final = 50
WORDS: Final = {
    By.CLINIC: gettext_lazy("门诊"),
    By.DEPARTMENT: gettext_lazy("科室"),
    By.DOCTOR: gettext_lazy("医生"),
    By.DAY: gettext_lazy("日期"),
    By.INSTITUTION: gettext_lazy("机构"),
}
FIGURE_WORDS: Final = {
    Figure.BOOKED: gettext_lazy("预约"),
    Figure.CAME: gettext_lazy("到诊"),
    Figure.MISSED: gettext_lazy("爽约"),
    Figure.WAITING: gettext_lazy("候补"),
}


class Filter(Form):
    """Which days, a row for what."""

    first = DateField(label=gettext_lazy("从"), required=False)
    last = DateField(label=gettext_lazy("到"), required=False)
    by = ChoiceField(label=gettext_lazy("按"), choices=(), required=False)

    def __init__(self, data: Any, choices: tuple[By, ...], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["by"].choices = [(each.value, WORDS[each]) for each in choices]  # type: ignore[attr-defined]


def _asked(request: HttpRequest, choices: tuple[By, ...], institution_id: int | None) -> tuple[Filter, Asked]:
    """What is asked; yesterday and the month before it when nothing is."""
    yesterday = city_day(instant_of(request)) - timedelta(days=1)
    form = Filter(request.GET, choices)
    if not form.is_valid():
        raise Refused(BAD_INPUT, field=next(iter(form.errors)), detail="first, last, by")
    given = form.cleaned_data
    last = given.get("last") or yesterday
    first = given.get("first") or last - USUAL
    if not timedelta(0) <= last - first <= LONGEST:
        raise Refused(BAD_INPUT, field="first", detail=f"{first} – {last}")
    by = By(given.get("by") or choices[0])
    shown = Filter({"first": first.isoformat(), "last": last.isoformat(), "by": by.value}, choices)
    return shown, Asked(first, last, by, institution_id)


def _names(asked: Asked, rows: list[Used]) -> dict[int, str]:
    """What the rows are called."""
    keys = [row.key for row in rows]
    if asked.by is By.DAY:
        return {key: f"{key // 10_000}-{key // 100 % 100:02}-{key % 100:02}" for key in keys}
    named: dict[By, tuple[Any, str]] = {
        By.CLINIC: (Schedule, "title"),
        By.DEPARTMENT: (Department, "name"),
        By.DOCTOR: (Account, "display_name"),
        By.INSTITUTION: (Institution, "name"),
    }
    model, field = named[asked.by]
    return {0: _("没有写明")} | dict(model.objects.filter(pk__in=keys).values_list("pk", field))


def _figures(request: HttpRequest, asked: Asked, form: Filter, *, title: str, opens: bool, active: str) -> HttpResponse:
    rows = used(asked)
    names = _names(asked, rows)
    lines = sorted(((names.get(row.key, str(row.key)), row) for row in rows), key=lambda line: line[0])
    if request.GET.get("format") == "csv":
        return _csv(lines, asked)
    query = f"first={asked.first}&last={asked.last}&by={asked.by}"
    context = {
        "title": title, "active": active, "form": form, "asked": asked, "lines": lines, "total": total_of(rows) if rows else None,
        "opens": reverse("clinic-figures-behind") if opens else "", "query": query, "word": WORDS[asked.by],
    }  # fmt: skip
    return render(request, "appointments/figures.html", context)


def _csv(lines: list[tuple[str, Used]], asked: Asked) -> HttpResponse:
    heads = (
        WORDS[asked.by], _("场次"), _("停诊"), _("号源"), _("预约"), _("使用率（%）"), _("到诊"), _("爽约"), _("爽约率（%）"), _("候补"),
        _("提前天数"), _("候诊分钟"), _("在告知范围内（%）"),
    )  # fmt: skip
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(str(each) for each in heads)
    for name, row in lines:
        safe = f"'{name}" if name[:1] in "=+-@\t\r" else name
        sheet.writerow(
            (safe, row.sessions, row.stopped, row.offered, row.booked, row.use, row.came, row.missed, row.missed_rate, row.waiting,
             _tenth(row.lead), _tenth(row.waited), row.within_rate)
        )  # fmt: skip
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="clinics-{asked.first}-{asked.last}.csv"'
    return answer


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


@serves(FIGURES)
@require_safe
def figures(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The institution's own clinics."""
    held = viewer.holding(FIGURES.roles)[0]
    form, asked = _asked(request, (By.CLINIC, By.DEPARTMENT, By.DOCTOR, By.DAY), held.institution_id)
    return _figures(request, asked, form, title=_("门诊运行"), opens=True, active="clinic-figures")


@serves(CITY_FIGURES)
@require_safe
def city_figures(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every institution's, as figures."""
    form, asked = _asked(request, (By.INSTITUTION, By.DAY), None)
    return _figures(request, asked, form, title=_("全市门诊运行"), opens=False, active="city-clinic-figures")


@serves(FIGURES)
@require_safe
def behind(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The appointments a figure was counted from."""
    held, at = viewer.holding(FIGURES.roles)[0], instant_of(request)
    _form, asked = _asked(request, (By.CLINIC, By.DEPARTMENT, By.DOCTOR, By.DAY), held.institution_id)
    figure, key = _figure(request, asked)
    record(
        viewer.actor(held=held, purpose=Purpose.REGISTRATION).did(
            "capacity.people", at=at, object_type="figure", facts={"figure": figure.value}
        )
    )
    rows = Paginator(bookings_behind(asked, figure, key), PER_PAGE).get_page(request.GET.get("page"))
    people = list(Person.objects.filter(pk__in={each.person_id for each in rows}).select_related("region"))
    shown = dict(zip([each.pk for each in people], shown_people(viewer, people), strict=True))
    query = f"first={asked.first}&last={asked.last}&by={asked.by}"
    context = {
        "rows": [(each, shown[each.person_id]) for each in rows], "page": rows, "figure": FIGURE_WORDS[figure], "asked": asked,
        "query": f"{query}&figure={figure}" + (f"&key={key}" if key is not None else ""), "back": f"{reverse('clinic-figures')}?{query}",
    }  # fmt: skip
    answer = render(request, "appointments/figures_behind.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _figure(request: HttpRequest, asked: Asked) -> tuple[Figure, int | None]:
    try:
        figure = Figure(request.GET.get("figure", ""))
    except ValueError:
        raise Refused(NOT_FOUND) from None
    text = request.GET.get("key", "")
    key = number_in(text)
    if text and key is None:
        raise Refused(NOT_FOUND)
    if key is not None and asked.by is By.DAY:
        try:
            date(key // 10_000, key // 100 % 100, key % 100)
        except ValueError:
            raise Refused(NOT_FOUND) from None
    return figure, key


@serves(HOARDING)
@require_safe
def hoarding(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Accounts that asked beyond the limit of a minute in the last days, and what they have booked and cancelled since."""
    at = instant_of(request)
    days = {"1": 1, "7": 7, "30": 30}.get(request.GET.get("days", ""), 7)
    since = at - timedelta(days=days)
    found = hoarders(since, at)
    accounts = {each.pk: each for each in Account.objects.filter(pk__in=[each.account_id for each in found])}
    made = _made_by([each.account_id for each in found], since)
    record(
        viewer.actor(purpose=Purpose.SUPERVISION).did(
            "capacity.people", at=at, object_type="hoarding", facts={"days": days}
        )
    )
    people = {
        each.pk: each.public_code
        for each in Person.objects.filter(pk__in=[a.person_id for a in accounts.values() if a.person_id is not None])
    }
    rows = [
        (each, accounts.get(each.account_id), people.get(getattr(accounts.get(each.account_id), "person_id", None) or 0, ""), made.get(each.account_id, (0, 0)))
        for each in found
    ]  # fmt: skip
    answer = render(request, "appointments/hoarding.html", {"rows": rows, "days": days})
    answer["Cache-Control"] = "no-store"
    return answer


def _made_by(account_ids: list[int], since: datetime) -> dict[int, tuple[int, int]]:
    """How many appointments each account made since, and how many of them were cancelled again or lapsed."""
    told: dict[int, tuple[int, int]] = {}
    gone = {BookingStatus.CANCELLED, BookingStatus.LAPSED}
    for account, status in Booking.objects.filter(made_by__in=account_ids, made_at__gte=since).values_list(
        "made_by", "status"
    ):
        all_made, lost = told.get(account or 0, (0, 0))
        told[account or 0] = (all_made + 1, lost + (status in gone))
    return told


urlpatterns = [
    path("c/clinic-figures", figures, name="clinic-figures"),
    path("c/clinic-figures/appointments", behind, name="clinic-figures-behind"),
    path("c/city/clinic-figures", city_figures, name="city-clinic-figures"),
    path("c/city/hoarding", hoarding, name="clinic-hoarding"),
]
