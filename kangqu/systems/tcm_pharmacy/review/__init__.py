"""The automatic review of a TCM prescription (审方). Pure: no database, no clock, no names of people.

``review(prescription) -> Review`` judges a ``Prescription`` by the rules in force on the day it was issued. A ``Review``
holds findings (rule, severity, what lets it pass, source and mark, a sentence in Chinese and in English), the facts that
were ``missing``, what is ``not_covered``, and the ``coverage`` these leave. ``self_review`` says whether somebody is
about to review her own prescription.

The rules are data: ``rules.toml`` (severity, override, figures, sentences), ``pairs.toml`` (十八反, 十九畏),
``codes.toml`` (shapes of diagnosis codes), each row with document, mark and dates. docs/algorithms/tcm-review.md.
"""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.review.finding import (
    Coverage,
    Finding,
    Missing,
    Override,
    Review,
    Severity,
    Uncovered,
)
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
from kangqu.systems.tcm_pharmacy.review.reviewing import review, self_review

__all__ = [
    "Coverage",
    "Finding",
    "Form",
    "Item",
    "Kind",
    "Missing",
    "Override",
    "Patient",
    "Prescription",
    "RecordKind",
    "Review",
    "Route",
    "Severity",
    "Sex",
    "Uncovered",
    "review",
    "self_review",
]
