"""One prescription as it is laid out on screen: by whom, for whom, the herbs in columns, what the review found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from kangqu.kernel.basis.clock import age_on, city_day
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.people.models import Person, Sex
from kangqu.systems.tcm_pharmacy.desk import words
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescriptions.intake import SIGNED
from kangqu.systems.tcm_pharmacy.prescriptions.judging import judge
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.web.formats import in_english
from kangqu.web.marks import mark_words

GRAVE: Final = ("BLOCK", "DOUBLE_SIGN")
Word = tuple[str, str]
"""How something is marked (ok, warn, bad, info) and called."""


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding in the reader's language, with where its rule is from and how sure the city is of it."""

    key: str
    severity: Word
    grave: bool
    sentence: str
    zh: str
    override: str
    may_resign: bool
    resigned: bool
    source: str
    mark: Word
    family: str
    rule: str


@dataclass(frozen=True, slots=True)
class HerbShown:
    """A herb of the sheet: as written, the name it was resolved to where that differs, grams of one dose."""

    written: str
    resolved: str
    known: bool
    handling: tuple[str, ...]
    note: str
    grams: str
    flag: Word | None


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """What a review says, gravest first; what was missing and not covered is said as plainly."""

    severity: Word
    coverage: str
    whole: bool
    findings: tuple[FindingShown, ...]
    missing: tuple[str, ...]
    uncovered: tuple[str, ...]
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything a prescription's page shows of it."""

    kept: Prescription
    case: Snapshot
    sex: str
    age: str
    facts: tuple[tuple[str, Word], ...]
    diagnoses: tuple[str, ...]
    herbs: tuple[HerbShown, ...]
    dose_grams: str
    taking: tuple[tuple[str, str], ...]
    review: ReviewShown
    now: ReviewShown | None


def sheet_of(kept: Prescription, case: Snapshot, at: datetime) -> Sheet:
    """The sheet of ``kept``. The caller has passed the case's door."""
    person = kept.person
    resigned = kept.details.get("resigned", [])
    shown = review_shown(kept.review, resigned)
    return Sheet(
        kept=kept,
        case=case,
        sex=sex_word(person.sex),
        age=age_word(person.birth_date, city_day(at)),
        facts=facts_shown(kept.details.get("patient", {}), person),
        diagnoses=tuple(" ".join(filter(None, (each["name"], each["code"]))) for each in kept.diagnoses),
        herbs=tuple(_herb(each, kept.review["findings"]) for each in kept.herbs),
        dose_grams=words.grams(sum(each["grams"] for each in kept.herbs)),
        taking=_taking(kept, case.facts),
        review=shown,
        now=_today(kept, case, shown, resigned, at),
    )


def sex_word(sex: str) -> str:
    return {Sex.MALE.value: _("男"), Sex.FEMALE.value: _("女")}.get(sex, _("性别未知"))


def age_word(birth: date | None, today: date) -> str:
    """Whole years; months of a child under two."""
    if birth is None:
        return _("年龄不详")
    years = age_on(birth, today)
    months = (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)
    return _("%(months)d 个月") % {"months": months} if years < 2 else _("%(years)d 岁") % {"years": years}


def facts_shown(facts: Mapping[str, Any], person: Person) -> tuple[tuple[str, Word], ...]:
    """The facts the review asks, each yes, no or not known; those of women only where she may be one."""
    man = person.sex == Sex.MALE
    return tuple(
        (str(word), words.said(facts.get(name)))
        for name, word in words.FACTS.items()
        if not (man and name in words.OF_WOMEN)
    )


