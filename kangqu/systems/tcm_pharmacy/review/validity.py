"""Validity (RX1), supply (RX2–RX5), completeness (RX8–RX10) and the diagnosis codes."""

from __future__ import annotations

from datetime import timedelta

from kangqu.systems.tcm_pharmacy.review.notes import Notes
from kangqu.systems.tcm_pharmacy.review.prescription import Form, Kind, Prescription


def validity(prescription: Prescription, notes: Notes) -> None:
    """Good on the day of issue; an extension counts from the day after issue, unless the setting row counts that day."""
    issued, today, extension = prescription.issued_on, prescription.today, prescription.extension_days
    most = notes.book.figure("RX1-EXTENSION", "most_days")
    if most is not None and extension > most:
        notes.find("RX1-EXTENSION", days=extension, most=most)
        extension = most
    if extension and notes.book.figure("RX1-COUNT", "counts_issue_day"):
        extension -= 1
    valid_to = issued + timedelta(days=extension)
    if today < issued:
        notes.find("RX1-FUTURE", issued_on=issued, today=today)
    elif today > valid_to:
        notes.find("RX1", issued_on=issued, valid_to=valid_to, today=today)


def supply(prescription: Prescription, notes: Notes) -> None:
    """For how many days it is enough, against what its kind allows."""
    days, reason = prescription.days, prescription.reason.strip()
    if prescription.kind is Kind.LONG_TERM:
        longest = notes.book.figure("RX5-LONGEST", "most_days")
        most = notes.book.figure("RX5", "most_days")
        if longest is not None and days > longest:
            notes.find("RX5-LONGEST", days=days, most=longest)
        elif most is None or days > most:
            notes.find("RX5", days=days, most=most)
        return
    rule = "RX3" if prescription.kind is Kind.EMERGENCY else "RX2"
    most = notes.book.figure(rule, "most_days")
    if most is not None and days <= most:
        return
    if reason:
        notes.find("RX4", days=days, most=most, reason=reason)
    else:
        notes.find(rule, days=days, most=most)


def completeness(prescription: Prescription, notes: Notes) -> None:
    """What the input shows to be lacking of the parts that a prescription has."""
    body = {
        "每日次数": ("times per day", prescription.times_per_day),
        "服用要求": ("how to take it", prescription.taking.strip()),
    }
    if prescription.form is Form.DECOCTION and prescription.ml_per_pack is None:
        body["每次药液量"] = ("liquor per taking", None)
    head = {
        "性别": ("sex", prescription.patient.sex),
        "年龄": ("age", prescription.patient.years is not None or None),
        "诊断": ("diagnosis", prescription.diagnoses),
    }
    for rule, parts in (("RX8", body), ("RX10", head)):
        lacking = [(zh, en) for zh, (en, value) in parts.items() if not value]
        if lacking:
            zh, en = "、".join(each[0] for each in lacking), ", ".join(each[1] for each in lacking)
            notes.find(rule, lacking=zh, lacking_en=en)


def diagnoses(prescription: Prescription, notes: Notes) -> None:
    """The shape of every code, temporary terms, and whether a syndrome is named."""
    kinds = set()
    for code in prescription.diagnoses:
        kind = next((kind for shape, kind in notes.book.codes if shape.fullmatch(code)), None)
        kinds.add(kind)
        if kind is None:
            notes.find("DX-SHAPE", code=code)
        elif code.startswith(notes.book.figure("DX-A17", "prefix") or "A17"):
            _temporary(code, prescription, notes)
    if prescription.diagnoses and "syndrome" not in kinds:
        notes.find("RX9")


def _temporary(code: str, prescription: Prescription, notes: Notes) -> None:
    if prescription.record is None:
        notes.lacks("record", "DX-A17")
    elif prescription.record.value in (notes.book.figure("DX-A17", "records") or [prescription.record.value]):
        notes.find("DX-A17", code=code)
