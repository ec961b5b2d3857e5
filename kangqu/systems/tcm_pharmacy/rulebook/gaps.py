"""What nothing here says of a herb. A gap is said in words: no rule is never "safe"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kangqu.systems.tcm_pharmacy.herbs import Herb
from kangqu.systems.tcm_pharmacy.herbs.table import IN_FORCE_FROM


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is not judged: ``what`` for programs, a sentence in Chinese and in English."""

    what: str
    zh: str
    en: str


_UNLISTED = Gap(
    "herb", "不在饮片表里：剂量、毒性、妊娠、煎法都没有审。", "Not in the herb table: dose, toxicity, pregnancy and handling are not judged."
)  # fmt: skip
_TOO_EARLY = Gap(
    "herb", "这一天饮片表还没有施行：剂量、毒性、妊娠、煎法没有表可查。", "The herb table was not in force on this day."
)
_NO_DOSE = Gap(
    "dose", "药典没有内服克数，内服剂量没有表可审。", "The book gives no internal dose: there is none to judge by."
)
_NO_PREGNANCY = Gap(
    "pregnancy",
    "表里没有妊娠禁忌，不等于孕妇可以用。",
    "No pregnancy note, which does not mean it may be taken in pregnancy.",
)
_NO_TOXICITY = Gap("toxicity", "表里没有注明毒性，不等于无毒。", "No toxicity noted, which does not mean it has none.")
_NO_OPPONENT = Gap(
    "pairs",
    "十八反、十九畏里没有它，不等于能与任何药同用。",
    "In no incompatible pair, which does not mean it goes with every herb.",
)
_ALWAYS = (
    Gap("child_doses", "只有成人剂量，儿童剂量没有表。", "Doses are an adult's; there is no table for children."),
    Gap("external_doses", "外用剂量没有表。", "There is no table of external doses."),
    Gap("western_drugs", "与西药合用不审。", "Use together with other drugs is not judged."),
    Gap("allergies", "过敏史不审。", "Allergies are not judged."),
    Gap(
        "diagnosis_formula",
        "方与证是否相符不审，由药师判断。",
        "Whether the formula fits the diagnosis remains the pharmacist's.",
    ),
)


def gaps_of(herb: Herb | None, day: date, *, opposed: bool) -> tuple[Gap, ...]:
    """What is not covered of ``herb`` (None: a banned name) on ``day``; ``opposed``: it stands in a pair."""
    found = []
    if herb is None or not herb.listed:
        found.append(_UNLISTED)
    elif day < IN_FORCE_FROM:
        found.append(_TOO_EARLY)
    else:
        found += [_NO_DOSE] if herb.max_g is None else []
        found += [_NO_PREGNANCY] if herb.pregnancy is None else []
        found += [_NO_TOXICITY] if herb.toxicity is None else []
    return (*found, *(() if opposed else (_NO_OPPONENT,)), *_ALWAYS)
