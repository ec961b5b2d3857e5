"""Tables of coverage: one question asked of every region below, age band, dose or institution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.places.models import Institution, Region
from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.boosters import cut_off_of
from kangqu.systems.vaccination.coverage.counting import rate_of, rates_by
from kangqu.systems.vaccination.coverage.rates import OLDEST, Band, Denominator, Measure, Rate
from kangqu.systems.vaccination.coverage.series import doses_of, family_of
from kangqu.systems.vaccination.coverage.targets import targets_of

_BELOW: Final = {2: 4, 4: 6, 6: 9, 9: 12, 12: 12}
BANDS: Final = (
    Band(0, 0), Band(1, 1), Band(2, 2), Band(3, 3), Band(4, 6), Band(7, 11), Band(12, 17), Band(18, 59), Band(60, 79), Band(80, OLDEST),
)  # fmt: skip
"""The age bands of a table: school ages and those of the campaigns among them."""


class By(StrEnum):
    """What the rows of a table are."""

    REGION = "region"
    AGE = "age"
    DOSE = "dose"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its own question (which opens its people) and figure. ``rate`` is None where no target number was given.

    ``key`` is the region's or institution's code; ``total``: the whole that the others are parts of.
    """

    key: str
    name: str
    asked: Question
    rate: Rate | None
    total: bool = False


def table_of(asked: Question, by: By) -> list[Row]:
    """The rows, the total first."""
    found = {By.REGION: _by_region, By.AGE: _by_age, By.DOSE: _by_dose, By.INSTITUTION: _by_institution}[by](asked)
    if asked.denominator is not Denominator.TARGET:
        return found
    return _with_targets(found)


def _whole(asked: Question, parts: Sequence[Row]) -> Row:
    """The sum of rows that share nobody."""
    rates = [each.rate for each in parts if each.rate is not None]
    total = Rate(sum(each.numerator for each in rates), sum(each.denominator for each in rates))
    return Row(asked.region, "", asked, total, total=True)


def _by_region(asked: Question) -> list[Row]:
    length = _BELOW[len(asked.region)]
    figures = rates_by(asked, f"left(p.region_id, {length})")
    names = dict(
        Region.objects.filter(code__startswith=asked.region)
        .filter(code__in=_parts(asked, figures, length))
        .values_list("code", "name")
    )
    rows = [
        Row(code, names.get(code, code), replace(asked, region=code), figures.get(code, Rate(0, 0)))
        for code in sorted(names)
    ]
    return [_whole(asked, [*rows, *_elsewhere(asked, figures, names)]), *rows, *_elsewhere(asked, figures, names)]


def _parts(asked: Question, figures: dict[str, Rate], length: int) -> set[str]:
    """The regions just below, also those where nobody lives."""
    below = Region.objects.filter(parent_id=asked.region).values_list("code", flat=True)
    return {code for code in {*below, *figures} if len(code) == length}


def _elsewhere(asked: Question, figures: dict[str, Rate], names: dict[str, str]) -> list[Row]:
    """People whose address says no more than the region itself; their list is the whole region's."""
    return [Row("", code, asked, rate) for code, rate in sorted(figures.items()) if code not in names]


def _by_age(asked: Question) -> list[Row]:
    bands = [each for each in BANDS if each.least <= asked.band.most and each.most >= asked.band.least]
    bands = [Band(max(each.least, asked.band.least), min(each.most, asked.band.most)) for each in bands]
    edges = sorted(each.born(asked.day)[0] for each in bands)
    figures = rates_by(asked, "width_bucket(p.birth_date, %(edges)s::date[])", {"edges": edges})
    rows = [
        Row("", "", replace(asked, band=each), figures.get(edges.index(each.born(asked.day)[0]) + 1, Rate(0, 0)))
        for each in bands
    ]
    return [_whole(asked, rows), *rows]


def _by_dose(asked: Question) -> list[Row]:
    """Every dose, the full course, and the booster where the series has one."""
    family = family_of(asked.programme, asked.series)
    count = doses_of(family, asked.day) if family is not None else 1
    open_to = Denominator.RESIDENT if asked.denominator is Denominator.COHORT else asked.denominator
    plain = replace(asked, measure=Measure.DOSE, denominator=open_to, cut_off=None)
    questions = [replace(plain, number=number) for number in range(1, count + 1)]
    questions.append(replace(plain, measure=Measure.FULL))
    try:
        cut_off = cut_off_of(asked.programme, asked.series, asked.day, asked.cut_off)
        questions.append(
            replace(plain, measure=Measure.BOOSTER, denominator=Denominator.COHORT, cut_off=cut_off, target=None)
        )
    except Refused:
        pass  # a series without a booster has no such row
    return [Row("", "", each, rate_of(each)) for each in questions]


def _by_institution(asked: Question) -> list[Row]:
    figures = rates_by(asked, "p.kept_by_id")
    places = Institution.objects.in_bulk([key for key in figures if key is not None])
    rows = [
        Row(place.code, place.name, replace(asked, only=place.pk), figures[place.pk])
        for place in sorted(places.values(), key=lambda each: (each.region_id, each.name_pinyin, each.pk))
    ]
    nobody = [Row("", "", replace(asked, only=0), figures[None])] if None in figures else []
    return [_whole(asked, [*rows, *nobody]), *rows, *nobody]


def _with_targets(rows: Sequence[Row]) -> list[Row]:
    """The same rows over the target numbers given for them; none given, none counted with."""
    told = []
    for each in rows:
        asked = each.asked
        given = targets_of([asked.region], asked.programme, asked.series, asked.band, asked.day).get(asked.region)
        had = each.rate.numerator if each.rate is not None else 0
        if asked.denominator is not Denominator.TARGET:
            told.append(each)
        elif given is None or asked.only is not None:
            told.append(replace(each, rate=None))
        else:
            told.append(replace(each, rate=Rate(had, given.persons), asked=replace(asked, target=given.persons)))
    return told


def on_day(asked: Question, day: date) -> Question:
    """The same question of another day."""
    if asked.measure is Measure.BOOSTER:
        cut_off = cut_off_of(asked.programme, asked.series, day)
        return replace(asked, day=day, cut_off=min(cut_off, asked.cut_off or cut_off))
    return replace(asked, day=day)
