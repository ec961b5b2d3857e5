"""What is asked of coverage, and the conditions its figures and lists of people are both read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kangqu.systems.vaccination.coverage.rates import Band, Denominator, Measure

# Residents of the region and band who lived in the city on the day.
WHO: Final = """
  FROM people_person p
 WHERE p.merged_into_id IS NULL AND p.birth_date BETWEEN %(first)s::date AND %(last)s::date
   AND p.region_id >= %(region)s AND p.region_id < %(region)s || ':'
   AND (p.deceased_on IS NULL OR p.deceased_on > %(day)s::date) AND (p.moved_on IS NULL OR p.moved_on > %(day)s::date)
   AND (%(sex)s = '' OR p.sex = %(sex)s)
"""
# Somebody, or a record merged into hers, has a dose of which ``condition`` is so.
_SOMEBODY: Final = """EXISTS (SELECT FROM (
  SELECT c.person_id AS person FROM vaccination_counted c WHERE {condition}
   UNION ALL
  SELECT m.merged_into_id FROM people_person m JOIN vaccination_counted c ON c.person_id = m.id
   WHERE m.merged_into_id IS NOT NULL AND {condition}) h WHERE h.person = p.id)"""
_OF_SERIES: Final = "c.series = %(series)s AND c.programme = %(programme)s"
_ON: Final[Mapping[Measure, str]] = {
    Measure.DOSE: "c.number >= %(number)s AND c.given_on <= %(day)s::date",
    Measure.FULL: "c.completes AND c.given_on <= %(day)s::date",
    Measure.BOOSTER: "c.boosts AND c.given_on <= %(day)s::date",
}
_TIMELY: Final = " AND NOT c.late"
_COHORT: Final = "c.completes AND c.given_on <= %(cut_off)s::date"
_REGISTERED: Final = """EXISTS (SELECT FROM (
  SELECT d.person_id AS person FROM vaccination_dose d WHERE d.status = 'completed' AND d.given_on <= %(day)s::date
   UNION ALL
  SELECT m.merged_into_id FROM people_person m JOIN vaccination_dose d ON d.person_id = m.id
   WHERE m.merged_into_id IS NOT NULL AND d.status = 'completed' AND d.given_on <= %(day)s::date) h WHERE h.person = p.id)"""
_KEPT: Final = """p.kept_by_id IN (SELECT i.id FROM places_institution i
  WHERE i.region_id >= %(region)s AND i.region_id < %(region)s || ':')"""


def somebody(condition: str) -> str:
    """That ``p``, or a record merged into hers, has a row of the series for which ``condition`` is so."""
    return _SOMEBODY.format(condition=f"{_OF_SERIES} AND {condition}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: a ``measure`` of a series in a region (its code; all under it) for an age band on a day.

    ``number``: that dose or more, where doses are asked for. ``cut_off``: of the cohort of a booster. ``keeper``: only those whose
    record an institution of this path keeps.
    """

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
    measure: Measure = Measure.DOSE
    cut_off: date | None = None
    keeper: str = ""

    def __post_init__(self) -> None:
        if (self.measure is Measure.BOOSTER) != (self.denominator is Denominator.COHORT):
            raise ValueError("a booster is counted over its cohort, and nothing else is")
        if (self.measure is Measure.BOOSTER) != (self.cut_off is not None):
            raise ValueError("the cohort of a booster has a cut-off, and nothing else has")

    def facts(self) -> dict[str, Any]:
        """The parameters of the conditions."""
        first, last = self.band.born(self.day)
        return {
            "programme": self.programme, "series": self.series, "number": self.number, "day": self.day, "region": self.region,
            "first": first, "last": last, "sex": self.sex, "cut_off": self.cut_off, "keeper": self.keeper,
        }  # fmt: skip

    @property
    def had(self) -> str:
        """The condition of the numerator."""
        if self.measure is Measure.DOSE and self.timely:
            return somebody("c.number = %(number)s AND c.given_on <= %(day)s::date" + _TIMELY)
        return somebody(_ON[self.measure] + (_TIMELY if self.timely else ""))

    @property
    def of(self) -> str:
        """Whom the figure is about: what follows the WHERE of everybody."""
        more = {Denominator.REGISTERED: _REGISTERED, Denominator.KEPT: _KEPT, Denominator.COHORT: somebody(_COHORT)}
        told = f" AND {more[self.denominator]}" if self.denominator in more else ""
        if self.keeper:
            told += " AND p.kept_by_id IN (SELECT i.id FROM places_institution i WHERE starts_with(i.path, %(keeper)s))"
        return WHO + told
