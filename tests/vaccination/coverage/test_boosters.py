"""Full courses and boosters: the day a course was completed, the closed cohort, and the worked examples of the field (public health §5, §6.3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person
from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.boosters import BOOSTERS, Booster, booster_of, cut_off_of
from kangqu.systems.vaccination.coverage.counting import rate_of
from kangqu.systems.vaccination.coverage.rates import Band, Denominator, Measure, Rate
from kangqu.systems.vaccination.coverage.refusals import CUT_OFF_TOO_LATE, NO_BOOSTER
from kangqu.systems.vaccination.models import Counted
from kangqu.systems.vaccination.records.asked import History
from kangqu.systems.vaccination.records.bringing import bring_many
from kangqu.systems.vaccination.records.striking import strike
from tests.vaccination.coverage.test_coverage import clinic, lives, numbers_behind
from tests.vaccination.records.conftest import NOW, VaccinationClinic

__all__ = ["clinic"]
REPORT = date(2021, 11, 9)
SIX_MONTHS, THREE_MONTHS = BOOSTERS


def had(clinic: VaccinationClinic, who: str, *doses: tuple[str, str], born: date = date(1980, 3, 1)) -> list[str]:
    """An adult's doses as (product, day); their codes."""
    clinic.girl(who, born)
    lives(clinic, who)
    asked = [
        History(person_id=clinic.girls[who].pk, key=f"{day}", vaccine=f"COVID_{product}", given_on=date.fromisoformat(day))
        for product, day in doses
    ]  # fmt: skip
    answers = bring_many(asked, institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    return [each.code for each in answers if not isinstance(each, Exception)]


def completed_on(clinic: VaccinationClinic, who: str) -> date | None:
    return (
        Counted.objects.filter(person_id=clinic.girls[who].pk, programme="covid-19", completes=True)
        .values_list("given_on", flat=True)
        .first()
    )


def asked(measure: Measure = Measure.BOOSTER, day: date = REPORT, cut_off: date | None = None) -> Question:
    booster = measure is Measure.BOOSTER
    return Question(
        programme="covid-19", series="COVID", number=1, day=day, region="3703", band=Band(18), measure=measure,
        denominator=Denominator.COHORT if booster else Denominator.RESIDENT,
        cut_off=cut_off_of("covid-19", "COVID", day, cut_off) if booster else None,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("doses", "day"),
    [
        ([("INACT", "2021-04-01"), ("INACT", "2021-04-22")], date(2021, 4, 22)),  # §5 example 1: 21 days
        ([("INACT", "2021-04-01"), ("INACT", "2021-04-20")], date(2021, 4, 20)),  # example 2: 19 days count
        ([("INACT", "2021-04-01"), ("INACT", "2021-04-12")], None),  # example 3: 11 days do not
        ([("INACT", "2021-04-01"), ("INACT", "2021-04-12"), ("INACT", "2021-05-03")], date(2021, 5, 3)),
        ([("SUB", "2021-04-01"), ("SUB", "2021-05-01")], None),
        ([("SUB", "2021-04-01"), ("SUB", "2021-05-01"), ("SUB", "2021-10-15")], date(2021, 10, 15)),  # example 4
        ([("AD5", "2021-05-08")], date(2021, 5, 8)),  # example 6: at once
        ([("INACT", "2021-04-01")], None),  # example 8: dose 1 only
    ],
)  # fmt: skip
def test_the_day_the_full_course_was_completed(
    clinic: VaccinationClinic, doses: list[tuple[str, str]], day: date | None
) -> None:
    had(clinic, "一", *doses)
    assert completed_on(clinic, "一") == day
    assert rate_of(asked(Measure.FULL, date(2021, 12, 31))) == Rate(int(day is not None), 1)


@pytest.mark.django_db
def test_it_is_computed_again_with_every_dose(clinic: VaccinationClinic) -> None:
    codes = had(clinic, "一", ("INACT", "2021-04-01"), ("INACT", "2021-04-22"), ("INACT", "2021-10-25"))
    rows = Counted.objects.filter(programme="covid-19").order_by("given_on")
    assert [(each.completes, each.boosts) for each in rows] == [(False, False), (True, False), (False, True)]
    strike(codes[0], why="录错", institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    assert completed_on(clinic, "一") == date(2021, 10, 25)
    assert not Counted.objects.filter(programme="covid-19", boosts=True).exists()
    had(clinic, "一", ("INACT", "2021-03-29"))
    assert completed_on(clinic, "一") == date(2021, 4, 22)


@pytest.mark.parametrize(
    ("completed", "due"),
    [
        (date(2021, 4, 30), date(2021, 10, 30)),  # §5 example 5
        (date(2021, 5, 8), date(2021, 11, 8)),  # example 6
        (date(2021, 8, 31), date(2022, 2, 28)),  # example 7: clamped
    ],
)
def test_from_when_the_booster_is_due(completed: date, due: date) -> None:
    assert SIX_MONTHS.due_from(completed) == due
    assert SIX_MONTHS.last_cut_off(due) >= completed
    assert SIX_MONTHS.last_cut_off(date.fromordinal(due.toordinal() - 1)) < completed


@given(st.dates(date(2021, 10, 1), date(2030, 12, 31)), st.sampled_from(BOOSTERS))
def test_the_last_cut_off_is_the_last_day_that_is_due(day: date, booster: Booster) -> None:
    last = booster.last_cut_off(day)
    assert booster.due_from(last) <= day < booster.due_from(date.fromordinal(last.toordinal() + 1))


def test_the_interval_is_that_of_the_day() -> None:
    assert booster_of("covid-19", "COVID", date(2022, 12, 12)) is SIX_MONTHS
    assert booster_of("covid-19", "COVID", date(2022, 12, 13)) is THREE_MONTHS
    for programme, series, day in (("covid-19", "COVID", date(2021, 9, 30)), ("national", "HPV", REPORT)):
        with pytest.raises(Refused) as refused:
            booster_of(programme, series, day)
        assert refused.value.why is NO_BOOSTER


def test_a_cut_off_of_people_who_are_not_due_is_refused() -> None:
    assert cut_off_of("covid-19", "COVID", REPORT) == date(2021, 5, 9)
    assert cut_off_of("covid-19", "COVID", REPORT, date(2021, 4, 30)) == date(2021, 4, 30)
    with pytest.raises(Refused) as refused:
        cut_off_of("covid-19", "COVID", REPORT, date(2021, 5, 10))
    assert refused.value.why is CUT_OFF_TOO_LATE


def test_the_report_of_9_november_2021() -> None:
    """§6.3 example 3: 127,000 boosted of 127,140 who completed by the end of April."""
    assert Rate(127_000, 127_140).percent == Decimal("99.89")


@pytest.mark.django_db
def test_a_booster_is_counted_over_the_closed_cohort_and_never_over_everybody(clinic: VaccinationClinic) -> None:
    had(clinic, "boosted", ("INACT", "2021-04-01"), ("INACT", "2021-04-30"), ("INACT", "2021-11-01"))
    had(clinic, "not yet", ("INACT", "2021-04-01"), ("INACT", "2021-04-30"))
    had(clinic, "after the report", ("INACT", "2021-04-01"), ("INACT", "2021-04-29"), ("INACT", "2021-11-10"))
    had(clinic, "at once", ("AD5", "2021-05-08"), ("AD5", "2021-11-08"))
    had(clinic, "not due", ("INACT", "2021-04-20"), ("INACT", "2021-05-11"))
    had(clinic, "one dose", ("INACT", "2021-04-01"))
    had(clinic, "none")
    april = asked(cut_off=date(2021, 4, 30))
    assert rate_of(april) == Rate(1, 3)
    assert rate_of(asked()) == Rate(2, 4)
    assert numbers_behind(april, missing=False) == [clinic.girls["boosted"].pk]
    assert numbers_behind(april, missing=True) == [clinic.girls["not yet"].pk, clinic.girls["after the report"].pk]
    assert rate_of(asked(day=date(2021, 11, 10), cut_off=date(2021, 4, 30))) == Rate(2, 3)
    for wrong in ({"denominator": Denominator.RESIDENT, "measure": Measure.BOOSTER}, {"denominator": Denominator.COHORT}):  # fmt: skip
        with pytest.raises(ValueError, match="cohort"):
            Question(programme="covid-19", series="COVID", number=1, day=REPORT, region="37", band=Band(), **wrong)


@pytest.mark.django_db
def test_doses_of_a_merged_record_count_with_the_one_that_speaks_for_it(clinic: VaccinationClinic) -> None:
    had(clinic, "old card", ("INACT", "2021-04-01"), ("INACT", "2021-04-30"))
    had(clinic, "herself")
    Person.objects.filter(pk=clinic.girls["old card"].pk).update(
        status="merged", merged_into_id=clinic.girls["herself"].pk
    )
    had(clinic, "herself", ("INACT", "2021-11-01"))
    assert rate_of(asked(cut_off=date(2021, 4, 30))) == Rate(1, 1)
    assert numbers_behind(asked(), missing=False) == [clinic.girls["herself"].pk]
    assert rate_of(asked(Measure.FULL)) == Rate(1, 1)
