"""Coverage over the API: a figure with everything it means, and the people behind it."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.trace.actions import record
from kangqu.systems.vaccination.coverage.asking import Said, home_of, question_of
from kangqu.systems.vaccination.coverage.counting import rate_of
from kangqu.systems.vaccination.coverage.listing import open_people
from kangqu.systems.vaccination.coverage.rates import OLDEST, WORDS, Denominator, Measure
from kangqu.systems.vaccination.definition import COVERAGE
from kangqu.web.api import Schema, json_answer
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["vaccination"])
Years = Annotated[int, Field(ge=0, le=OLDEST)]
Day = Annotated[date, Field(ge=date(1950, 1, 1), lt=date(2200, 1, 1))]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Region = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]


class CoverageQuery(Schema):
    """``dose`` number n or more of ``series``; ``region`` and all under it, the caller's own if left out; ages completed on ``as_of``.

    ``measure``: that dose, the full course, or the booster of those whose full course was completed by ``cut_off`` (the last day whose
    interval is over, if left out).
    """

    series: Code
    dose: Annotated[int, Field(ge=1, le=20)] = 1
    programme: Code = "national"
    as_of: Day | None = None
    region: Region | None = None
    from_age: Years = 0
    to_age: Years = OLDEST
    sex: Literal["", "1", "2"] = ""
    timely: bool = False
    measure: Measure = Measure.DOSE
    cut_off: Day | None = None
    denominator: Denominator = Denominator.RESIDENT
    target: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None


class PeopleQuery(CoverageQuery):
    """``missing``: those who have not had it. ``after``: the word with which the page before ended."""

    missing: bool = False
    after: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_:.-]*$")] = ""


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
    measure: str
    cut_off: date | None
    denominator_is: str
    denominator_zh: str
    denominator_en: str


class PeopleOut(Schema):
    """Residents as a list shows them to the caller; ``next`` is the ``after`` of the next page, none at the end.

    ``hidden``: how many more were counted here whom the caller may not look at. Opening the list is traced once; its pages can be
    turned for half an hour.
    """

    items: list[dict[str, Any]]
    hidden: int
    next: str | None


@router.get("/vaccination/coverage", response=CoverageOut)
@serves(COVERAGE)
def get_coverage(request: HttpRequest, viewer: Viewer, asked: Query[CoverageQuery]) -> HttpResponse:
    """One figure and everything it means."""
    held, own = home_of(viewer)
    question = question_of(_said(asked), own, city_day(instant_of(request)))
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
            "dose": question.number, "timely": question.timely, "measure": str(question.measure),
            "cut_off": question.cut_off.isoformat() if question.cut_off else None, "denominator_is": str(question.denominator), "denominator_zh": zh,
            "denominator_en": en,
        }
    )  # fmt: skip


@router.get("/vaccination/coverage/people", response=PeopleOut)
@serves(COVERAGE)
def get_coverage_people(request: HttpRequest, viewer: Viewer, asked: Query[PeopleQuery]) -> HttpResponse:
    """The people the figure was counted from, or those who are missing: fifty a page, of those the caller may look at."""
    _, own = home_of(viewer)
    question = question_of(_said(asked), own, city_day(instant_of(request)))
    found = open_people(viewer, question, missing=asked.missing, word=asked.after, at=instant_of(request))
    items = [
        {"resident": each.code, "name": each.name, "sex": each.sex, "region": each.region, "phone": each.phone}
        for each in found.shown
    ]
    return json_answer({"items": items, "hidden": found.hidden, "next": found.next or None})


def _said(asked: CoverageQuery) -> Said:
    return Said(**{each.name: getattr(asked, each.name) for each in fields(Said)})
