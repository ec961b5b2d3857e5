"""The worked table of docs/algorithms/cold-chain.md, and what holds of any readings."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kangqu.kernel.basis.clock import CITY
from kangqu.systems.vaccination.cold_chain.excursions import Kind, Limits, Reading, Span, spans

DAY = datetime(2026, 11, 24, tzinfo=CITY)
LIMITS = Limits(20, 80, timedelta(minutes=30), timedelta(minutes=60))


def when(text: str) -> datetime:
    hour, minute = text.split(":")
    return DAY + timedelta(hours=int(hour), minutes=int(minute))


def read(text: str) -> list[Reading]:
    pairs = [each.split() for each in text.split(" · ")]
    return [Reading(when(at), round(float(celsius) * 10)) for at, celsius in pairs]


def span(kind: Kind, begins: str, ends: str, extreme: int | None = None) -> Span:
    return Span(kind, when(begins), when(ends) if ends else None, extreme)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("08:00 4.0 · 08:10 8.0 · 08:20 2.0", "08:20", []),
        ("08:00 4.0 · 08:10 8.1 · 08:20 9.0 · 08:30 7.0", "08:30", []),
        ("08:00 4.0 · 08:10 8.1 · 08:20 9.0 · 08:40 7.0", "08:40", [span(Kind.WARM, "08:10", "08:40", 90)]),
        ("08:00 4.0 · 08:10 9.0 · 08:40 9.5", "08:40", [span(Kind.WARM, "08:10", "", 95)]),
        ("08:00 4.0 · 08:10 1.9 · 08:20 12.0 · 08:50 5.0", "08:50", [span(Kind.WARM, "08:20", "08:50", 120)]),
        ("08:00 4.0 · 09:00 4.0", "09:00", []),
        ("08:00 4.0 · 09:01 4.0", "09:01", [span(Kind.SILENT, "08:00", "09:01")]),
        ("08:00 4.0", "09:01", [span(Kind.SILENT, "08:00", "")]),
        ("08:00 9.0 · 09:30 4.0", "09:30", [span(Kind.SILENT, "08:00", "09:30"), span(Kind.WARM, "08:00", "09:30", 90)]),
        ("23:50 9.0 · 24:20 4.0", "24:20", [span(Kind.WARM, "23:50", "24:20", 90)]),
    ],
)  # fmt: skip
def test_the_worked_table(text: str, now: str, expected: list[Span]) -> None:
    assert spans(read(text), LIMITS, when(now)) == expected


readings = some.dictionaries(some.integers(0, 500), some.integers(-50, 150), max_size=40).map(
    lambda told: [Reading(DAY + timedelta(minutes=minute), told[minute]) for minute in sorted(told)]
)


@given(readings)
def test_nothing_inside_makes_an_excursion_and_nothing_outside_is_lost(rows: list[Reading]) -> None:
    found = spans(rows, LIMITS, rows[-1].at if rows else DAY)
    for each in found:
        if each.kind is Kind.SILENT:
            continue
        mine = [row for row in rows if each.begins_at <= row.at and (each.ends_at is None or row.at < each.ends_at)]
        assert mine
        assert all(LIMITS.side(row.tenths) is each.kind for row in mine)
    for first, second in pairwise(rows):
        side = LIMITS.side(first.tenths)
        if side is not None and second.at - first.at >= LIMITS.delay:
            assert any(each.kind is side and each.begins_at <= first.at for each in found)
        if second.at - first.at > LIMITS.gap:
            assert Span(Kind.SILENT, first.at, second.at) in found


@given(readings, some.data())
def test_judging_from_the_last_reading_inside_finds_the_same(rows: list[Reading], data: some.DataObject) -> None:
    """What comes after is judged without all that went before."""
    inside = [place for place, row in enumerate(rows) if LIMITS.side(row.tenths) is None]
    if not inside:
        return
    start = data.draw(some.sampled_from(inside))
    now = rows[-1].at
    later = [each for each in spans(rows, LIMITS, now) if each.begins_at >= rows[start].at]
    assert spans(rows[start:], LIMITS, now) == later
