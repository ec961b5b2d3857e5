"""A herb as the pharmacopoeia describes it: doses in grams a day, toxicity, pregnancy, handling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kangqu.kernel.rules.source import Source


class Toxicity(StrEnum):
    """毒性: the three grades the pharmacopoeia prints."""

    GREAT = "大"
    SOME = "有"
    SMALL = "小"


class Pregnancy(StrEnum):
    """妊娠: forbidden, or with care."""

    FORBIDDEN = "禁"
    CARE = "慎"


class Handling(StrEnum):
    """特殊煎服法: how a herb is boiled or taken otherwise than with the rest."""

    FIRST = "FIRST"
    FIRST_LONG = "FIRST_LONG"
    LATE = "LATE"
    BRIEF = "BRIEF"
    SEPARATE = "SEPARATE"
    STEW = "STEW"
    MELT = "MELT"
    WRAP = "WRAP"
    DECOCT_AS_WATER = "DECOCT_AS_WATER"
    POWDER = "POWDER"
    DISSOLVE = "DISSOLVE"
    NO_DECOCT = "NO_DECOCT"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    Handling.FIRST: "先煎",
    Handling.FIRST_LONG: "先煎久煎",
    Handling.LATE: "后下",
    Handling.BRIEF: "不久煎",
    Handling.SEPARATE: "另煎",
    Handling.STEW: "另炖",
    Handling.MELT: "烊化",
    Handling.WRAP: "包煎",
    Handling.DECOCT_AS_WATER: "煎汤代水",
    Handling.POWDER: "冲服",
    Handling.DISSOLVE: "溶入汤液",
    Handling.NO_DECOCT: "不入煎剂",
}

HANDLING_WORDS: Final = {label: code for code, label in _LABELS.items()} | {
    "先煎、久煎": Handling.FIRST_LONG,
    "久煎": Handling.FIRST_LONG,
    "后入": Handling.LATE,
    "溶化": Handling.MELT,
    "布包": Handling.WRAP,
    "粉服": Handling.POWDER,
    "研末冲服": Handling.POWDER,
    "吞服": Handling.POWDER,
    "溶入": Handling.DISSOLVE,
    "兑服": Handling.DISSOLVE,
    "不入煎": Handling.NO_DECOCT,
}
"""What prescriptions and the herb table write, and the handling it means."""


@dataclass(frozen=True, slots=True)
class PowderDose:
    """What one taking (or one day, ``daily``) of the powdered herb may weigh, in grams."""

    min_g: float | None
    max_g: float
    daily: bool
    note: str
    source: Source


@dataclass(frozen=True, slots=True)
class Herb:
    """One herb. ``min_g`` and ``max_g``: internal dose, grams a day; None where the book gives none.

    ``handling`` holds what the book asks for; ``external``: also or only for external use; ``pills``: pills and powders
    only or mainly; ``base``: the herb of the table this one is a form of; ``listed``: it stands in the herb table
    (a herb that does not is known by name only, and nothing is known of its dose); ``regulated``: its name on the list
    of 28 toxic herbs, or empty.
    """

    name: str
    min_g: float | None
    max_g: float | None
    toxicity: Toxicity | None
    pregnancy: Pregnancy | None
    handling: frozenset[Handling]
    external: bool
    pills: bool
    other: str
    source: Source
    base: str = ""
    listed: bool = True
    regulated: str = ""
    powder: PowderDose | None = None

    @property
    def kin(self) -> frozenset[str]:
        """The names under which rules may mean this herb: its own, and that of the herb it is a form of."""
        return frozenset({self.name, self.base} - {""})
