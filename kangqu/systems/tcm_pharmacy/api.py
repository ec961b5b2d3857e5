"""The pharmacy over the API: review a prescription, find herbs (no identity goes in, nothing is kept); take prescriptions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AfterValidator, Field, TypeAdapter

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.source import Source
from kangqu.systems.tcm_pharmacy import review as reviews
from kangqu.systems.tcm_pharmacy.definition import HERBS, REVIEW
from kangqu.systems.tcm_pharmacy.herbs import HANDLING_WORDS, Handling, Herb, Resolution, resolve, suggest
from kangqu.systems.tcm_pharmacy.prescriptions.calls import router as prescriptions
from kangqu.systems.tcm_pharmacy.promises.calls import router as promises
from kangqu.systems.tcm_pharmacy.promises.news import router as changes
from kangqu.systems.tcm_pharmacy.rulebook.calls import router as rulebook
from kangqu.systems.tcm_pharmacy.store.machines import router as machines
from kangqu.web.api import Item, Schema, Text, json_answer, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["tcm"])
router.add_router("", prescriptions)
router.add_router("", promises)
router.add_router("", changes)
router.add_router("", machines)
router.add_router("", rulebook)
MOST_HERBS: Final = 60

Day = Annotated[date, Field(ge=date(1990, 1, 1), lt=date(2200, 1, 1))]
Grams = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False, strict=True)]
Named = Annotated[str, Field(min_length=1, max_length=60)]
_WORDS: Final = HANDLING_WORDS | {code.value: code for code in Handling}


def _known(word: str) -> str:
    if word not in _WORDS:
        raise ValueError("one of " + ", ".join(code.value for code in Handling))
    return word


Word = Annotated[str, Field(max_length=20, json_schema_extra={"enum": sorted(_WORDS)}), AfterValidator(_known)]


def _whole(low: int, high: int) -> Any:
    return Field(ge=low, le=high, strict=True)


class HerbIn(Item):
    """One herb as written; ``handling`` as codes (FIRST …) or words (先煎 …)."""

    name: Named
    grams: Grams
    handling: Annotated[list[Word], Field(max_length=6)] = []


class PatientIn(Item):
    """Facts, no identity. What is left out is not known, and is answered as missing where it matters."""

    sex: reviews.Sex | None = None
    age_years: Annotated[int, _whole(0, 150)] | None = None
    age_months: Annotated[int, _whole(0, 1800)] | None = None
    pregnant: bool | None = None
    lactating: bool | None = None
    menstruating: bool | None = None
    liver_impaired: bool | None = None
    kidney_impaired: bool | None = None
    glaucoma: bool | None = None
    tachycardia: bool | None = None
    bleeding: bool | None = None
    haemoptysis: bool | None = None
    athlete: bool | None = None


class PrescriptionIn(Item):
    """A prescription: ``grams`` are per dose (剂); ``issued_on`` and ``today`` are the city's day if left out."""

    herbs: Annotated[list[HerbIn], Field(max_length=MOST_HERBS)]
    doses: Annotated[int, _whole(1, 90)]
    doses_per_day: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False, strict=True)] = 1
    times_per_day: Annotated[int, _whole(1, 24)] | None = None
    route: reviews.Route = reviews.Route.INTERNAL
    form: reviews.Form = reviews.Form.DECOCTION
    kind: reviews.Kind = reviews.Kind.ORDINARY
    issued_on: Day | None = None
    today: Day | None = None
    extension_days: Annotated[int, _whole(0, 365)] = 0
    reason: Text = ""
    taking: Text = ""
    patient: PatientIn = PatientIn()
    diagnoses: Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=20)] = []
    record: reviews.RecordKind | None = None
    narcotic_right: bool | None = None
    poppy_days_before: Annotated[int, _whole(0, 3650)] | None = None
    packs_per_dose: Annotated[int, _whole(1, 24)] | None = None
    ml_per_pack: Annotated[int, _whole(1, 5000)] | None = None


class SourceOut(Schema):
    document: str
    clause: str
    mark: str


class FindingOut(Schema):
    """``severity`` BLOCK, DOUBLE_SIGN, WARN, INFO; ``override`` CORRECT, RESIGN, ACKNOWLEDGE, NONE: what lets it pass."""

    rule: str
    family: str
    severity: str
    override: str
    source: SourceOut
    version: str
    herbs: list[str]
    detail: str
    zh: str
    en: str


class MissingOut(Schema):
    fact: str
    rules: list[str]
    herbs: list[str]


class UncoveredOut(Schema):
    what: str
    about: str
    zh: str
    en: str


class NamedOut(Schema):
    """What a written name was taken for: ``answer`` one, ambiguous, unknown, banned."""

    written: str
    answer: str
    herb: str | None
    candidates: list[str]
    supplied: str | None
    not_to_be_merged: list[str]


