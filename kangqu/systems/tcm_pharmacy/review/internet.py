"""Prescriptions over the internet: written in person, no specially controlled drugs, small children not alone (RX16, RX17)."""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.review.lines import Lines
from kangqu.systems.tcm_pharmacy.review.notes import Notes
from kangqu.systems.tcm_pharmacy.review.prescription import Prescription
from kangqu.systems.tcm_pharmacy.review.toxic import POPPY


def internet(lines: Lines, prescription: Prescription, notes: Notes) -> None:
    """Nothing to say of a prescription that was not made over the internet."""
    if not prescription.internet:
        return
    if prescription.by_hand is None:
        notes.lacks("by_hand", "RX16")
    elif not prescription.by_hand:
        notes.find("RX16")
    special = [line.herb.name for line in lines.known if line.herb.regulated or line.herb.name == POPPY]
    if special:
        notes.find("RX17-SPECIAL", special)
    _child(prescription, notes)


def _child(prescription: Prescription, notes: Notes) -> None:
    years, below = prescription.patient.years, notes.book.figure("RX17-CHILD", "below_years")
    if years is None:
        notes.lacks("age", "RX17-CHILD")
    elif below is not None and years < below:
        if prescription.guardian_present is None:
            notes.lacks("guardian_present", "RX17-CHILD")
        elif not prescription.guardian_present:
            notes.find("RX17-CHILD")
