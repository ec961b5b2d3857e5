"""Doses of the pharmacopoeia, by route and form: grams a day, or grams a taking of a powder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kangqu.systems.tcm_pharmacy.herbs import Handling, Herb, PowderDose, Toxicity
from kangqu.systems.tcm_pharmacy.review.lines import Line, Lines
from kangqu.systems.tcm_pharmacy.review.notes import Notes, grams, over
from kangqu.systems.tcm_pharmacy.review.prescription import Form, Prescription, Route

GRAVE = frozenset({Toxicity.GREAT, Toxicity.SOME})


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is compared: grams, the two limits, and per what."""

    grams: float
    least: float | None
    most: float
    powder: PowderDose | None = None


def doses(lines: Lines, prescription: Prescription, notes: Notes) -> None:
    """Every listed herb's dose. External doses and children's doses have no table: said, not passed over."""
    for line in lines.known:
        if prescription.route is Route.EXTERNAL:
            said = f"{line.herb.name}外用，没有剂量可审。"
            notes.uncovered("dose", line.herb.name, said, f"{line.herb.name} is for external use: no dose to judge by.")
        elif line.herb.listed:
            _dose(line, prescription, notes)
    _child(prescription, notes)


def _child(prescription: Prescription, notes: Notes) -> None:
    years, below = prescription.patient.years, notes.book.figure("CHILD", "below_years")
    if years is not None and below is not None and years < below:
        notes.uncovered(
            "child_dose", "", "只有成人剂量，儿童剂量未审。", "Doses are an adult's; a child's were not judged."
        )


def _dose(line: Line, prescription: Prescription, notes: Notes) -> None:
    herb = line.herb
    powdered = prescription.form is Form.POWDER or Handling.POWDER in line.handling
    if powdered and herb.powder is not None:
        if herb.powder.daily:
            _judge(herb, _Measure(line.day_g, herb.powder.min_g, herb.powder.max_g, herb.powder), notes)
        elif prescription.times_per_day is None:
            notes.lacks("times_per_day", "DOSE-POWDER", (herb.name,))
        else:
            taking = line.day_g / prescription.times_per_day
            _judge(herb, _Measure(taking, herb.powder.min_g, herb.powder.max_g, herb.powder), notes)
    elif herb.max_g is not None:
        _judge(herb, _Measure(line.day_g, herb.min_g, herb.max_g), notes)
    else:
        _no_dose(herb, notes)


def _no_dose(herb: Herb, notes: Notes) -> None:
    if herb.toxicity in GRAVE:
        notes.find("DOSE-NONE-TOXIC", (herb.name,))
    elif herb.external:
        notes.find("DOSE-NONE", (herb.name,))
    else:
        said = f"药典没有{herb.name}的克数（{herb.other or '无'}）。"
        notes.uncovered(
            "dose", herb.name, said, f"The pharmacopoeia gives no grams for {herb.name} ({herb.other or '-'})."
        )


def _judge(herb: Herb, measure: _Measure, notes: Notes) -> None:
    least = grams(measure.least) if measure.least is not None else "—"
    figures: dict[str, Any] = {"grams": grams(measure.grams), "most": grams(measure.most), "least": least}
    times = notes.book.figure("DOSE-TOXIC", "times") or 2
    if herb.toxicity is not None and over(measure.grams, times * measure.most):
        notes.find("DOSE-TOXIC", (herb.name,), **figures)
    elif over(measure.grams, measure.most) and measure.powder is not None:
        per, per_en = ("每日", "a day") if measure.powder.daily else ("每次", "a taking")
        notes.find("DOSE-POWDER", (herb.name,), per=per, per_en=per_en, note=measure.powder.note, **figures)
    elif over(measure.grams, measure.most):
        other = f"药典另载：{herb.other}。" if herb.other else ""
        other_en = f"The book also says: {herb.other}." if herb.other else ""
        notes.find("DOSE-MAX", (herb.name,), other=other, other_en=other_en, **figures)
    elif measure.least is not None and over(measure.least, measure.grams):
        notes.find("DOSE-MIN", (herb.name,), **figures)
