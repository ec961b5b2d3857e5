"""The review put together: every family of rules, in the order in which a pharmacist reads."""

from __future__ import annotations

from collections.abc import Hashable

from kangqu.systems.tcm_pharmacy.review.doses import doses
from kangqu.systems.tcm_pharmacy.review.finding import Coverage, Finding, Review
from kangqu.systems.tcm_pharmacy.review.handling import handling
from kangqu.systems.tcm_pharmacy.review.lines import Lines, understand
from kangqu.systems.tcm_pharmacy.review.liquor import liquor
from kangqu.systems.tcm_pharmacy.review.notes import Notes
from kangqu.systems.tcm_pharmacy.review.pairs import pairs
from kangqu.systems.tcm_pharmacy.review.people import people
from kangqu.systems.tcm_pharmacy.review.prescription import Prescription
from kangqu.systems.tcm_pharmacy.review.toxic import poppy, toxic
from kangqu.systems.tcm_pharmacy.review.validity import completeness, diagnoses, supply, validity


def review(prescription: Prescription) -> Review:
    """Everything the rules in force on the day of issue say of ``prescription``.

    Facts in, findings out: no database, no clock; the same prescription always has the same review. What is not known
    or not covered is listed and lowers ``coverage``; it is never taken as normal.
    """
    notes = Notes(prescription.issued_on)
    lines = understand(prescription, notes)
    validity(prescription, notes)
    supply(prescription, notes)
    pairs(lines, notes)
    toxic(lines, prescription, notes)
    poppy(lines, prescription, notes)
    doses(lines, prescription, notes)
    people(lines, prescription, notes)
    handling(lines, prescription, notes)
    diagnoses(prescription, notes)
    completeness(prescription, notes)
    liquor(prescription, notes)
    return Review(
        coverage=_coverage(prescription, lines, notes),
        findings=notes.findings,
        missing=notes.missing,
        not_covered=notes.not_covered,
        days=prescription.days,
        packs=prescription.packs,
    )


def _coverage(prescription: Prescription, lines: Lines, notes: Notes) -> Coverage:
    if not prescription.items:
        return Coverage.EMPTY
    if not any(line.herb.listed for line in lines.known):
        return Coverage.NOT_COVERED
    return Coverage.PARTIAL if notes.missing or notes.not_covered else Coverage.SUPPORTED


def self_review(prescription: Prescription, *, prescriber: Hashable, reviewer: Hashable) -> Finding | None:
    """The finding that somebody is about to review what she prescribed herself, or None."""
    if prescriber != reviewer:
        return None
    notes = Notes(prescription.issued_on)
    notes.find("SELF-REVIEW")
    return notes.findings[0]
