"""The calendar of public holidays and make-up workdays (国务院办公厅节假日安排), as the ``holidays`` library keeps it.

A year whose notice is not out yet has its statutory holidays and no make-up workdays.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

import holidays

_A_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class DayKind(StrEnum):
    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"


class CityDay(NamedTuple):
    """What a day is; ``name`` of a holiday in Chinese; ``works_as``: whose weekday's work is done (1 Monday to 7), 0 where none is."""

    kind: DayKind
    name: str
    works_as: int


class _Year(NamedTuple):
    names: dict[date, str]
    makeup: dict[date, date]  # the workday → the day off it makes up for


def day_of(day: date) -> CityDay:
    """What ``day`` is in the city. A make-up workday works as the day off it makes up for."""
    year = _year(day.year)
    if day in year.names:
        return CityDay(DayKind.HOLIDAY, year.names[day], 0)
    if day in year.makeup:
        return CityDay(DayKind.MAKEUP, "调休上班", year.makeup[day].isoweekday())
    weekday = day.isoweekday()
    return CityDay(DayKind.WEEKEND, "", 0) if weekday > 5 else CityDay(DayKind.WORKDAY, "", weekday)


@lru_cache(maxsize=32)
def _year(year: int) -> _Year:
    """The holidays of a year. A day off names the workday it was moved from; that may lie in the year before or after."""
    known = holidays.country_holidays("CN", years=(year - 1, year, year + 1), language="zh_CN")
    makeup = {date.fromisoformat(moved[0]): day for day, name in known.items() if (moved := _A_DAY.findall(name))}
    names = {day: _A_DAY.sub("", name) for day, name in known.items() if day.year == year}
    return _Year(
        {day: _plain(name) for day, name in names.items()}, {on: off for on, off in makeup.items() if on.year == year}
    )


def _plain(name: str) -> str:
    """The holiday's own name; a day that was moved is 调休."""
    return "调休" if "调休" in name else name
