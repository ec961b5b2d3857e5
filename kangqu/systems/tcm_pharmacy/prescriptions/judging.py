"""What the automatic review makes of an order, in the terms the desk and the line go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from kangqu.kernel.basis.clock import age_on, city_day
from kangqu.kernel.people.models import Person
from kangqu.systems.tcm_pharmacy.herbs import Answer, Handling, Resolution, resolve
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.systems.tcm_pharmacy.review import review
from kangqu.systems.tcm_pharmacy.review.finding import Finding, Override, Review, Severity
from kangqu.systems.tcm_pharmacy.review.prescription import (
    Form,
    Item,
    Kind,
    Patient,
    Prescription,
    RecordKind,
    Route,
    Sex,
)

_SEX = {"1": Sex.MALE, "2": Sex.FEMALE}


@dataclass(frozen=True, slots=True)
class Judged:
    """``herbs``: the items as they are kept, resolved names beside the written ones. ``blocked``: only a corrected
    prescription may go on; ``two_signatures``: two pharmacists must sign."""

    review: Review
    herbs: tuple[dict[str, Any], ...]
    blocked: bool
    two_signatures: bool

    @property
    def as_data(self) -> dict[str, Any]:
        """The review as it is kept and shown: JSON."""
        return {
            "coverage": self.review.coverage.value,
            "findings": [finding_data(finding) for finding in self.review.findings],
            "missing": [asdict(each) for each in self.review.missing],
            "not_covered": [asdict(each) for each in self.review.not_covered],
            "days": self.review.days,
            "packs": self.review.packs,
        }


def judge(order: OrderIn, person: Person, at: datetime, *, poppy_before: int | None = None) -> Judged:
    """Review ``order`` for ``person`` as it stands at ``at``. Pure but for the person's sex and birth date.

    ``poppy_before`` are the days in a row she had poppy husk; None: not known.
    """
    found = review(replace(as_reviewed(order, person, city_day(at)), poppy_days_before=poppy_before))
    blocks = [each for each in found.findings if each.severity is Severity.BLOCK]
    resigned = [each for each in blocks if each.override is Override.RESIGN and key_of(each) in order.resigned]
    doubles = any(each.severity is Severity.DOUBLE_SIGN for each in found.findings)
    return Judged(
        review=found,
        herbs=tuple(kept_herbs(order)),
        blocked=len(resigned) < len(blocks),
        two_signatures=doubles or bool(resigned),
    )


def key_of(finding: Finding) -> str:
    """What a prescriber names when she signs again for a finding: its rule and the pair or herb within it."""
    return f"{finding.rule}:{finding.detail}" if finding.detail else finding.rule


def finding_data(finding: Finding) -> dict[str, Any]:
    source = finding.source
    return {
        "key": key_of(finding),
        "rule": finding.rule,
        "family": finding.family,
        "severity": finding.severity.value,
        "override": finding.override.value,
        "source": " ".join(part for part in (source.document, source.clause) if part),
        "mark": source.mark.value,
        "herbs": list(finding.herbs),
        "zh": finding.zh,
        "en": finding.en,
    }


def as_reviewed(order: OrderIn, person: Person, today: date) -> Prescription:
    """The order in the review's own terms; age and sex are those the city knows."""
    patient = order.patient
    known = {
        name: getattr(patient, name)
        for name in (
            "pregnant", "lactating", "menstruating", "liver_impaired", "kidney_impaired", "glaucoma", "tachycardia",
            "bleeding", "haemoptysis", "athlete",
        )
    }  # fmt: skip
    birth = person.birth_date
    return Prescription(
        items=tuple(Item(each.name, each.grams, tuple(each.handling)) for each in order.herbs),
        doses=order.doses,
        issued_on=order.issued_on,
        today=today,
        doses_per_day=order.doses_per_day,
        times_per_day=order.times_per_day,
        route=Route(order.route),
        form=Form(order.form),
        kind=Kind(order.kind),
        extension_days=order.extension_days,
        reason=order.supply_reason,
        taking=order.taking,
        patient=Patient(
            sex=_SEX.get(person.sex),
            age_years=age_on(birth, today) if birth is not None else None,
            age_months=_months(birth, today) if birth is not None and age_on(birth, today) < 2 else None,
            **known,
        ),
        diagnoses=tuple(each.code for each in order.diagnoses if each.code),
        record=RecordKind(order.record),
        narcotic_right=order.prescriber.narcotic_right,
        toxic_right=order.prescriber.toxic_right,
        packs_per_dose=order.packs_per_dose if order.decoct else None,
        ml_per_pack=order.ml_per_pack if order.decoct else None,
    )


def valid_until(issued_on: date, extension_days: int) -> date:
    """The last day a prescription may be taken up: the day of issue, or as many days after it as it was extended (RX1)."""
    return issued_on + timedelta(days=extension_days)


def _months(birth: date, today: date) -> int:
    return (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)


def kept_herbs(order: OrderIn) -> Sequence[dict[str, Any]]:
    """The items as they are kept: the resolved name beside the written one, and how each is handled."""
    kept = []
    for each in order.herbs:
        found = resolve(each.name)
        name = _supplied(found)
        handling = [*each.handling, *(code for code in found.handling if code not in each.handling)]
        kept.append(
            {
                "written": each.name,
                "name": name,
                "grams": each.grams,
                "handling": [Handling(code).value for code in handling],
                "note": each.note,
            }
        )
    return kept


def _supplied(found: Resolution) -> str:
    """The pharmacopoeia name of what is dispensed; empty where the written name says no one herb."""
    if found.answer is not Answer.ONE or found.herb is None:
        return ""
    return found.supply.herb if found.supply is not None else found.herb.name
