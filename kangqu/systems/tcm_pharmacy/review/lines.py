"""The written herbs understood: one line for each herb meant, its grams added up; and what is said of the names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kangqu.systems.tcm_pharmacy.herbs import Answer, Handling, Herb, Resolution, Via, resolve
from kangqu.systems.tcm_pharmacy.review.notes import Notes, grams
from kangqu.systems.tcm_pharmacy.review.prescription import Item, Prescription


@dataclass(frozen=True, slots=True)
class Line:
    """A herb of the prescription: grams of a dose and of a day, and the handling written for it."""

    herb: Herb
    written: tuple[str, ...]
    dose_g: float
    day_g: float
    handling: frozenset[Handling]


@dataclass(frozen=True, slots=True)
class Lines:
    """``known`` by herb; ``names`` of everything understood, banned names too, each with the names rules know it by."""

    known: tuple[Line, ...]
    names: tuple[tuple[str, frozenset[str]], ...]


def understand(prescription: Prescription, notes: Notes) -> Lines:
    """Resolve every written name, say what is to be said of it, and add up what is written twice."""
    found: dict[str, list[tuple[Item, Resolution]]] = {}
    names: dict[str, frozenset[str]] = {}
    for item in prescription.items:
        meant = resolve(item.name)
        _say(meant, notes)
        if meant.banned is not None:
            names[meant.banned.name] = frozenset({meant.banned.name})
        if meant.herb is not None:
            found.setdefault(meant.herb.name, []).append((item, meant))
            names[meant.herb.name] = meant.herb.kin
    lines = tuple(_line(parts, prescription.doses_per_day) for parts in found.values())
    _duplicates(lines, notes)
    return Lines(lines, tuple(names.items()))


def _line(parts: list[tuple[Item, Resolution]], doses_per_day: float) -> Line:
    herb = parts[0][1].herb
    assert herb is not None
    dose = sum(item.grams for item, _ in parts)
    handling = frozenset(code for item, meant in parts for code in (*item.handling, *meant.handling))
    return Line(herb, tuple(item.name for item, _ in parts), dose, dose * doses_per_day, handling)


def _say(meant: Resolution, notes: Notes) -> None:
    written = meant.written
    if meant.answer is Answer.AMBIGUOUS:
        candidates = "、".join(meant.candidates)
        notes.find("NAME-AMBIGUOUS", meant.candidates, written=written, candidates=candidates)
        notes.uncovered(
            "herb", written, f"“{written}”未定，没有审核。", f"“{written}” is undecided and was not reviewed."
        )
    elif meant.banned is not None:
        ban = meant.banned
        instead, instead_en = (f"可改用{ban.instead}。", f"Instead: {ban.instead}.") if ban.instead else ("", "")
        more: dict[str, Any] = {
            "written": written,
            "why": ban.why,
            "why_en": ban.why_en,
            "instead": instead,
            "instead_en": instead_en,
        }
        notes.find("NAME-BANNED", (ban.name,), **more)
    elif meant.herb is None:
        notes.find("NAME-UNKNOWN", (), written=written)
        notes.uncovered("herb", written, f"“{written}”不在药名表中。", f"“{written}” is not in the herb table.")
    else:
        _say_of_herb(meant, meant.herb, notes)


def _say_of_herb(meant: Resolution, herb: Herb, notes: Notes) -> None:
    if meant.via in (Via.PINYIN, Via.INITIALS):
        notes.find("NAME-LETTERS", (herb.name,), written=meant.written)
    elif meant.via is Via.ALIAS:
        notes.find("NAME-ALIAS", (herb.name,), written=meant.written)
    if meant.supply is not None:
        notes.find("RX14-SUPPLY", (herb.name,), written=meant.written, supplied=meant.supply.supplied)
    if not herb.listed:
        said = f"{herb.name}不在药典饮片表中，剂量、毒性、妊娠没有审核。"
        said_en = f"{herb.name} is not in the herb table: dose, toxicity and pregnancy were not reviewed."
        notes.uncovered("herb", herb.name, said, said_en)


def _duplicates(lines: tuple[Line, ...], notes: Notes) -> None:
    for line in lines:
        if len(line.written) > 1:
            written = "、".join(line.written)
            notes.find(
                "DUPLICATE", (line.herb.name,), count=len(line.written), written=written, grams=grams(line.day_g)
            )
