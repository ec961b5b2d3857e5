"""The value on a day: the latest start on or before it, the city's own where two start together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.rules.policy import Policy, PolicyBook, adopt, edition
from kangqu.kernel.rules.source import Source

START = date(2026, 1, 1)
DAYS = st.integers(0, 400).map(lambda days: START + timedelta(days=days))
STARTS = st.dictionaries(DAYS, st.integers(1, 10), max_size=6)


def _policy(starts: date, value: int) -> Policy:
    return Policy("a.b", "", value, starts, Source("x"))


def _book(shipped: dict[date, int]) -> PolicyBook:
    return PolicyBook(_policy(day, value) for day, value in ({START: 5} | shipped).items())


@pytest.fixture(autouse=True)
def nothing_adopted() -> Iterator[None]:
    yield
    adopt((), edition=0)


@given(shipped=STARTS, own=STARTS, on=DAYS)
def test_the_latest_start_is_in_force_and_the_citys_own_on_a_tie(shipped, own, on):
    adopt((_policy(day, value) for day, value in own.items()), edition=1)
    everything = {START: 5} | shipped | own
    assert _book(shipped).value("a.b", on=on) == everything[max(day for day in everything if day <= on)]


@given(shipped=STARTS, own=STARTS, today=DAYS, ahead=st.integers(1, 50), value=st.integers(1, 10), on=DAYS)
def test_what_starts_later_changes_no_day_before_it(shipped, own, today, ahead, value, on):
    book, later = _book(shipped), today + timedelta(days=ahead)
    before = {day: number for day, number in own.items() if day != later}
    adopt((_policy(day, number) for day, number in before.items()), edition=1)
    first = book.value("a.b", on=on)
    adopt((_policy(day, number) for day, number in (before | {later: value}).items()), edition=2)
    assert edition() == 2
    assert book.value("a.b", on=on) == (first if on < later else book.value("a.b", on=on))
    if on <= today:
        assert book.value("a.b", on=on) == first


def test_what_is_not_shipped_is_not_in_force_because_a_city_says_so():
    adopt([Policy("c.d", "", 1, START, Source("x")), _policy(START - timedelta(days=9), 2)], edition=3)
    book = _book({})
    for name, day in (("c.d", START), ("a.b", START - timedelta(days=1))):
        with pytest.raises(KeyError):
            book.value(name, on=day)
    assert book.value("a.b", on=START) == 5
