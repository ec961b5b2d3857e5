"""Whether a second consultation is free (一次挂号管三天). Pure; worked example 14 and the table in docs/algorithms/clinic-queue.md."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.rules.source import Mark, Source

SOURCE: Final = Source(
    "“一次挂号管三天”通知（2024-05 市级；广东 2026-01-01）", "普通门诊、3 个自然日、同院区同科室", Mark.RESTATED
)
GENERAL: Final = "general"
_EXTENDED_AT_MOST: Final = 14  # days looked ahead for the next open one


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first consultation: when, where, at what level; whether the doctor marked tests left open; whether she is done."""

    day: date
    institution_id: int
    department_id: int | None
    level: str
    tests_pending: bool
    finished: bool = False
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The clinic that is asked for now."""

    day: date
    institution_id: int
    department_id: int | None
    level: str
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is free, why (in both languages), the rule's code, and until when (the last day) it is or was."""

    free: bool
    rule: str
    why: Words
    until: date
    source: Source = SOURCE


def last_day(first: date, days: int, closed: Collection[date]) -> date:
    """The last free day: the ``days``-th, the first included; when the clinic is closed then, the next day it is open."""
    last = first + timedelta(days=days - 1)
    for _ in range(_EXTENDED_AT_MOST):
        if last not in closed:
            return last
        last += timedelta(days=1)
    return first + timedelta(days=days - 1)


def judge(first: First, again: Again, *, days: int = 3, closed: Collection[date] = ()) -> Verdict:
    """Free, or the first reason why not. ``closed``: days on which the department has no general clinic."""
    until = last_day(first.day, days, closed)
    for rule, stands_in_the_way, why in _RULES:
        if stands_in_the_way(first, again, until):
            return Verdict(False, rule, _filled(why, first, until, days), until)
    return Verdict(True, "FR0", _filled(_FREE, first, until, days), until)


_FREE: Final = Words(
    "{first} 已挂号，检查当天做不完或出不了结果：{until} 前（含当天，{days} 个自然日）同院同科普通门诊复诊，不再收诊察费。",
    "Registered on {first}; tests could not be done or reported that day: no second fee at a general clinic of the same department "
    "until {until} ({days} natural days).",
)  # fmt: skip
_Test = Callable[[First, Again, date], bool]
_RULES: Final[tuple[tuple[str, _Test, Words], ...]] = (
    ("FR1", lambda first, again, until: first.institution_id != again.institution_id, Words(
        "首次在另一家医院（院区）看的，这里要另挂号。", "The first visit was at another hospital (campus): a new number is needed here.")),
    ("FR2", lambda first, again, until: first.department_id != again.department_id or again.department_id is None, Words(
        "不是同一个科室，要另挂号。", "It is another department: a new number is needed.")),
    ("FR3", lambda first, again, until: first.emergency or again.emergency, Words(
        "急诊不适用免费复诊。", "Free revisits do not hold for emergency care.")),
    ("FR4", lambda first, again, until: first.level != GENERAL, Words(
        "首次是专家或特需门诊，不适用免费复诊。", "The first visit was at an expert or special clinic: free revisits do not hold.")),
    ("FR5", lambda first, again, until: again.level != GENERAL, Words(
        "复诊挂的是专家或特需门诊，要另收费；挂普通门诊可免。",
        "This is an expert or special clinic, with its own fee; a general clinic would be free.")),
    ("FR6", lambda first, again, until: first.finished, Words(
        "上次就诊已经结束，再看要另挂号。", "The last episode is finished: a new number is needed.")),
    ("FR7", lambda first, again, until: not first.tests_pending, Words(
        "上次没有当天做不完的检查，不适用免费复诊。", "No tests were left open last time: free revisits do not hold.")),
    ("FR8", lambda first, again, until: again.day < first.day, Words(
        "早于首次就诊日。", "It is before the first visit.")),
    ("FR9", lambda first, again, until: again.day > until, Words(
        "已过 {until}（含首日 {days} 个自然日），要另挂号。", "It is past {until} ({days} natural days, the first included): a new number is needed.")),
)  # fmt: skip


def _filled(words: Words, first: First, until: date, days: int) -> Words:
    facts = {"first": first.day.isoformat(), "until": until.isoformat(), "days": days}
    return Words(words.zh.format_map(facts), words.en.format_map(facts))