def review_shown(review: Mapping[str, Any], resigned: Sequence[str] = ()) -> ReviewShown:
    """A review as it is kept (JSON), in the reader's language."""
    findings = tuple(_finding(each, resigned) for each in review["findings"])
    gravest = review["findings"][0]["severity"] if review["findings"] else ""
    said = "en" if in_english() else "zh"
    return ReviewShown(
        severity=words.severity_words(gravest),
        coverage=str(words.COVERAGE[review["coverage"]]),
        whole=review["coverage"] == "supported",
        findings=findings,
        missing=tuple(
            words.missing_word(each["fact"]) + words.in_brackets(each["herbs"]) for each in review["missing"]
        ),
        uncovered=tuple(each[said] for each in review["not_covered"]),
        beyond=tuple(str(word) for word in words.BEYOND.values()),
    )


def _finding(each: Mapping[str, Any], resigned: Sequence[str]) -> FindingShown:
    return FindingShown(
        key=each["key"],
        severity=words.severity_words(each["severity"]),
        grave=each["severity"] in GRAVE,
        sentence=each["en" if in_english() else "zh"],
        zh=each["zh"],
        override=str(words.OVERRIDES[each["override"]]),
        may_resign=each["severity"] == "BLOCK" and each["override"] == "RESIGN",
        resigned=each["key"] in resigned,
        source=each["source"],
        mark=mark_words(each["mark"]),
        family=each["family"],
        rule=each.get("rule", ""),
    )


def _herb(each: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> HerbShown:
    grave = [
        found["severity"]
        for found in findings
        if found["severity"] in GRAVE and (each["name"] or each["written"]) in found["herbs"]
    ]
    return HerbShown(
        written=each["written"],
        resolved=each["name"] if each["name"] != each["written"] else "",
        known=bool(each["name"]),
        handling=tuple(str(words.HANDLING[code]) for code in each["handling"]),
        note=each["note"],
        grams=words.grams(each["grams"]),
        flag=words.severity_words(min(grave, key=words.GRAVITY.__getitem__)) if grave else None,
    )


def _taking(kept: Prescription, facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    given = kept.details
    doses = _("%(doses)d 剂，每日 %(a_day)s 剂，分 %(times)d 次") % {
        "doses": kept.doses,
        "a_day": words.grams(given["doses_per_day"]),
        "times": given["times_per_day"],
    }
    decocted = _("自煎")
    if facts.get("decocted"):
        liquor = {"packs": facts["packs"], "ml": facts["ml_per_pack"]}
        decocted = _("代煎，共 %(packs)d 袋，每袋 %(ml)d ml") % liquor
        decocted += " · " + str(words.CATEGORIES[given["category"]])
        decocted += " · " + (_("煎两次") if facts.get("twice") else _("煎一次"))
    way = f"{words.ROUTES[given['route']]} · {words.FORMS[given['form']]}"
    kind = f"{words.KINDS[given['kind']]} · {words.RECORDS[given['record']]}"
    rows = (
        (_("剂数"), doses),
        (_("用法"), " · ".join(filter(None, (way, given["taking"])))),
        (_("煎法"), decocted),
        (_("处方类别"), kind),
        (_("超期限理由"), given["supply_reason"]),
        (_("医嘱"), given["instructions"]),
        (_("领药"), str(words.DELIVERY[facts["delivery"]])),
        (_("有效期至"), facts["valid_until"]),
    )
    return tuple((term, value) for term, value in rows if value)


def order_of(kept: Prescription) -> OrderIn:
    """The order as it was signed."""
    assert kept.signed_sealed is not None
    signed = unseal(kept.signed_sealed, SIGNED).encode("utf-8", "surrogateescape")
    return OrderIn.model_validate_json(signed)


def _today(
    kept: Prescription, case: Snapshot, then: ReviewShown, resigned: Sequence[str], at: datetime
) -> ReviewShown | None:
    """The review as the rules have it now, where it differs from that at arrival; None where it does not."""
    if kept.signed_sealed is None or case.state not in ("received", "second_signature"):
        return None
    fresh = review_shown(judge(order_of(kept), kept.person, at).as_data, resigned)
    same = [(each.key, each.severity) for each in fresh.findings] == [
        (each.key, each.severity) for each in then.findings
    ]
    return None if same and fresh.missing == then.missing and fresh.uncovered == then.uncovered else fresh
