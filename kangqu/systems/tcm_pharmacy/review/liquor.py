"""The liquor of a decoction: millilitres a dose, for an adult (DC10) and for a child (DC11)."""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.review.notes import Notes
from kangqu.systems.tcm_pharmacy.review.prescription import Form, Prescription, Route


def liquor(prescription: Prescription, notes: Notes) -> None:
    """Packs per dose times millilitres per pack, where both are ordered."""
    packs, each_ml = prescription.packs_per_dose, prescription.ml_per_pack
    if (
        prescription.form is not Form.DECOCTION
        or prescription.route is Route.EXTERNAL
        or packs is None
        or each_ml is None
    ):
        return
    years, below = prescription.patient.years, notes.book.figure("CHILD", "below_years")
    if years is None or below is None:
        notes.lacks("age", "DC10")
        return
    rule = "DC11" if years < below else "DC10"
    least, most, ml = notes.book.figure(rule, "least_ml"), notes.book.figure(rule, "most_ml"), packs * each_ml
    if least is None or not least <= ml <= most:
        notes.find(rule, ml=ml, least=least, most=most)
