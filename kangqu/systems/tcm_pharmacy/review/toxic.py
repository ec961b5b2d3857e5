"""Regulated toxic herbs (RX14) and poppy husk (RX15)."""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.review.lines import Line, Lines
from kangqu.systems.tcm_pharmacy.review.notes import Notes, grams, over
from kangqu.systems.tcm_pharmacy.review.prescription import Prescription, Route

POPPY = "罂粟壳"


def toxic(lines: Lines, prescription: Prescription, notes: Notes) -> None:
    """Every herb of the list of 28: quantity, days, raw form, and who signs."""
    for line in lines.known:
        if line.herb.regulated:
            _regulated(line, prescription, notes)


def _regulated(line: Line, prescription: Prescription, notes: Notes) -> None:
    name, most_days = line.herb.name, notes.book.figure("RX14", "most_days") or 2
    notes.find("RX14-SIGN", (name,))
    if prescription.toxic_right is False:
        notes.find("RX14-RIGHT", (name,))
    if line.herb.regulated.startswith("生"):
        notes.find("RX14-RAW", (name,))
    if prescription.route is Route.EXTERNAL or line.herb.max_g is None:
        said = f"{name}没有可用的一日极量，未审二日极量。"
        said_en = f"No daily maximum of {name} applies here: two days' maximum was not judged."
        notes.uncovered("toxic_quantity", name, said, said_en)
    else:
        total, most = line.dose_g * prescription.doses, most_days * line.herb.max_g
        if over(total, most):
            notes.find("RX14", (name,), total_g=grams(total), most_g=grams(most), max_g=grams(line.herb.max_g))
    longest = notes.book.figure("RX14-DAYS", "most_days") or most_days
    if prescription.route is Route.INTERNAL and prescription.days > longest:
        notes.find("RX14-DAYS", (name,), days=prescription.days, most=longest)


def poppy(lines: Lines, prescription: Prescription, notes: Notes) -> None:
    """Poppy husk: never alone, by a prescriber with the right to narcotics, in small amounts, for few days."""
    line = next((line for line in lines.known if line.herb.name == POPPY), None)
    if line is None:
        return
    notes.find("RX15-FORM", (POPPY,))
    if len(lines.names) == 1:
        notes.find("RX15-ALONE", (POPPY,))
    if prescription.narcotic_right is None:
        notes.lacks("narcotic_right", "RX15-RIGHT", (POPPY,))
    elif not prescription.narcotic_right:
        notes.find("RX15-RIGHT", (POPPY,))
    most_g = notes.book.figure("RX15-DOSE", "most_g")
    if most_g is None or over(line.day_g, most_g):
        notes.find("RX15-DOSE", (POPPY,), grams=grams(line.day_g), most=most_g)
    _poppy_days(prescription, notes)


def _poppy_days(prescription: Prescription, notes: Notes) -> None:
    days, before = prescription.days, prescription.poppy_days_before
    most = notes.book.figure("RX15-DAYS", "most_days")
    if most is None or days > most:
        notes.find("RX15-DAYS", (POPPY,), days=days, most=most)
    longest = notes.book.figure("RX15-CONTINUOUS", "most_days")
    if before is None:
        notes.lacks("poppy_days_before", "RX15-CONTINUOUS", (POPPY,))
    elif longest is None or before + days > longest:
        notes.find("RX15-CONTINUOUS", (POPPY,), days=before + days, most=longest)
