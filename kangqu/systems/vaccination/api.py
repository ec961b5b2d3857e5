"""The forecast over the API, in the spirit of FHIR's ImmunizationRecommendation: no identity goes in, nothing is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.systems.vaccination import forecast as forecasts
from kangqu.systems.vaccination.adverse.api import router as adverse_router
from kangqu.systems.vaccination.asking import MOST_DOSES, answered, programmes_asked
from kangqu.systems.vaccination.cold_chain.api import router as cold_chain_router
from kangqu.systems.vaccination.coverage.api import router as coverage_router
from kangqu.systems.vaccination.definition import FORECAST
from kangqu.systems.vaccination.records.api import router as records_router
from kangqu.web.api import Item, Schema, clean_text, json_answer, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["vaccination"])
router.add_router("", records_router)
router.add_router("", adverse_router)
router.add_router("", coverage_router)
router.add_router("", cold_chain_router)
FIRST_DAY: Final = date(1900, 1, 1)
END: Final = date(2200, 1, 1)


def _written(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 10:
        return value
    raise ValueError("a day as YYYY-MM-DD")


def _product(code: str) -> str:
    if code not in forecasts.PRODUCTS:
        raise ValueError("one of " + ", ".join(forecasts.PRODUCTS))
    return code


Day = Annotated[date, Field(ge=FIRST_DAY, lt=END), BeforeValidator(_written)]
Product = Annotated[
    str, Field(max_length=20, json_schema_extra={"enum": list(forecasts.PRODUCTS)}), AfterValidator(_product)
]
ProgrammeCode = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(clean_text)]
Condition = Literal[
    "allergic_constitution",
    "jaundice",
    "simple_febrile_convulsion",
    "controlled_epilepsy",
    "stable_brain_disease",
    "stable_liver_disease",
    "congenital_disease",
    "congenital_infection",
]


def _whole(low: int, high: int) -> Any:
    return Field(ge=low, le=high, strict=True)


def _says(text: str) -> Any:
    return Field(description=text)


class FactsIn(Item):
    """What is known of the person. What is left out is not known, and is answered as missing where it matters."""

    mother_hbsag: Annotated[
        Literal["positive", "negative", "unknown"] | None, _says("mother's HBsAg 母亲乙肝表面抗原")
    ] = None
    birth_weight_g: Annotated[int, _whole(200, 9999)] | None = None
    gestation_weeks: Annotated[int, _whole(18, 45)] | None = None
    ppd: Annotated[Literal["positive", "negative", "not_done"] | None, _says("tuberculin test PPD 试验")] = None
    hiv: Annotated[
        Literal["infected", "exposed", "excluded"] | None, _says("HIV: infected; exposed and not excluded; excluded")
    ] = None
    hiv_symptoms: bool | None = None
    immune_suppressed: bool | None = None
    immune_deficiency: bool | None = None
    pregnant: bool | None = None
    acute_illness: bool | None = None
    severe_allergy: Annotated[
        list[Product],
        Field(max_length=30),
        _says("products after which, or to a part of which, there was a severe allergy"),
    ] = []
    conditions: Annotated[list[Condition], Field(max_length=8), _says("findings that are no contraindication")] = []
    school_grade: Annotated[int, _whole(1, 12)] | None = None
    school_in_city: bool | None = None
    guardian_consent: bool | None = None


class DoseIn(Item):
    """A dose that was given."""

    vaccine_code: Product
    date: Day


class ForecastIn(Item):
    """Somebody without a name. ``as_of`` is the city's day if left out; ``programmes`` the national programme."""

    birth_date: Day
    sex: Literal["male", "female"] | None = None
    as_of: Annotated[Day | None, _says("the day to judge 判断日期")] = None
    programmes: Annotated[
        list[ProgrammeCode], Field(max_length=20), _says("schedules to judge by: national, covid-19, hpv-label …")
    ] = []
    preferred_vaccines: Annotated[
        list[Product], Field(max_length=20), _says("chosen where there is a choice: JEI, HEPAI …")
    ] = []
    facts: FactsIn = FactsIn()
    history: Annotated[list[DoseIn], Field(max_length=MOST_DOSES)] = []


class ReasonOut(Schema):
    """``rule`` is the row of the schedule it rests on; ``mark`` how sure the city is of it (V read … M recalled, D ours)."""

    code: str
    rule: str
    zh: str
    en: str
    until: date | None
    document: str
    clause: str
    mark: str


class DateCriterionOut(Schema):
    """From ``earliest`` it may be given, from ``recommended`` it should be, from ``overdue`` it is late, ``latest`` ends it."""

    earliest: date
    recommended: date
    overdue: date | None
    latest: date | None


class CriterionSourceOut(Schema):
    """Where a ``criterion`` (age, interval, overdue) comes from: V read, B restated, M recalled, L local, D ours."""

    criterion: str
    document: str
    clause: str
    mark: str


class DoseOut(Schema):
    """A dose to come."""

    vaccine_code: str
    dose_number: int
    date_criterion: DateCriterionOut
    criterion_sources: list[CriterionSourceOut]
    may_be_given_on_day: bool
    rule: str
    forecast_reasons: list[ReasonOut]


class EvaluationOut(Schema):
    """A dose of the history: ``position`` in it from 0; ``dose_status`` valid, invalid_early, invalid_gap, not_for_age,
    not_counted; ``dose_number`` if it counts; ``schedule_version`` it was judged by.
    """

    position: int
    vaccine_code: str
    date: date
    dose_status: str
    dose_number: int | None
    schedule_version: str
    dose_status_reasons: list[ReasonOut]


