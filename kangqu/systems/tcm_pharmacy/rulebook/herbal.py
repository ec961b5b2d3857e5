"""Entries made of the herb table: doses, powders, toxicity, the regulated list, pregnancy, handling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.herbs import HERBS, Handling, Herb, Pregnancy, Toxicity
from kangqu.systems.tcm_pharmacy.herbs.names import source_of
from kangqu.systems.tcm_pharmacy.herbs.table import IN_FORCE_FROM, NAMES
from kangqu.systems.tcm_pharmacy.review.book import book_on
from kangqu.systems.tcm_pharmacy.review.notes import grams
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry, judged_by

TOXICITY: Final = {
    Toxicity.GREAT: ("大毒", "very toxic"),
    Toxicity.SOME: ("有毒", "toxic"),
    Toxicity.SMALL: ("小毒", "slightly toxic"),
}
HANDLING_EN: Final = {
    Handling.FIRST: "boil first",
    Handling.FIRST_LONG: "boil first and for long",
    Handling.LATE: "add last",
    Handling.BRIEF: "do not boil for long",
    Handling.SEPARATE: "boil separately",
    Handling.STEW: "stew separately",
    Handling.MELT: "melt",
    Handling.WRAP: "wrap",
    Handling.DECOCT_AS_WATER: "its decoction is the water",
    Handling.POWDER: "take as powder",
    Handling.DISSOLVE: "dissolve in the liquor",
    Handling.NO_DECOCT: "do not decoct",
}
_PREGNANCY: Final = {
    Pregnancy.FORBIDDEN: ("孕妇禁用", "forbidden in pregnancy", "PREGNANCY-FORBIDDEN"),
    Pregnancy.CARE: ("孕妇慎用", "only with care in pregnancy", "PREGNANCY-CARE"),
}


def _entry(herb: Herb, zh: str, en: str, **more: Any) -> Entry:
    fields: dict[str, Any] = {"id": herb.name, "herbs": (herb.name,), "source": herb.source}
    if herb.listed:
        fields |= {"starts": IN_FORCE_FROM, "version": "2020"}
    return Entry(zh=zh, en=en, **fields | more)


def doses(day: date) -> tuple[Entry, ...]:
    """What every listed herb may weigh a day."""
    return tuple(_dose(herb) for herb in HERBS.values() if herb.listed)


def _dose(herb: Herb) -> Entry:
    if herb.max_g is None:
        zh, en = "药典没有内服克数", "the book gives no internal dose"
    else:
        span = _span(herb.min_g, herb.max_g)
        zh, en = f"内服一日 {span} 克", f"{span} g a day, internal"
    if herb.external:
        zh, en = (
            (f"{zh}；外用", f"{en}; external use")
            if herb.max_g is None
            else (f"{zh}；也可外用", f"{en}; also external")
        )
    return _entry(herb, zh, en, note=herb.other, min_g=herb.min_g, max_g=herb.max_g)


def _span(least: float | None, most: float) -> str:
    return f"≤ {grams(most)}" if least is None else f"{grams(least)}–{grams(most)}"


def powders(day: date) -> tuple[Entry, ...]:
    """What a taking, or a day, of the powdered herb may weigh."""
    found = []
    for herb in HERBS.values():
        if (powder := herb.powder) is not None:
            per, per_en = ("每日", "a day") if powder.daily else ("每次", "a taking")
            span = _span(powder.min_g, powder.max_g)
            more = {"note": powder.note, "min_g": powder.min_g, "max_g": powder.max_g, "source": powder.source}
            found.append(_entry(herb, f"研粉{per} {span} 克", f"as powder, {span} g {per_en}", **more))
    return tuple(found)


def toxicity(day: date) -> tuple[Entry, ...]:
    """Every herb that is noted as toxic, with the most it may weigh a day."""
    return tuple(_toxic(herb, herb.toxicity) for herb in HERBS.values() if herb.toxicity is not None)


def _toxic(herb: Herb, grade: Toxicity) -> Entry:
    zh, en = TOXICITY[grade]
    if not herb.listed:
        limit, limit_en = "，表里没有剂量", ", no dose in the table"
    elif herb.max_g is None:
        limit, limit_en = "，没有内服量", ", no internal dose"
    else:
        limit, limit_en = f"，内服一日不超过 {grams(herb.max_g)} 克", f", at most {grams(herb.max_g)} g a day"
    return _entry(herb, zh + limit, en + limit_en, max_g=herb.max_g)


def regulated(day: date) -> tuple[Entry, ...]:
    """The regulated toxic herbs, by the name the regulation has for each."""
    (block,) = NAMES["regulated"]
    found = []
    for name, each in block["herbs"].items():
        most = HERBS[each].max_g
        zh = f"毒性中药品种“{name}”" + (f"，一日极量 {grams(most)} 克" if most else "，没有一日极量可审")
        en = "a regulated toxic herb" + (
            f", at most {grams(most)} g a day" if most else ", no daily maximum to judge by"
        )
        found.append(
            Entry(id=name, herbs=(each,), zh=zh, en=en, max_g=most, source=source_of(block), starts=block["starts"])
        )  # fmt: skip
    return tuple(found)


def pregnancy(day: date) -> tuple[Entry, ...]:
    """Every herb forbidden in pregnancy, or to be used with care: from the herb table, and from rows of their own."""
    rows = book_on(day).rows
    found = []
    for herb in HERBS.values():
        if herb.pregnancy is not None:
            zh, en, rule = _PREGNANCY[herb.pregnancy]
            found.append(_entry(herb, zh, en, **judged_by(rows.get(rule))))
    return (*found, *_of_rows(day))


def _of_rows(day: date) -> Iterator[Entry]:
    for row in book_on(day).people:
        if "pregnant" in row.when and "herbs" in row.fields:
            for name in row.fields["herbs"]:
                zh = row.fields["zh"].format(herbs="").rstrip("。")
                en = row.fields["en"].format(herbs="").strip().rstrip(".")
                yield Entry(
                    id=name, herbs=(name,), zh=zh, en=en, source=row.source, version=row.version, starts=row.starts,
                    ends=row.ends, **judged_by(row),
                )  # fmt: skip


def handling(day: date) -> tuple[Entry, ...]:
    """Every herb that is boiled or taken otherwise than with the rest."""
    found = []
    for herb in HERBS.values():
        codes = [code for code in Handling if code in herb.handling]
        zh = [code.label for code in codes] + (["多入丸散"] if herb.pills else [])
        en = [HANDLING_EN[code] for code in codes] + (["mainly in pills and powders"] if herb.pills else [])
        if zh:
            found.append(_entry(herb, "、".join(zh), ", ".join(en), note=herb.other))
    return tuple(found)
