"""Coverage over the API: a figure with everything it means, and the people behind it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from kangqu.kernel.access.doors import open_list, shown_people
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.systems.vaccination.coverage.counting import Question, people_behind, rate_of
from kangqu.systems.vaccination.coverage.rates import OLDEST, WORDS, Band, Denominator
from kangqu.systems.vaccination.definition import COVERAGE
from kangqu.systems.vaccination.records.questions import JUDGED_BY
from kangqu.web.api import Schema, Whole, json_answer
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["vaccination"])
Years = Annotated[int, Field(ge=0, le=OLDEST)]
Day = Annotated[date, Field(ge=date(1950, 1, 1), lt=date(2200, 1, 1))]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Region = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]


class CoverageQuery(Schema):
    """``dose`` number n or more of ``series``; ``region`` and all under it, the caller's own if left out; ages completed on ``as_of``."""

    series: Code
    dose: Annotated[int, Field(ge=1, le=20)] = 1
    programme: Code = "national"
    as_of: Day | None = None
    region: Region | None = None
    from_age: Years = 0
    to_age: Years = OLDEST
    sex: Literal["", "1", "2"] = ""
    timely: bool = False
    denominator: Denominator = Denominator.RESIDENT
    target: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None


class PeopleQuery(CoverageQuery):
    """``missing``: those who have not had it. ``after``: from where the page before ended."""

    missing: bool = False
    after: Whole = 0


class CoverageOut(Schema):
    """``percent`` to two places (none where there is nobody), never capped; ``over`` flags more than 100."""

    numerator: int
    denominator: int
    percent: str | None
    over: bool
    as_of: date
    region: str
    ages: list[int]
    programme: str
    series: str
    dose: int
    timely: bool
    denominator_is: str
    denominator_zh: str
    denominator_en: str


class PeopleOut(Schema):
    """Residents as a list shows them to the caller; ``next`` is the ``after`` of the next page, none at the end."""

    items: list[dict[str, Any]]
    next: int | None


@router.get("/vaccination/coverage", response=CoverageOut)
@serves(COVERAGE)
def get_coverage(request: HttpRequest, viewer: Viewer, asked: Query[CoverageQuery]) -> HttpResponse:
    """One figure and everything it means."""
    held, question = _question(request, viewer, asked)
    rate = rate_of(question)
    facts = {"series": question.series, "dose": question.number, "region": question.region}
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    record(by.did("vaccination.coverage", at=instant_of(request), object_type="coverage", facts=facts))
    zh, en = WORDS[question.denominator]
    return json_answer(
        {
            "numerator": rate.numerator, "denominator": rate.denominator, "percent": None if rate.percent is None else str(rate.percent),
            "over": rate.over, "as_of": question.day.isoformat(), "region": question.region,
            "ages": [question.band.least, question.band.most], "programme": question.programme, "series": question.series,
            "dose": question.number, "timely": question.timely, "denominator_is": str(question.denominator), "denominator_zh": zh,
            "denominator_en": en,
        }
    )  # fmt: skip


@router.get("/vaccination/coverage/people", response=PeopleOut)
@serves(COVERAGE)
def get_coverage_people(request: HttpRequest, viewer: Viewer, asked: Query[PeopleQuery]) -> HttpResponse:
    """The people the figure was counted from, or those who are missing: fifty a page, of those the caller may look at."""
    _, question = _question(request, viewer, asked)
    numbers = people_behind(question, missing=asked.missing, after=asked.after)
    within = open_list(viewer, to=Purpose.PUBLIC_HEALTH, at=instant_of(request), action="people.list")
    people = list(within.select_related("region").filter(pk__in=numbers).order_by("pk"))
    items = [
        {"resident": each.code, "name": each.name, "sex": each.sex, "region": each.region, "phone": each.phone}
        for each in shown_people(viewer, people)
    ]
    return json_answer({"items": items, "next": numbers[-1] if len(numbers) == 50 else None})


def _question(request: HttpRequest, viewer: Viewer, asked: CoverageQuery) -> tuple[Held, Question]:
    held = viewer.holding(COVERAGE.roles)[0]
    own = Institution.objects.values_list("region_id", flat=True).get(pk=held.institution_id)
    region = asked.region or own
    if not region.startswith(own):
        raise Refused(NOT_FOUND, field="region")
    if asked.programme not in JUDGED_BY:
        raise Refused(BAD_INPUT, field="programme", detail=", ".join(sorted(JUDGED_BY)))
    if asked.from_age > asked.to_age:
        raise Refused(BAD_INPUT, field="to_age", detail="from_age ≤ to_age")
    if (asked.denominator is Denominator.TARGET) != (asked.target is not None):
        raise Refused(BAD_INPUT, field="target", detail="denominator=target, target")
    return held, Question(
        programme=asked.programme, series=asked.series, number=asked.dose, day=asked.as_of or city_day(instant_of(request)),
        region=region, band=Band(asked.from_age, asked.to_age), denominator=asked.denominator, target=asked.target, sex=asked.sex,
        timely=asked.timely,
    )  # fmt: skip