class ReviewOut(Schema):
    coverage: str
    severity: str | None
    blocked: bool
    days: int
    packs: int | None
    names: list[NamedOut]
    findings: list[FindingOut]
    missing: list[MissingOut]
    not_covered: list[UncoveredOut]
    beyond: list[str]


_PRESCRIPTION: Final = TypeAdapter(PrescriptionIn)
_TAKES: Final = {
    "requestBody": {"content": {"application/json": {"schema": _PRESCRIPTION.json_schema()}}, "required": True}
}


@router.post("/tcm/review", response=ReviewOut, openapi_extra=_TAKES)
@serves(REVIEW)
def post_review(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What the rules in force on the day of issue say of a prescription. Nothing is kept of it."""
    asked = read_body(request, _PRESCRIPTION)
    prescription = _prescription(asked, city_day(instant_of(request)))
    return json_answer(_told(reviews.review(prescription), [resolve(each.name) for each in asked.herbs]))


def _prescription(asked: PrescriptionIn, day: date) -> reviews.Prescription:
    given = {name: getattr(asked, name) for name in type(asked).model_fields}
    given |= {
        "items": tuple(_item(each) for each in asked.herbs),
        "patient": reviews.Patient(**asked.patient.model_dump()),
        "diagnoses": tuple(asked.diagnoses),
        "issued_on": asked.issued_on or day,
        "today": asked.today or day,
    }
    del given["herbs"]
    return reviews.Prescription(**given)


def _item(asked: HerbIn) -> reviews.Item:
    return reviews.Item(asked.name, asked.grams, tuple(_WORDS[word] for word in asked.handling))


def _told(found: reviews.Review, names: list[Resolution]) -> dict[str, Any]:
    return {
        "coverage": found.coverage,
        "severity": found.severity,
        "blocked": found.blocked,
        "days": found.days,
        "packs": found.packs,
        "names": [_name(each) for each in names],
        "findings": [_finding(each) for each in found.findings],
        "missing": [{"fact": each.fact, "rules": each.rules, "herbs": each.herbs} for each in found.missing],
        "not_covered": [
            {"what": each.what, "about": each.about, "zh": each.zh, "en": each.en} for each in found.not_covered
        ],
        "beyond": found.beyond,
    }


def _name(meant: Resolution) -> dict[str, Any]:
    return {
        "written": meant.written,
        "answer": meant.answer,
        "herb": meant.herb.name if meant.herb else None,
        "candidates": meant.candidates,
        "supplied": meant.supply.supplied if meant.supply else None,
        "not_to_be_merged": meant.not_to_be_merged,
    }


def _finding(each: reviews.Finding) -> dict[str, Any]:
    return {
        "rule": each.rule,
        "family": each.family,
        "severity": each.severity,
        "override": each.override,
        "source": _source(each.source),
        "version": each.version,
        "herbs": each.herbs,
        "detail": each.detail,
        "zh": each.zh,
        "en": each.en,
    }


def _source(source: Source) -> dict[str, str]:
    return {"document": source.document, "clause": source.clause, "mark": source.mark}


class HerbOut(Schema):
    """A herb: grams a day, toxicity 大 有 小, pregnancy 禁 慎; nothing noted is not "safe". ``matched`` was found."""

    name: str
    matched: str
    listed: bool
    min_g: float | None
    max_g: float | None
    toxicity: str | None
    pregnancy: str | None
    handling: list[str]
    external: bool
    pills: bool
    other: str
    regulated: str
    not_to_be_merged: list[str]
    source: SourceOut


class HerbsOut(Schema):
    items: list[HerbOut]


@router.get("/tcm/herbs", response=HerbsOut)
@serves(HERBS)
def get_herbs(
    request: HttpRequest, viewer: Viewer, q: Text = "", limit: Annotated[int, Field(ge=1, le=50)] = 10
) -> HttpResponse:
    """Herbs whose name, alias, pinyin or initials begin with ``q``."""
    found = suggest(q, limit=limit)
    items = [_herb(each.herb) | {"matched": each.matched, "not_to_be_merged": each.not_to_be_merged} for each in found]
    return json_answer({"items": items})


def _herb(herb: Herb) -> dict[str, Any]:
    return {
        "name": herb.name,
        "listed": herb.listed,
        "min_g": herb.min_g,
        "max_g": herb.max_g,
        "toxicity": herb.toxicity,
        "pregnancy": herb.pregnancy,
        "handling": sorted(code.value for code in herb.handling),
        "external": herb.external,
        "pills": herb.pills,
        "other": herb.other,
        "regulated": herb.regulated,
        "source": _source(herb.source),
    }
