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
# A merged record's doses count with the one that speaks for it. Almost nobody has such records: figures are counted by a plain form,
# which the server joins in one go, and put right by those few, who are counted by the full one.
_PLAIN: Final = "EXISTS (SELECT FROM {table} c WHERE c.person_id = p.id AND {condition})"
_FULL: Final = """EXISTS (SELECT FROM {table} c
     WHERE c.person_id IN (SELECT p.id UNION ALL SELECT m.id FROM people_person m WHERE m.merged_into_id = p.id) AND {condition})"""
SPEAK_FOR_OTHERS: Final = "SELECT DISTINCT merged_into_id FROM people_person WHERE merged_into_id IS NOT NULL"
_OF_SERIES: Final = "c.series = %(series)s AND c.programme = %(programme)s"
_ON: Final[Mapping[Measure, str]] = {
    Measure.DOSE: "c.number >= %(number)s AND c.given_on <= %(day)s::date",
    Measure.FULL: "c.completes AND c.given_on <= %(day)s::date",
    Measure.BOOSTER: "c.boosts AND c.given_on <= %(day)s::date",
}
_TIMELY: Final = " AND NOT c.late"
_COHORT: Final = "c.completes AND c.given_on <= %(cut_off)s::date"
_REGISTERED: Final = "c.status = 'completed' AND c.given_on <= %(day)s::date"
_KEPT: Final = """p.kept_by_id IN (SELECT i.id FROM places_institution i
  WHERE i.region_id >= %(region)s AND i.region_id < %(region)s || ':')"""


def _has(condition: str, *, full: bool, table: str = "vaccination_counted") -> str:
    """That ``p`` (with ``full``: or a record merged into hers) has a row for which ``condition`` is so."""
    told = f"{_OF_SERIES} AND {condition}" if table == "vaccination_counted" else condition
    return (_FULL if full else _PLAIN).format(table=table, condition=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: a ``measure`` of a series in a region (its code; all under it) for an age band on a day.

    ``number``: that dose or more, where doses are asked for. ``cut_off``: of the cohort of a booster. ``only``: those whose
    record this institution keeps, by number; 0 whose record nobody keeps.
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
    only: int | None = None

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
            "first": first, "last": last, "sex": self.sex, "cut_off": self.cut_off, "only": self.only,
        }  # fmt: skip

    def had(self, *, full: bool = False) -> str:
        """The condition of the numerator."""
        if self.measure is Measure.DOSE and self.timely:
            return _has("c.number = %(number)s AND c.given_on <= %(day)s::date" + _TIMELY, full=full)
        return _has(_ON[self.measure] + (_TIMELY if self.timely else ""), full=full)

    def of(self, *, full: bool = False) -> str:
        """FROM and WHERE of those the figure is about."""
        told = WHO
        if self.denominator is Denominator.COHORT:
            told += " AND " + _has(_COHORT, full=full)
        elif self.denominator is Denominator.REGISTERED:
            told += " AND " + _has(_REGISTERED, full=full, table="vaccination_dose")
        elif self.denominator is Denominator.KEPT:
            told += " AND " + _KEPT
        if self.only is not None:
            told += " AND p.kept_by_id = %(only)s" if self.only else " AND p.kept_by_id IS NULL"
        return told
