"""Schedules as data: files laid over one another, mistakes in them stop the start."""

from __future__ import annotations

from datetime import date

import pytest

from kangqu.kernel.rules.source import Mark
from kangqu.systems.vaccination.forecast.book import programme_of, programmes
from kangqu.systems.vaccination.forecast.products import PRODUCTS
from kangqu.systems.vaccination.forecast.schedule import Outcome
from kangqu.systems.vaccination.forecast.spans import Span, plus, span

HEAD = {"programme": "p", "document": "某程序", "mark": "V", "version": "1", "starts": date(2020, 1, 1)}
SERIES = {"id": "VAR", "zh": "水痘", "en": "Varicella", "codes": ["VAR"], "again": "28d"}
RULE = {"id": "VAR-1", "series": "VAR", "have": {"total": 0}, "dose": 1, "vaccines": ["VAR"], "age": "12m", "by": "24m"}
LATER = HEAD | {"version": "2", "starts": date(2025, 1, 1), "document": "新程序", "mark": "M"}


def test_every_row_has_its_document_and_every_vaccine_is_known():
    for programme in programmes().values():
        assert programme.always or programme.zh
        for family in programme.families:
            for version in family.versions:
                assert version.rules
                for rule in version.rules:
                    assert rule.source.document and rule.version
                    assert set(rule.vaccines) <= set(family.names)
                    if rule.offered and rule.outcome is Outcome.DOSE:
                        assert set(rule.vaccines) <= set(PRODUCTS)
                    assert bool(rule.words[0]) is bool(rule.words[1])


def test_the_national_programme_is_meant_when_none_is_named():
    assert [code for code, each in programmes().items() if each.default] == ["national"]
    assert {code for code, each in programmes().items() if each.historical} == {"covid-19"}


def test_a_later_file_lays_its_fields_over():
    made = programme_of(
        [LATER | {"rule": [{"id": "VAR-1", "series": "VAR", "by": "18m"}]}, HEAD | {"series": [SERIES], "rule": [RULE]}]
    )
    first, second = made.families[0].versions
    (old,), (new,) = first.rules, second.rules
    assert (old.by, new.by, new.age) == (Span(24, 0), Span(18, 0), Span(12, 0))
    assert (new.source.mark, new.by_source.mark, new.by_source.document) == (Mark.SEEN, Mark.MEMORY, "新程序")
    assert made.families[0].on(date(2024, 12, 31)).label == "1" and made.families[0].on(date(2025, 1, 1)).label == "2"


def test_a_later_file_may_drop_a_rule_or_replace_a_series():
    first = HEAD | {"series": [SERIES], "rule": [RULE, RULE | {"id": "VAR-2", "have": {"total": 1}, "dose": 2}]}
    dropped = programme_of([first, LATER | {"rule": [{"id": "VAR-2", "series": "VAR", "gone": True}]}])
    assert [rule.id for rule in dropped.families[0].versions[1].rules] == ["VAR-1"]
    fresh = LATER | {"replaces": ["VAR"], "series": [SERIES], "rule": [RULE | {"id": "VAR-X"}]}
    assert [rule.id for rule in programme_of([first, fresh]).families[0].versions[1].rules] == ["VAR-X"]


@pytest.mark.parametrize(
    "wrong", [{"agee": "1m"}, {"age": "1 month"}, {"outcome": "MAYBE"}, {"have": {"NOBODY": 1}}, {"vaccines": []}]
)
def test_a_mistake_in_the_data_stops_the_start(wrong):
    with pytest.raises(ValueError):
        programme_of([HEAD | {"series": [SERIES], "rule": [RULE | wrong]}])


@pytest.mark.parametrize(
    ("day", "length", "expected"),
    [
        (date(2024, 1, 31), "1m", date(2024, 2, 29)),
        (date(2023, 1, 31), "1m", date(2023, 2, 28)),
        (date(2021, 8, 31), "6m", date(2022, 2, 28)),
        (date(2024, 2, 29), "1y", date(2025, 2, 28)),
        (date(2024, 12, 15), "28d", date(2025, 1, 12)),
        (date(2024, 11, 30), "1y3m2d", date(2026, 3, 2)),
    ],
)
def test_months_of_the_calendar(day, length, expected):
    assert plus(day, span(length)) == expected


@pytest.mark.parametrize("written", ["", "m", "1w", "-1m", "1.5m"])
def test_what_is_no_span(written):
    with pytest.raises(ValueError):
        span(written)
