"""How the desk says things: severities, facts of the patient, handling, taking. Chinese first, English beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kangqu.web.formats import in_english

SEVERITIES: Final[dict[str, tuple[str, Any]]] = {
    "BLOCK": ("bad", _("拦截")),
    "DOUBLE_SIGN": ("warn", _("双签")),
    "WARN": ("warn", _("警示")),
    "INFO": ("info", _("提示")),
}
"""How a severity is marked and called, gravest first."""

GRAVITY: Final = {code: place for place, code in enumerate(SEVERITIES)}

OVERRIDES: Final[dict[str, Any]] = {
    "CORRECT": _("须医师改方"),
    "RESIGN": _("须医师再次签字"),
    "ACKNOWLEDGE": _("药师确认即可"),
    "NONE": _("无须处理"),
}

FACTS: Final[dict[str, Any]] = {
    "pregnant": _("妊娠"),
    "lactating": _("哺乳"),
    "menstruating": _("经期"),
    "liver_impaired": _("肝功能不全"),
    "kidney_impaired": _("肾功能不全"),
    "glaucoma": _("青光眼"),
    "tachycardia": _("心动过速"),
    "bleeding": _("出血倾向"),
    "haemoptysis": _("咯血"),
    "athlete": _("运动员"),
}
"""What a review asks of the patient, in the order of the sheet."""

OF_WOMEN: Final = ("pregnant", "lactating", "menstruating")

_MISSING: Final[dict[str, Any]] = {
    **FACTS,
    "age": _("年龄"),
    "sex": _("性别"),
    "times_per_day": _("每日服几次"),
    "narcotic_right": _("开方人的麻醉药品处方权"),
    "poppy_days_before": _("此前连续服罂粟壳的天数"),
    "record": _("病历类别"),
}

BEYOND: Final[dict[str, Any]] = {
    "diagnosis_formula": _("方与证是否相符"),
    "western_drugs": _("与西药合用"),
    "allergies": _("过敏史"),
    "external_doses": _("外用剂量"),
    "child_doses": _("小儿剂量"),
}

COVERAGE: Final[dict[str, Any]] = {
    "supported": _("列入规则的项目都审到了。"),
    "partial": _("只审到一部分，下面写明没有审到什么。"),
    "empty": _("处方里没有药，什么也没有审。"),
    "not_covered": _("没有一味药在表里，什么也没有审到。"),
}

HANDLING: Final[dict[str, Any]] = {
    "FIRST": _("先煎"),
    "FIRST_LONG": _("先煎久煎"),
    "LATE": _("后下"),
    "BRIEF": _("不久煎"),
    "SEPARATE": _("另煎"),
    "STEW": _("另炖"),
    "MELT": _("烊化"),
    "WRAP": _("包煎"),
    "DECOCT_AS_WATER": _("煎汤代水"),
    "POWDER": _("冲服"),
    "DISSOLVE": _("溶入汤液"),
    "NO_DECOCT": _("不入煎剂"),
}

KINDS: Final[dict[str, Any]] = {"ordinary": _("普通"), "emergency": _("急诊"), "long_term": _("长期处方")}
RECORDS: Final[dict[str, Any]] = {
    "outpatient": _("门诊"),
    "admission": _("入院"),
    "discharge": _("出院"),
    "other": _("其他"),
}
ROUTES: Final[dict[str, Any]] = {"internal": _("内服"), "external": _("外用")}
FORMS: Final[dict[str, Any]] = {"decoction": _("汤剂"), "powder": _("散剂"), "granule": _("配方颗粒")}
CATEGORIES: Final[dict[str, Any]] = {
    "GENERAL": _("一般药"),
    "EXTERIOR": _("解表、清热、芳香"),
    "TONIC": _("滋补"),
}
DELIVERY: Final[dict[str, Any]] = {"fetch": _("到店自取"), "courier": _("快递配送"), "ward": _("送病区")}
PRIORITY: Final[dict[str, Any]] = {"ordinary": _("普通"), "ward": _("病区"), "express": _("加急")}

GROUND_OF: Final = {
    "pair": "incompatible", "dose": "dose", "people": "pregnancy", "toxic": "toxic", "poppy": "toxic",
    "handling": "handling", "name": "unclear", "validity": "validity", "supply": "validity",
}  # fmt: skip
"""The ground of a return that a family of rules speaks for."""


def severity_words(code: str) -> tuple[str, str]:
    """How a severity is marked and called; nothing found is never called safe."""
    kind, word = SEVERITIES.get(code, ("info", _("未见规则所列问题")))
    return kind, str(word)


def missing_word(fact: str) -> str:
    return str(_MISSING.get(fact, fact))


def grams(value: float) -> str:
    """``15``, ``4.5``: no more digits than were written."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def said(value: bool | None) -> tuple[str, str]:
    """Whether a fact of the patient is so, is not, or is not known."""
    if value is None:
        return "warn", str(_("未知"))
    return ("bad", str(_("是"))) if value else ("ok", str(_("否")))


def in_brackets(names: Sequence[str]) -> str:
    """Names behind a word, nothing where there are none."""
    if not names:
        return ""
    return f" ({', '.join(names)})" if in_english() else f"（{'、'.join(names)}）"
