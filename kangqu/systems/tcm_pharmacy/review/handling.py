"""Handling in decoctions (先煎 后下 包煎 …): missing, wrong, not to be decocted; and what is packed apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.herbs import Handling, Herb
from kangqu.systems.tcm_pharmacy.review.doses import GRAVE
from kangqu.systems.tcm_pharmacy.review.lines import Line, Lines
from kangqu.systems.tcm_pharmacy.review.notes import Notes, grams
from kangqu.systems.tcm_pharmacy.review.prescription import Form, Prescription, Route

_APART: Final = frozenset({Handling.POWDER, Handling.DISSOLVE, Handling.MELT})
_UNBOILED: Final = frozenset({Handling.POWDER, Handling.DISSOLVE})
_SATISFIES: Final = {
    Handling.FIRST: frozenset({Handling.FIRST, Handling.FIRST_LONG}),
    Handling.FIRST_LONG: frozenset({Handling.FIRST, Handling.FIRST_LONG}),
    Handling.SEPARATE: frozenset({Handling.SEPARATE, Handling.STEW}),
    Handling.MELT: frozenset({Handling.MELT, Handling.DISSOLVE}),
    Handling.DISSOLVE: frozenset({Handling.DISSOLVE, Handling.POWDER}),
}
"""What, when written, does for what is asked; anything else only for itself."""


def handling(lines: Lines, prescription: Prescription, notes: Notes) -> None:
    """Only decoctions taken internally are judged; of external ones it is said that they were not."""
    if prescription.form is not Form.DECOCTION:
        return
    if prescription.route is Route.EXTERNAL:
        notes.uncovered("handling", "", "外用汤剂的煎法未审。", "How an external decoction is boiled was not judged.")
        return
    for line in lines.known:
        _line(line, notes)


def _line(line: Line, notes: Notes) -> None:
    herb, written = line.herb, line.handling
    if apart := written & _APART:
        notes.find("PACK-APART", (herb.name,), asked=_words(apart), asked_en=_codes(apart))
    if Handling.NO_DECOCT in herb.handling:
        _not_decocted(line, notes)
    elif Handling.POWDER not in written:
        _boiled(line, notes)
        if herb.pills and Handling.NO_DECOCT not in herb.handling:
            notes.find("PILLS-TOXIC" if herb.toxicity in GRAVE else "PILLS", (herb.name,))


def _not_decocted(line: Line, notes: Notes) -> None:
    """A herb the book keeps out of decoctions: dissolved or as powder it may go along, boiled it may not."""
    herb = line.herb
    if line.handling & _UNBOILED:
        return
    if Handling.DISSOLVE in herb.handling:
        _ask(herb, frozenset({Handling.DISSOLVE}), line.handling, notes)
        apart = (Handling.DISSOLVE,)
        notes.find("PACK-APART", (herb.name,), asked=_words(apart), asked_en=_codes(apart))
    else:
        figures: dict[str, Any] = {"least": grams(herb.min_g or 0), "most": grams(herb.max_g or 0)}
        notes.find("NO_DECOCT", (herb.name,), **figures)


def _boiled(line: Line, notes: Notes) -> None:
    herb, written = line.herb, line.handling
    needed = required(herb)
    lacking = frozenset(code for code in needed if not _SATISFIES.get(code, frozenset({code})) & written)
    if len(lacking) < len(needed) and herb.name in (notes.book.figure("HANDLING-MISSING", "either") or ()):
        lacking = frozenset()
    if lacking:
        _ask(herb, lacking, written, notes)
    elif Handling.FIRST_LONG in needed and Handling.FIRST_LONG not in written:
        notes.find("HANDLING-LONG", (herb.name,))
    if Handling.BRIEF in herb.handling and not written & {Handling.BRIEF, Handling.LATE}:
        notes.find("HANDLING-BRIEF", (herb.name,))
    if written and not lacking and (own := written - herb.handling - _accepted(needed)):
        notes.find("HANDLING-OWN", (herb.name,), written=_words(own), written_en=_codes(own))


def required(herb: Herb) -> frozenset[Handling]:
    """What must be written of ``herb`` in a decoction. A powder beside a decocted dose is a choice, not a duty."""
    asked = set(herb.handling - {Handling.BRIEF, Handling.NO_DECOCT})
    if herb.powder is not None or Handling.SEPARATE in asked or herb.pills:
        asked.discard(Handling.POWDER)
    return frozenset(asked)


def _accepted(needed: frozenset[Handling]) -> frozenset[Handling]:
    return frozenset(code for each in needed for code in _SATISFIES.get(each, frozenset({each})))


def _ask(herb: Herb, lacking: frozenset[Handling], written: frozenset[Handling], notes: Notes) -> None:
    rule = "HANDLING-WRONG" if written - _accepted(required(herb)) else "HANDLING-MISSING"
    other = f"药典：{herb.other}。" if herb.other else ""
    more: dict[str, Any] = {"other": other, "other_en": f"The book: {herb.other}." if herb.other else ""}
    more |= {"asked": _words(lacking), "asked_en": _codes(lacking)}
    notes.find(rule, (herb.name,), written=_words(written), written_en=_codes(written), **more)


def _words(codes: Iterable[Handling]) -> str:
    return "、".join(sorted(code.label for code in codes))


def _codes(codes: Iterable[Handling]) -> str:
    return ", ".join(sorted(code.value for code in codes))
