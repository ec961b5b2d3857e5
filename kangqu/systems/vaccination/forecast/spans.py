"""Ages and intervals: calendar months, then days. A day that the month does not have becomes the month's last day."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

_WRITTEN: Final = re.compile(r"(?:(\d{1,3})y)?(?:(\d{1,4})m)?(?:(\d{1,5})d)?")


@dataclass(frozen=True, slots=True)
class Span:
    """``months`` of the calendar and then ``days``."""

    months: int
    days: int

    @property
    def zh(self) -> str:
        years, months = divmod(self.months, 12) if self.months % 12 == 0 else (0, self.months)
        parts = [
            f"{years} 年" if years else "",
            f"{months} 个月" if months else "",
            f"{self.days} 天" if self.days else "",
        ]
        return "".join(parts) or "0 天"

    @property
    def en(self) -> str:
        years, months = divmod(self.months, 12) if self.months % 12 == 0 else (0, self.months)
        counted = ((years, "year"), (months, "month"), (self.days, "day"))
        said = [f"{number} {unit}" + ("s" if number != 1 else "") for number, unit in counted if number]
        return " ".join(said) or "0 days"


def span(written: str) -> Span:
    """``8m``, ``28d``, ``6y``, ``1y6m`` as a span; anything else is a mistake in the data."""
    found = _WRITTEN.fullmatch(written)
    if found is None or not written:
        raise ValueError(f"{written!r} is no age or interval")
    years, months, days = (int(part or 0) for part in found.groups())
    return Span(years * 12 + months, days)


@lru_cache(maxsize=4096)
def _last_day(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def plus(day: date, length: Span) -> date:
    """``length`` after ``day``: 31 January and one month is the last of February."""
    if length.months:
        year, month = divmod(day.year * 12 + day.month - 1 + length.months, 12)
        month += 1
        wanted = day.day
        day = date(year, month, wanted if wanted <= 28 else min(wanted, _last_day(year, month)))
    return day + timedelta(length.days) if length.days else day


def completed_years(born: date, on: date) -> int:
    """Completed years (周岁) on ``on``; somebody born on 29 February grows a year older on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
