"""Prescriptions for the tests: complete in everything a test does not speak of, so that only its own findings show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from kangqu.systems.tcm_pharmacy.herbs import HANDLING_WORDS
from kangqu.systems.tcm_pharmacy.review import Finding, Item, Patient, Prescription, RecordKind, Review, Sex, review

DAY = date(2026, 3, 1)
MAN = Patient(
    sex=Sex.MALE,
    age_years=40,
    liver_impaired=False,
    kidney_impaired=False,
    glaucoma=False,
    tachycardia=False,
    bleeding=False,
    haemoptysis=False,
    athlete=False,
)
WOMAN = replace(MAN, sex=Sex.FEMALE, pregnant=False, lactating=False, menstruating=False)
WHOLE = Prescription(
    items=(),
    doses=2,
    issued_on=DAY,
    today=DAY,
    times_per_day=2,
    taking="温服",
    patient=MAN,
    diagnoses=("A04.01.01", "B04.06.01.03.02"),
    record=RecordKind.OUTPATIENT,
    narcotic_right=True,
    poppy_days_before=0,
    packs_per_dose=2,
    ml_per_pack=200,
)


def written(*herbs: str, **changes: Any) -> Prescription:
    """A prescription of herbs like ``附子 10 先煎``: name, grams a dose, handling words."""
    items = []
    for herb in herbs:
        name, grams, *words = herb.split(" ")
        items.append(Item(name, float(grams), tuple(HANDLING_WORDS[word] for word in words)))
    return replace(WHOLE, items=tuple(items), **changes)


def reviewed(*herbs: str, **changes: Any) -> Review:
    return review(written(*herbs, **changes))


def said(found: Review) -> dict[str, str]:
    """Rule → severity of everything found that is more than information."""
    return {each.rule: each.severity.value for each in found.findings if each.severity != "INFO"}


def the(found: Review, rule: str) -> Finding:
    (finding,) = (each for each in found.findings if each.rule == rule)
    return finding
