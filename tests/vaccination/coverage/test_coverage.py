"""Rates as they are defined, the people behind them, and that nothing is capped."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.people.models import Person
from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.counting import Place, people_behind, rate_of
from kangqu.systems.vaccination.coverage.rates import Band, Denominator, Rate
from kangqu.systems.vaccination.forecast.spans import completed_years
from kangqu.systems.vaccination.records.asked import History
from kangqu.systems.vaccination.records.bringing import bring_many
from kangqu.systems.vaccination.records.striking import strike
from tests.access import cast
from tests.vaccination.records.conftest import NOW, VaccinationClinic, clinic

__all__ = ["clinic"]
DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("had", "of", "percent"),
    [
        (47_855, 50_000, "95.71"), (3_260_160, 3_600_000, "90.56"), (127_000, 127_140, "99.89"), (960, 950, "101.05"), (0, 7, "0.00"),
        (1, 3, "33.33"), (2, 3, "66.67"),
    ],
)  # fmt: skip
def test_the_worked_rates(had: int, of: int, percent: str) -> None:
    assert Rate(had, of).percent == Decimal(percent)
    assert Rate(had, of).over == (had > of)


def test_of_nobody_there_is_no_rate() -> None:
    assert Rate(0, 0).percent is None


@given(
    st.dates(date(1900, 3, 1), date(2026, 11, 24)),
    st.integers(0, 100),
    st.integers(0, 30),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_a_band_holds_who_has_completed_so_many_years(born: date, least: int, more: int, day: date) -> None:
    first, last = Band(least, least + more).born(day)
    years = completed_years(born, day) if born <= day else -1
    assert (first <= born <= last) == (least <= years <= least + more)


@pytest.mark.parametrize("band", [(-1, 3), (4, 3), (0, 151)])
def test_no_band(band: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no band"):
        Band(*band)


def asked(**more: object) -> Question:
    given = {
        "programme": "national",
        "series": "HPV",
        "number": 1,
        "day": DAY,
        "region": "3703",
        "band": Band(13, 17),
        **more,
    }
    return Question(**given)  # type: ignore[arg-type]


def numbers_behind(question: Question, *, missing: bool, after: Place = ("", 0)) -> list[int]:
    return [number for _region, number in people_behind(question, missing=missing, after=after)]


def lives(clinic: VaccinationClinic, who: str, region: str = "370302", **more: object) -> int:
    person = clinic.girl(who)
    cast.region(region[:4], region)
    cast.region(region, region)
    Person.objects.filter(pk=person.pk).update(region_id=region, **more)
    return person.pk


def had(clinic: VaccinationClinic, who: str, *days: date) -> list[str]:
    given = [History(person_id=clinic.girl(who).pk, key=f"h{day}", vaccine="HPV2", given_on=day) for day in days]
    answers = bring_many(given, institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    return [each.code for each in answers if not isinstance(each, Exception)]


def test_a_person_counts_once_where_she_lives(clinic: VaccinationClinic) -> None:
    one, two = lives(clinic, "一"), lives(clinic, "二")
    lives(clinic, "外", "370402")
    had(clinic, "一", date(2025, 12, 1), date(2025, 12, 2), date(2026, 6, 1))
    assert rate_of(asked()) == Rate(1, 2)
    assert (numbers_behind(asked(), missing=False), numbers_behind(asked(), missing=True)) == ([one], [two])
    assert rate_of(asked(number=2)) == Rate(1, 2)
    assert rate_of(asked(region="37")) == Rate(1, 3)
    assert rate_of(asked(sex="1")) == Rate(0, 0)
    assert numbers_behind(asked(), missing=True, after=("370302", two)) == []


def test_as_of_a_day(clinic: VaccinationClinic) -> None:
    lives(clinic, "一")
    lives(clinic, "走", moved_on=date(2026, 3, 1))
    had(clinic, "一", date(2026, 2, 1))
    assert rate_of(asked(day=date(2026, 1, 31))) == Rate(0, 2)
    assert rate_of(asked(day=date(2026, 2, 1))) == Rate(1, 2)
    assert rate_of(asked(day=date(2026, 3, 1))) == Rate(1, 1)


def test_the_age_is_that_of_the_day(clinic: VaccinationClinic) -> None:
    lives(clinic, "一")
    born = DAY.replace(year=DAY.year - 18)
    Person.objects.filter(pk=clinic.girl("一").pk).update(birth_date=born)
    had(clinic, "一", DAY - timedelta(days=30))
    assert rate_of(asked(band=Band(12, 17))) == Rate(0, 0)
    assert rate_of(asked(band=Band(18), programme="hpv-label")) == Rate(1, 1)


def test_what_is_struck_out_counts_nobody(clinic: VaccinationClinic) -> None:
    lives(clinic, "一")
    (code,) = had(clinic, "一", date(2026, 2, 1))
    strike(code, why="录错", institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    assert rate_of(asked()) == Rate(0, 1)


def test_whom_the_denominator_means(clinic: VaccinationClinic) -> None:
    for name in ("一", "二", "三"):
        lives(clinic, name)
    Person.objects.filter(pk=clinic.girl("三").pk).update(kept_by=clinic.place)
    had(clinic, "一", date(2026, 2, 1))
    had(clinic, "三", date(2026, 2, 1))
    assert rate_of(asked(denominator=Denominator.RESIDENT)) == Rate(2, 3)
    assert rate_of(asked(denominator=Denominator.REGISTERED)) == Rate(2, 2)
    assert rate_of(asked(denominator=Denominator.KEPT)) == Rate(1, 1)
    over = rate_of(asked(denominator=Denominator.TARGET, target=1))
    assert (over, over.over, over.percent) == (Rate(2, 1), True, Decimal("200.00"))


def test_timely_is_before_it_is_late(clinic: VaccinationClinic) -> None:
    lives(clinic, "一")
    lives(clinic, "二")
    had(clinic, "一", date(2025, 12, 1))
    assert rate_of(asked(timely=True)).numerator <= rate_of(asked()).numerator
