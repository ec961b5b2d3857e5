"""推算应种疫苗: staff ask what is due for somebody, without a name; nothing is kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.vaccination import showing
from kangqu.systems.vaccination.asking import MOST_DOSES, answered
from kangqu.systems.vaccination.card import pages as card
from kangqu.systems.vaccination.certificates import pages as certificates
from kangqu.systems.vaccination.clinic import pages as clinic
from kangqu.systems.vaccination.clinic import paper_pages as papers
from kangqu.systems.vaccination.cold_chain import pages as cold_chain
from kangqu.systems.vaccination.coverage import pages as coverage
from kangqu.systems.vaccination.definition import FORECAST
from kangqu.systems.vaccination.forecast import Forecast, default_programmes
from kangqu.systems.vaccination.forms import ROWS, Question, Row, doses_of, products, read_day, rows_of
from kangqu.systems.vaccination.school import pages as school
from kangqu.systems.vaccination.stock import pages as store
from kangqu.web.formats import in_english
from kangqu.web.marks import legend, mark_words
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(FORECAST)
@require_http_methods(["GET", "HEAD", "POST"])
def forecast_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The form, and below it what the schedules say."""
    today = city_day(instant_of(request))
    if request.method != "POST":
        first = {"as_of": today, "programmes": sorted(default_programmes())}
        return _page(request, Question(initial=first), [])
    form = Question(request.POST)
    rows = rows_of(request.POST, read_day(request.POST.get("birth_date", "")))
    if "more" in request.POST:
        kept = {name: form[name].value() for name in form.fields}
        return _page(request, Question(initial=kept), rows)
    return _page(request, form, rows, _judged(form, rows))


def _judged(form: Question, rows: list[Row]) -> Forecast | None:
    """The forecast, or None where the form says what is wrong."""
    if len(rows) > MOST_DOSES:
        form.add_error(None, _("接种记录最多 %(most)d 条") % {"most": MOST_DOSES})
    if wrong := sum(bool(row.error) for row in rows):
        form.add_error(None, _("接种记录有 %(count)d 条要改正") % {"count": wrong})
    if not form.is_valid():
        return None
    try:
        return answered(form.asked(doses_of(rows)))
    except Refused as refused:
        form.refuse(refused, get_language() or "zh-hans")
        return None


def _page(request: HttpRequest, form: Question, rows: list[Row], found: Forecast | None = None) -> HttpResponse:
    room = [Row()] * min(ROWS, MOST_DOSES - len(rows))
    context: dict[str, Any] = {
        "form": form,
        "rows": [*rows[:MOST_DOSES], *room],
        "products": products(),
        "found": found,
        "english": in_english(),
        "mark_words": mark_words,
        "said": showing.said,
    }
    if found is not None:
        series = showing.shown(found)
        context |= {
            "series": series,
            "today": showing.today_words(found),
            "missing": showing.missing_words(found),
            "other": showing.judged(found.other),
            "marks": legend(showing.marks_of(series, found.advice)),
        }
    answer = render(request, "vaccination/forecast.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("c/vaccination/forecast", forecast_page, name="vaccination-forecast"),
    *clinic.urlpatterns,
    *papers.urlpatterns,
    *certificates.urlpatterns,
    *store.urlpatterns,
    *cold_chain.urlpatterns,
    *school.urlpatterns,
    *card.urlpatterns,
    *coverage.urlpatterns,
]
