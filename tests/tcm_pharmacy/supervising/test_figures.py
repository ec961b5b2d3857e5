"""Figures add up, go through JSON unchanged, and say lateness by the nearest rank."""

from __future__ import annotations

from collections import Counter

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from kangqu.systems.tcm_pharmacy.board.stations import Station
from kangqu.systems.tcm_pharmacy.supervising.figures import Doctor, Figures, read_figures, total
from kangqu.systems.tcm_pharmacy.supervising.words import share

NUMBERS = st.integers(0, 9)
FIGURES = st.builds(
    Figures,
    received=NUMBERS,
    hours=st.dictionaries(st.sampled_from([each.value for each in Station]), st.lists(NUMBERS, min_size=24, max_size=24)),
    late=st.dictionaries(st.integers(-99, 99), st.integers(1, 9)).map(Counter),
    unpromised=NUMBERS,
    grounds=st.dictionaries(st.sampled_from(["dose", "other"]), st.integers(1, 9)).map(Counter),
    doctors=st.dictionaries(st.sampled_from(["1", "2"]), st.builds(Doctor, st.just("李"), *[NUMBERS] * 5)),
)  # fmt: skip


@settings(max_examples=30)
@given(st.lists(FIGURES, max_size=3))
def test_they_add_up_and_are_kept_unchanged(parts: list[Figures]) -> None:
    whole = total(read_figures(each.as_data()) for each in parts)
    assert whole.as_data() == total(parts).as_data()
    for name in (
        "received",
        "handed",
        "promised",
        "on_time",
        "late_count",
        "decided",
        "returned",
        "found",
        "lacking",
        "overridden",
    ):
        assert getattr(whole, name) == sum(getattr(each, name) for each in parts), name
    for station in Station:
        assert whole.finished(station) == sum(each.finished(station) for each in parts)


@pytest.mark.parametrize(
    ("late", "half", "most"),
    [
        ({}, None, None),
        ({-5: 3, 0: 2}, None, None),
        ({7: 1}, 7, 7),
        ({0: 5, 1: 1, 10: 1}, 1, 10),
        (dict.fromkeys(range(1, 11), 1), 5, 9),
        ({3: 9, 60: 1}, 3, 3),
        ({3: 8, 60: 2}, 3, 60),
    ],
)
def test_lateness_is_of_the_late_ones(late: dict[int, int], half: int | None, most: int | None) -> None:
    figures = Figures(late=Counter(late))
    assert (figures.late_at(0.5), figures.late_at(0.9)) == (half, most)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, "—"),
        (1, 2, "1 / 2"),
        (29, 29, "29 / 29"),
        (15, 30, "50.0 %（15 / 30）"),
        (1, 3_000, "0.0 %（1 / 3\u2009000）"),
    ],
)
def test_no_percentage_of_few(part: int, whole: int, said: str) -> None:
    with override("zh-hans"):
        assert share(part, whole) == said
    with override("en"):
        assert share(part, whole) == said.replace("（", " (").replace("）", ")")
