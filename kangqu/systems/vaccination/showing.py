"""A forecast in the words of the page: what may be given now first, then every series with its days and reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kangqu.kernel.rules.source import Mark
from kangqu.systems.vaccination.forecast import (
    Forecast,
    Judged,
    Next,
    Reason,
    SeriesForecast,
    Status,
    Validity,
    programmes,
)
from kangqu.systems.vaccination.forms import product_name
from kangqu.web.formats import in_english

_STATUS: Final[dict[Status, tuple[str, Any]]] = {
    Status.OVERDUE: ("bad", _("超期")),
    Status.DUE: ("warn", _("应种")),
    Status.ASK: ("warn", _("先问清")),
    Status.POSTPONED: ("warn", _("暂缓")),
    Status.CONTRAINDICATED: ("bad", _("禁忌")),
    Status.FUTURE: ("info", _("未到")),
    Status.COMPLETE: ("ok", _("已完成")),
    Status.NOT_RECOMMENDED: ("info", _("不需要")),
    Status.AGED_OUT: ("info", _("超龄")),
}
_ORDER: Final = list(_STATUS)
_COLOUR: Final = {"bad": "w-bad", "warn": "w-warn", "ok": "w-ok", "info": ""}
_VALIDITY: Final[dict[Validity, tuple[str, Any]]] = {
    Validity.VALID: ("ok", _("有效")),
    Validity.INVALID_EARLY: ("bad", _("过早，不计")),
    Validity.INVALID_GAP: ("bad", _("间隔不够，不计")),
    Validity.NOT_FOR_AGE: ("warn", _("不合年龄，不计")),
    Validity.NOT_COUNTED: ("warn", _("不计")),
}
_FACTS: Final = {
    "birth_weight_g": _("出生体重"),
    "mother_hbsag": _("母亲乙肝表面抗原"),
    "ppd": _("PPD 试验"),
    "hiv": _("HIV 感染"),
    "hiv_symptoms": _("HIV 症状或免疫抑制"),
    "immune_deficiency": _("免疫缺陷"),
    "acute_illness": _("正在发热或急性病"),
    "pregnant": _("妊娠"),
    "sex": _("性别"),
    "gestation_weeks": _("出生孕周"),
    "school_grade": _("年级"),
    "school_in_city": _("本市学籍"),
    "guardian_consent": _("监护人同意"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One series: ``status`` is how it is drawn and called, ``next`` the dose to come in words."""

    found: SeriesForecast
    title: str
    programme: str
    status: tuple[str, Any]
    colour: str
    next: str
    reasons: tuple[Reason, ...]
    doses: list[tuple[str, Judged, tuple[str, Any]]]
    later: list[tuple[str, Next]]
    alternatives: str
    unsure: dict[str, Mark]  # which of its days rest on what was not verified


def shown(forecast: Forecast) -> list[Shown]:
    """Every series, the pressing ones first."""
    ranked = sorted(forecast.series, key=lambda each: _ORDER.index(each.status))
    return [_shown(each) for each in ranked]


def _shown(each: SeriesForecast) -> Shown:
    status = _STATUS[each.status]
    programme = programmes()[each.programme]
    return Shown(
        found=each,
        title=each.en if in_english() else each.zh,
        programme=f"{programme.en if in_english() else programme.zh} {each.version}",
        status=status,
        colour=_COLOUR[status[0]],
        next=dose_words(each.next) if each.next else "",
        reasons=(*each.reasons, *(each.next.reasons if each.next else ())),
        doses=judged(each.doses),
        later=[(dose_words(dose), dose) for dose in each.later],
        alternatives="、".join(dose_words(dose) for dose in each.alternatives),
        unsure=unsure_of(each.next) if each.next else {},
    )


def dose_words(dose: Next) -> str:
    """百白破疫苗 第 2 剂."""
    name = product_name(dose.vaccine)
    return f"{name}, dose {dose.number}" if in_english() else f"{name} 第 {dose.number} 剂"


def unsure_of(dose: Next) -> dict[str, Mark]:
    """The mark of each day (earliest, overdue) that rests on a text nobody has read or on this platform's own default."""
    marks = {what: source.mark for what, source in dose.sources if not source.mark.certain}
    early = marks.get("interval", marks.get("age"))
    return ({"earliest": early} if early else {}) | ({"overdue": marks["overdue"]} if "overdue" in marks else {})


def said(reason: Reason) -> str:
    """A reason as a sentence in the reader's language."""
    return reason.en[:1].upper() + reason.en[1:] if in_english() else reason.zh


def judged(doses: Iterable[Judged]) -> list[tuple[str, Judged, tuple[str, Any]]]:
    """Each dose with the name of its product and how its validity is drawn and called."""
    return [(product_name(each.product), each, _VALIDITY[each.validity]) for each in doses]


def today_words(forecast: Forecast) -> list[str]:
    """What may be given on the day judged and is due."""
    now = (Status.DUE, Status.OVERDUE)
    return [dose_words(each.next) for each in forecast.series if each.next and each.next.today and each.status in now]


def missing_words(forecast: Forecast) -> list[tuple[Any, tuple[str, ...]]]:
    """The facts that are not known, with the rules that ask for them."""
    return [(_FACTS.get(each.fact, each.fact), each.rules) for each in forecast.missing]


def marks_of(found: list[Shown], advice: Iterable[Reason]) -> set[Mark]:
    """The marks of every reason on the page."""
    reasons = [*advice, *(reason for each in found for reason in each.reasons)]
    reasons += [reason for each in found for _name, dose, _word in each.doses for reason in dose.reasons]
    unsure = {mark for each in found for mark in each.unsure.values()}
    return unsure | {reason.source.mark for reason in reasons if reason.source is not None}
