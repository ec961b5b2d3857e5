"""Who takes it: pregnancy, children, the elderly, lactation, liver, kidney, glaucoma, bleeding, athletes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from kangqu.kernel.rules.table import judge_rows
from kangqu.systems.tcm_pharmacy.review.book import rows_about
from kangqu.systems.tcm_pharmacy.review.lines import Lines
from kangqu.systems.tcm_pharmacy.review.notes import Notes
from kangqu.systems.tcm_pharmacy.review.prescription import Patient, Prescription, Sex

_ASKED: Final = {"child": "age", "elder": "age"}
"""What to ask for when a derived fact is missing."""


def people(lines: Lines, prescription: Prescription, notes: Notes) -> None:
    """Hold every row that speaks of a herb of the prescription against the patient; herbs of one row are told together."""
    facts = facts_of(prescription.patient, notes)
    held: dict[str, list[str]] = {}
    for line in lines.known:
        verdict = judge_rows(rows_about(line.herb.name, notes.day), facts)
        for row in verdict.matched:
            held.setdefault(row.id, []).append(line.herb.name)
        for row, lacking in verdict.unjudged:
            for fact in lacking:
                notes.lacks(_ASKED.get(fact, fact), row.id, (line.herb.name,))
    for rule, herbs in held.items():
        notes.find(rule, herbs)


def facts_of(patient: Patient, notes: Notes) -> dict[str, Any]:
    """What is known of the patient, with what follows from sex and age; None is not known."""
    facts = {each.name: getattr(patient, each.name) for each in fields(patient)}
    years = patient.years
    child, elder = notes.book.figure("CHILD", "below_years"), notes.book.figure("ELDER", "from_years")
    facts["child"] = None if years is None or child is None else years < child
    facts["elder"] = None if years is None or elder is None else years >= elder
    if not _may_be_pregnant(patient, notes):
        for name in ("pregnant", "lactating", "menstruating"):
            facts[name] = bool(facts[name])
    return facts


def _may_be_pregnant(patient: Patient, notes: Notes) -> bool:
    """Whether silence leaves it open: not of men, nor of those outside the years of the setting row."""
    if patient.sex is Sex.MALE:
        return False
    years = patient.years
    first, last = (notes.book.figure("MAY-BE-PREGNANT", name) for name in ("from_years", "to_years"))
    return years is None or first is None or first <= years <= last
