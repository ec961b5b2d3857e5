"""Deadlines in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.translation import override

from kangqu.systems.casework.reads import _way, onward_first
from kangqu.systems.casework.words import due_mark, due_sentence, span_word
from kangqu.systems.tcm_pharmacy.programme import PRESCRIPTION
from tests.cases.programmes import LAMP
from tests.casework.programmes import VISIT
from tests.conftest import NINE

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (timedelta(0), "1 分钟", "1 minute"),
        (119 * MINUTE, "119 分钟", "119 minutes"),
        (2 * HOUR, "2 小时", "2 hours"),
        (4 * HOUR - timedelta(seconds=1), "4 小时", "4 hours"),
        (47 * HOUR, "47 小时", "47 hours"),
        (2 * DAY, "2 天", "2 days"),
        (400 * DAY, "400 天", "400 days"),
    ],
)
def test_a_span_in_its_largest_unit(span: timedelta, zh: str, en: str) -> None:
    with override("zh-hans"):
        assert span_word(span) == zh
    with override("en"):
        assert span_word(span) == en


@pytest.mark.parametrize(
    ("due", "kind", "words"),
    [
        (-2 * HOUR, "bad", "超时 2 小时"),
        (-MINUTE, "bad", "超时 1 分钟"),
        (30 * MINUTE, "warn", "还有 30 分钟"),
        (5 * HOUR, "warn", "今天 14:00"),
        (20 * HOUR, "info", "还有 20 小时"),
        (5 * DAY, "info", "11 月 28 日 周六前"),
    ],
)
def test_a_deadline_is_marked_and_said(due: timedelta, kind: str, words: str) -> None:
    with override("zh-hans"):
        assert due_mark(NINE + due, suspended=False, at=NINE) == (kind, words)
        assert due_mark(NINE + due, suspended=True, at=NINE) == ("info", "已暂停")
        assert due_mark(None, suspended=False, at=NINE) == ("info", "不限时")


def test_the_way_of_a_case_goes_on_and_does_not_break_off() -> None:
    assert _way(LAMP, "reported") == ["looked_at", "mended"]
    assert _way(VISIT, "asked") == ["planned", "done"]
    assert _way(LAMP, "mended") == []
    way = _way(PRESCRIPTION, "received")
    assert way[:2] == ["released", "dispensed"] and way[-1] in PRESCRIPTION.final and "returned" not in way
    assert [step.code for step in onward_first(VISIT, VISIT.steps_from("asked"))] == ["plan", "cancel"]


def test_a_deadline_in_a_sentence() -> None:
    with override("zh-hans"):
        assert due_sentence(None, suspended_at=None, at=NINE) == "这一步不限时。"
        assert (
            due_sentence(NINE + HOUR, suspended_at=None, at=NINE)
            == "请在 11 月 23 日 周一 10:00 前办完，还有 60 分钟。"
        )
        assert "已超时 5 小时" in due_sentence(NINE - 5 * HOUR, suspended_at=None, at=NINE)
        assert "还剩 3 小时" in due_sentence(NINE + HOUR, suspended_at=NINE - 2 * HOUR, at=NINE)
