"""The series coverage is asked of: what they are called, how many doses they have, by which version of the schedule."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from kangqu.systems.vaccination.forecast import programmes
from kangqu.systems.vaccination.forecast.forecasting import families_of
from kangqu.systems.vaccination.forecast.schedule import Family
from kangqu.systems.vaccination.records.questions import JUDGED_BY


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """Every series records are judged by."""
    return families_of(JUDGED_BY)


def family_of(programme: str, series: str) -> Family | None:
    return next((each for each in families() if (each.programme, each.series) == (programme, series)), None)


def doses_of(family: Family, on: date) -> int:
    """The highest number a dose of the series has in the version in force on a day."""
    return max((rule.number or 0 for rule in family.on(on).rules), default=0) or 1


def named(family: Family, english: bool) -> str:
    """乙型肝炎 (programme): two programmes may have a series of one name."""
    programme = programmes()[family.programme]
    return f"{family.en} ({programme.en})" if english else f"{family.zh}（{programme.zh}）"
