"""Counting coverage: one statement a figure, and the people behind it by the same condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kangqu.kernel.basis.prepared import run
from kangqu.systems.vaccination.coverage.rates import Band, Denominator, Rate

# Residents of the region and band who lived in the city on the day.
_WHO: Final = """
  FROM people_person p
 WHERE p.merged_into_id IS NULL AND p.birth_date BETWEEN %(first)s::date AND %(last)s::date
   AND p.region_id >= %(region)s::text AND p.region_id < %(region)s::text || ':'
   AND (p.deceased_on IS NULL OR p.deceased_on > %(day)s::date) AND (p.moved_on IS NULL OR p.moved_on > %(day)s::date)
   AND (%(sex)s::text = '' OR p.sex = %(sex)s::text)
"""
_OF: Final[Mapping[Denominator, str]] = {
    Denominator.RESIDENT: "",
    Denominator.TARGET: "",
    Denominator.REGISTERED: """ AND EXISTS (SELECT FROM vaccination_dose d WHERE d.person_id = p.id AND d.status = 'completed'
                                 AND d.given_on <= %(day)s::date)""",
    Denominator.KEPT: """ AND EXISTS (SELECT FROM places_institution i WHERE i.id = p.kept_by_id AND i.region_id >= %(region)s::text
                          AND i.region_id < %(region)s::text || ':')""",
}
_HAD: Final = """EXISTS (SELECT FROM vaccination_counted c WHERE c.person_id = p.id AND c.series = %(series)s::text
     AND c.programme = %(programme)s::text AND c.number >= %(number)s::int AND c.given_on <= %(day)s::date)"""
_TIMELY: Final = _HAD.replace("c.number >= %(number)s::int", "c.number = %(number)s::int AND NOT c.late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: dose ``number`` of a series in a region (its code; all under it) for an age band on a day."""

    programme: str
    series: str
    number: int
    day: date
    region: str
    band: Band
    denominator: Denominator = Denominator.RESIDENT
    target: int | None = None
    sex: str = ""
    timely: bool = False

    def facts(self) -> dict[str, Any]:
        first, last = self.band.born(self.day)
        return {
            "programme": self.programme, "series": self.series, "number": self.number, "day": self.day, "region": self.region,
            "first": first, "last": last, "sex": self.sex,
        }  # fmt: skip

    @property
    def had(self) -> str:
        return _TIMELY if self.timely else _HAD


def rate_of(asked: Question) -> Rate:
    """The figure. A target number from outside stands as it was given; nothing is capped."""
    sql = f"SELECT count(*), count(*) FILTER (WHERE {asked.had}) {_WHO}{_OF[asked.denominator]}"
    ((people, had),) = run(sql, asked.facts())
    if asked.denominator is Denominator.TARGET:
        return Rate(had, asked.target or 0)
    return Rate(had, people)


def people_behind(asked: Question, *, missing: bool, after: int = 0, most: int = 50) -> list[int]:
    """The numbers of those who had it, or of those who are missing, in their order, from ``after`` on."""
    had = f"NOT {asked.had}" if missing else asked.had
    sql = f"SELECT p.id {_WHO}{_OF[asked.denominator]} AND {had} AND p.id > %(after)s::bigint ORDER BY p.id LIMIT %(most)s::int"
    return [number for (number,) in run(sql, {**asked.facts(), "after": after, "most": most})]
