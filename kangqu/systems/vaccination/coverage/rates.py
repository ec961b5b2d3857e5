"""A rate, and what it says of itself. Pure (docs/algorithms/vaccination-coverage.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

_PLACES: Final = Decimal("0.01")


class Measure(StrEnum):
    """What is counted of the people asked about."""

    DOSE = "dose"
    FULL = "full"
    BOOSTER = "booster"


class Denominator(StrEnum):
    """Whom the denominator means."""

    RESIDENT = "resident"
    REGISTERED = "registered"
    KEPT = "kept"
    TARGET = "target"
    COHORT = "cohort"


WORDS: Final = {
    Denominator.RESIDENT: ("常住居民", "residents"),
    Denominator.REGISTERED: ("有接种记录的居民", "residents with a vaccination record"),
    Denominator.KEPT: ("本地机构建档的居民", "residents whose record an institution there keeps"),
    Denominator.TARGET: ("外部目标人数", "a target number from outside"),
    Denominator.COHORT: (
        "截止日前完成全程、已到加强间隔的居民",
        "residents whose full course was completed by the cut-off, all due by now",
    ),
}
OLDEST: Final = 150


@dataclass(frozen=True, slots=True)
class Band:
    """Completed years on the day of the figure: from ``least`` to ``most``, both included."""

    least: int = 0
    most: int = OLDEST

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most <= OLDEST:
            raise ValueError(f"no band: {self.least}–{self.most}")

    def born(self, on: date) -> tuple[date, date]:
        """The first and the last birth date of those who are so old on ``on``. Who was born on 29 February turns on 1 March."""
        last = _years_before(on, self.least)
        first = (
            date.fromordinal(_years_before(on, self.most + 1).toordinal() + 1) if on.year > self.most + 1 else date.min
        )
        return first, last


def _years_before(day: date, years: int) -> date:
    """The latest birth date of somebody who has completed ``years`` on ``day``."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February in a year that has none
        return date(day.year - years, 2, 28)


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure of coverage. ``percent`` to two places, None where there is nobody; ``over``: above 100 %."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        if not self.denominator:
            return None
        exact = Decimal(100 * self.numerator) / Decimal(self.denominator)
        return exact.quantize(_PLACES, ROUND_HALF_UP)

    @property
    def over(self) -> bool:
        return self.numerator > self.denominator
