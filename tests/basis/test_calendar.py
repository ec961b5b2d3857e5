"""Holidays and make-up workdays as the State Council's notices for 2024 to 2026 have them."""

from __future__ import annotations

from datetime import date

import pytest

from kangqu.kernel.basis.calendar import CityDay, DayKind, day_of


@pytest.mark.parametrize(
    ("day", "kind", "works_as"),
    [
        ("2026-01-01", DayKind.HOLIDAY, 0),
        ("2026-01-02", DayKind.HOLIDAY, 0),  # a Friday, moved to Sunday the 4th
        ("2026-01-04", DayKind.MAKEUP, 5),
        ("2026-02-14", DayKind.MAKEUP, 5),
        ("2026-02-17", DayKind.HOLIDAY, 0),
        ("2026-02-28", DayKind.MAKEUP, 1),
        ("2026-10-10", DayKind.MAKEUP, 3),
        ("2025-10-06", DayKind.HOLIDAY, 0),
        ("2024-12-31", DayKind.WORKDAY, 2),
        ("2026-11-21", DayKind.WEEKEND, 0),
        ("2026-12-01", DayKind.WORKDAY, 2),
    ],
)
def test_days(day: str, kind: DayKind, works_as: int) -> None:
    found = day_of(date.fromisoformat(day))
    assert (found.kind, found.works_as) == (kind, works_as)


def test_a_holiday_has_its_name() -> None:
    assert day_of(date(2026, 2, 17)) == CityDay(DayKind.HOLIDAY, "春节", 0)
    assert day_of(date(2026, 1, 2)).name == "调休"
