"""What a rule says before there is a prescription: its sentence with figures filled in and blanks named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kangqu.kernel.rules.table import Row

BLANKS: Final[Mapping[str, tuple[str, str]]] = {
    "herbs": ("〔药名〕", "[herb]"),
    "written": ("〔所写药名〕", "[name as written]"),
    "candidates": ("〔可能的药〕", "[herbs it may mean]"),
    "why": ("〔原因〕", "[why]"),
    "instead": ("〔可改用〕", "[instead]"),
    "issued_on": ("〔开方日期〕", "[day of issue]"),
    "valid_to": ("〔有效期末日〕", "[last valid day]"),
    "today": ("〔当天日期〕", "[today]"),
    "days": ("〔天数〕", "[days]"),
    "most": ("〔上限〕", "[maximum]"),
    "least": ("〔下限〕", "[minimum]"),
    "reason": ("〔理由〕", "[reason]"),
    "lacking": ("〔所缺项目〕", "[what is lacking]"),
    "code": ("〔诊断代码〕", "[code]"),
    "total_g": ("〔总克数〕", "[total]"),
    "most_g": ("〔二日极量〕", "[two days' maximum]"),
    "max_g": ("〔一日极量〕", "[daily maximum]"),
    "supplied": ("〔付药〕", "[what is supplied]"),
    "grams": ("〔克数〕", "[grams]"),
    "other": ("〔药典另载〕", "[what the book adds]"),
    "per": ("〔每次或每日〕", "[a taking or a day]"),
    "note": ("〔服法〕", "[how to take it]"),
    "count": ("〔次数〕", "[times]"),
    "left": ("〔药甲〕", "[one herb]"),
    "right": ("〔药乙〕", "[the other herb]"),
    "asked": ("〔药典煎法〕", "[handling asked]"),
    "ml": ("〔毫升〕", "[ml]"),
}
"""The blanks of the sentences in rules.toml, as they are read aloud."""

_BOUNDS: Final = {"most": ("most_days", "most_g", "most_ml"), "least": ("least_ml",)}

FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "most_days": ("最多天数", "at most, days"),
    "most_g": ("每日最多克数", "at most, grams a day"),
    "most_ml": ("每剂最多毫升", "at most, ml a dose"),
    "least_ml": ("每剂最少毫升", "at least, ml a dose"),
    "times": ("最大量的倍数", "times the maximum"),
    "below_years": ("不满（岁）", "under, years"),
    "from_years": ("满（岁）", "from, years"),
    "to_years": ("到（岁）", "to, years"),
    "counts_issue_day": ("开方当日算在内", "the day of issue counts"),
    "prefix": ("代码开头", "code begins with"),
    "records": ("病历类别", "kinds of record"),
    "either": ("写一种煎法即可的药", "one handling is enough for"),
    "pregnancy": ("药典妊娠注明", "pregnancy note"),
    "toxicity": ("药典毒性", "toxicity"),
    "kind": ("代码种类", "kind of code"),
    "pattern": ("代码写法", "shape of the code"),
}
"""Figures and choices that stand in a row, by the row's own field names."""

WHEN: Final[Mapping[str, tuple[str, str]]] = {
    "pregnant": ("妊娠", "pregnant"),
    "lactating": ("哺乳期", "breast-feeding"),
    "menstruating": ("月经期", "menstruating"),
    "bleeding": ("有出血倾向", "tendency to bleed"),
    "liver_impaired": ("肝功能不全", "liver impaired"),
    "kidney_impaired": ("肾功能不全", "kidneys impaired"),
    "glaucoma": ("青光眼", "glaucoma"),
    "tachycardia": ("心动过速", "tachycardia"),
    "haemoptysis": ("咯血", "haemoptysis"),
    "athlete": ("运动员", "athlete"),
    "child": ("儿童", "child"),
    "elder": ("老年人", "elderly"),
}
"""The facts under which a row about people holds."""


def sentences(row: Row) -> tuple[str, str]:
    """The row's sentence in Chinese and in English."""
    filled = {
        blank: next((str(row.fields[each]) for each in own if each in row.fields), "") for blank, own in _BOUNDS.items()
    }
    zh = {blank: filled.get(blank) or words[0] for blank, words in BLANKS.items()}
    en = {blank: filled.get(blank) or words[1] for blank, words in BLANKS.items()}
    both = {f"{blank}_en": word for blank, word in en.items()}
    return row.fields["zh"].format(**zh).strip(), row.fields["en"].format(**en, **both).strip()


def figures(row: Row) -> tuple[tuple[str, str, str], ...]:
    """Every figure of the row: its name in Chinese and in English, and its value."""
    return tuple((*FIGURES[name], _plain(value)) for name, value in row.fields.items() if name in FIGURES)


def conditions(row: Row) -> tuple[tuple[str, str], ...]:
    """The facts under which the row holds, in Chinese and in English."""
    return tuple(WHEN[fact] for fact in row.when)


def _plain(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