class RecommendationOut(Schema):
    """A series of a programme. ``forecast_status`` complete, overdue, due, future, ask, contraindicated, postponed,
    not_recommended, agedout; ``alternatives`` may be given instead; ``later`` follows, each at its best day.
    """

    programme: str
    series: str
    series_zh: str
    series_en: str
    schedule_version: str
    historical: bool
    forecast_status: str
    forecast_reasons: list[ReasonOut]
    vaccine_code: str | None
    dose_number: int | None
    date_criterion: DateCriterionOut | None
    criterion_sources: list[CriterionSourceOut]
    may_be_given_on_day: bool
    alternatives: list[DoseOut]
    later: list[DoseOut]
    doses_counted: int
    doses: list[EvaluationOut]
    full_course_on: date | None


class MissingOut(Schema):
    """A fact that is not known, and the rules that could not be judged without it."""

    fact: str
    rules: list[str]


class ForecastOut(Schema):
    """``other_doses`` no series counts; ``not_in_force`` series whose programme begins after the day judged."""

    as_of: date
    programmes: list[str]
    recommendations: list[RecommendationOut]
    other_doses: list[EvaluationOut]
    advice: list[ReasonOut]
    missing: list[MissingOut]
    not_in_force: list[str]


_FORECAST: Final = TypeAdapter(ForecastIn)
_TAKES: Final = {
    "requestBody": {"content": {"application/json": {"schema": _FORECAST.json_schema()}}, "required": True}
}


@router.post("/vaccination/forecast", response=ForecastOut, openapi_extra=_TAKES)
@serves(FORECAST)
def post_forecast(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Which vaccines are due, from when until when, and why. Nothing is kept of the question."""
    asked = _asked(read_body(request, _FORECAST), city_day(instant_of(request)))
    return json_answer(_told(asked, answered(asked)))


def _asked(body: ForecastIn, day: date) -> forecasts.Asked:
    given = body.facts.model_dump()
    given["severe_allergy"] = frozenset(given["severe_allergy"])
    given["conditions"] = frozenset(given["conditions"])
    return forecasts.Asked(
        person=forecasts.Person(born=body.birth_date, sex=body.sex, **given),
        as_of=body.as_of or day,
        history=tuple(forecasts.Dose(each.vaccine_code, each.date) for each in body.history),
        programmes=programmes_asked(body.programmes),
        preferred=frozenset(body.preferred_vaccines),
    )


def _told(asked: forecasts.Asked, found: forecasts.Forecast) -> dict[str, Any]:
    return {
        "as_of": found.as_of.isoformat(),
        "programmes": sorted(asked.programmes),
        "recommendations": [_recommendation(each) for each in found.series],
        "other_doses": [_evaluation(each) for each in found.other],
        "advice": [_reason(each) for each in found.advice],
        "missing": [{"fact": each.fact, "rules": each.rules} for each in found.missing],
        "not_in_force": found.not_in_force,
    }


def _recommendation(each: forecasts.SeriesForecast) -> dict[str, Any]:
    reasons = [*each.reasons, *(each.next.reasons if each.next else ())]
    return {
        "programme": each.programme,
        "series": each.series,
        "series_zh": each.zh,
        "series_en": each.en,
        "schedule_version": each.version,
        "historical": each.historical,
        "forecast_status": each.status.value,
        "forecast_reasons": [_reason(reason) for reason in reasons],
        "vaccine_code": each.next.vaccine if each.next else None,
        "dose_number": each.next.number if each.next else None,
        "date_criterion": _days(each.next) if each.next else None,
        "criterion_sources": _sources(each.next) if each.next else [],
        "may_be_given_on_day": each.next.today if each.next else False,
        "alternatives": [_dose(dose) for dose in each.alternatives],
        "later": [_dose(dose) for dose in each.later],
        "doses_counted": each.counted,
        "doses": [_evaluation(dose) for dose in each.doses],
        "full_course_on": _day(each.full_course_on),
    }


def _dose(each: forecasts.Next) -> dict[str, Any]:
    return {
        "vaccine_code": each.vaccine,
        "dose_number": each.number,
        "date_criterion": _days(each),
        "criterion_sources": _sources(each),
        "may_be_given_on_day": each.today,
        "rule": each.rule,
        "forecast_reasons": [_reason(reason) for reason in each.reasons],
    }


def _days(each: forecasts.Next) -> dict[str, str | None]:
    return {
        "earliest": _day(each.earliest),
        "recommended": _day(each.recommended),
        "overdue": _day(each.overdue),
        "latest": _day(each.latest),
    }


def _sources(each: forecasts.Next) -> list[dict[str, str]]:
    return [
        {"criterion": what, "document": source.document, "clause": source.clause, "mark": source.mark.value}
        for what, source in each.sources
    ]


def _evaluation(each: forecasts.Judged) -> dict[str, Any]:
    return {
        "position": each.position,
        "vaccine_code": each.product,
        "date": each.on.isoformat(),
        "dose_status": each.validity.value,
        "dose_number": each.number,
        "schedule_version": each.version,
        "dose_status_reasons": [_reason(reason) for reason in each.reasons],
    }


def _reason(each: forecasts.Reason) -> dict[str, Any]:
    source = each.source
    return {
        "code": each.code,
        "rule": each.rule,
        "zh": each.zh,
        "en": each.en,
        "until": _day(each.until),
        "document": source.document if source else "",
        "clause": source.clause if source else "",
        "mark": source.mark.value if source else "",
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
