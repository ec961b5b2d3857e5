"""The worked examples of the schedules, as the documents' readers wrote them down: national, COVID-19, HPV."""

from __future__ import annotations

import pytest

from kangqu.systems.vaccination.forecast import Status, Validity
from tests.vaccination.told import codes, day, dose, plan, series, told

COVID = {"programmes": ["covid-19"]}
LABEL = {"programmes": ["hpv-label"], "sex": "female"}
GRADE_7 = {"school_grade": 7, "school_in_city": True, "guardian_consent": True}
JINAN = {"programmes": ["hpv-jinan"], "sex": "female", **GRADE_7}


@pytest.mark.parametrize(
    ("name", "vaccine", "number", "due"),
    [
        ("HEPB", "HEPB", 2, "2024-02-29"),
        ("POLIO", "IPV", 1, "2024-03-31"),
        ("POLIO", "IPV", 2, "2024-04-30"),
        ("POLIO", "BOPV", 3, "2024-05-31"),
        ("HEPB", "HEPB", 3, "2024-07-31"),
        ("MMR", "MMR", 1, "2024-09-30"),
        ("MEN", "MPSVA", 2, "2024-10-31"),
        ("MMR", "MMR", 2, "2025-07-31"),
        ("DPT", "DTAP", 4, "2025-07-31"),
        ("HEPA", "HEPAL", 1, "2025-07-31"),
    ],
)
def test_1_born_on_the_last_of_a_month(name, vaccine, number, due):
    assert (vaccine, number, due) in plan(series(name, "2024-01-31", "2024-01-31"))


def test_2_a_dose_after_25_days_does_not_count():
    found = series("DPT", "2024-01-01", "2024-05-11", "DTAP 2024-04-15", "DTAP 2024-05-10")
    assert dose(found, "2024-05-10").validity is Validity.INVALID_EARLY
    assert dose(found, "2024-05-10").reasons[0].code == "EARLY_INTERVAL"
    assert (found.counted, found.next.number, found.next.earliest) == (1, 2, day("2024-06-07"))
    assert "REPEAT" in codes(found)


def test_3_a_dose_after_28_days_counts():
    found = series("DPT", "2024-01-01", "2024-05-14", "DTAP 2024-04-15", "DTAP 2024-05-13")
    assert dose(found, "2024-05-13").validity is Validity.VALID
    assert (found.counted, found.next.number, found.next.earliest) == (2, 3, day("2024-06-10"))


def test_4_bcg_is_not_given_at_5_years():
    found = series("BCG", "2019-03-01", "2024-03-02")
    assert (found.status, found.next) == (Status.NOT_RECOMMENDED, None)
    assert found.reasons[0].rule == "BCG-NEVER"


def test_5_bcg_at_2_years_asks_for_ppd_first():
    asked = told("2022-03-01", "2024-03-02")
    found = next(each for each in asked.series if each.series == "BCG")
    assert (found.status, found.next) == (Status.ASK, None)
    assert "ppd" in [each.fact for each in asked.missing]
    found = series("BCG", "2022-03-01", "2024-03-02", ppd="negative")
    assert found.status is Status.OVERDUE and found.next.today and found.next.latest == day("2026-02-28")
    assert series("BCG", "2022-03-01", "2024-03-02", ppd="positive").status is Status.NOT_RECOMMENDED


@pytest.mark.parametrize("programmes", [["national"], ["national", "varicella-own"]])
def test_6_two_live_vaccines_20_days_apart(programmes):
    history = ("MMR 2023-09-01", "VAR 2023-09-21")
    asked = told("2022-09-01", "2023-10-01", *history, programmes=programmes)
    judged = [*asked.other, *(each for one in asked.series for each in one.doses)]
    varicella = next(each for each in judged if each.product == "VAR")
    assert varicella.validity is Validity.INVALID_GAP and varicella.reasons[0].rule == "LIVE-28"
    assert varicella.reasons[0].until == day("2023-09-29")


def test_6_varicella_is_offered_28_days_after_and_counts_on_the_same_day():
    wanted = {"programmes": ["national", "varicella-own"]}
    found = series("VAR", "2022-09-01", "2023-09-21", "MMR 2023-09-01", **wanted)
    assert found.next.earliest == day("2023-09-29") and not found.next.today and "WAIT" in codes(found)
    found = series("VAR", "2022-09-01", "2023-09-21", "MMR 2023-09-01", "VAR 2023-09-01", **wanted)
    assert dose(found, "2023-09-01").validity is Validity.VALID
    today = series("VAR", "2022-09-01", "2023-09-01", "MMR 2023-09-01", **wanted)
    assert today.next.today


def test_7_measles_waits_three_months_after_immunoglobulin():
    found = series("MMR", "2023-06-01", "2024-03-20", "IG 2024-01-10")
    assert found.next.earliest == day("2024-04-10") and not found.next.today
    assert series("MMR", "2023-06-01", "2024-04-10", "IG 2024-01-10").next.today
    assert series("BCG", "2024-01-01", "2024-01-20", "IG 2024-01-10").next.today


def test_8_one_mpsva_at_26_months():
    found = series("MEN", "2022-01-01", "2024-03-01", "MPSVA 2023-12-01")
    assert (found.next.vaccine, found.next.number, found.next.earliest) == ("MPSVAC", 1, day("2024-03-01"))
    assert found.next.today
    soon = series("MEN", "2022-01-01", "2024-03-01", "MPSVA 2023-12-20")
    assert soon.next.earliest == day("2024-03-20") and not soon.next.today


@pytest.mark.parametrize("as_of", ["2024-09-01", "2026-09-01"])
def test_9_four_dtap_and_no_dt_at_7_years(as_of):
    last = {"2024-09-01": "2023-07-01", "2026-09-01": "2025-07-01"}[as_of]
    year = int(as_of[:4]) - 7
    early = [f"DTAP {year}-08-01", f"DTAP {year}-09-01", f"DTAP {year}-10-01"]
    found = series("DPT", f"{year}-05-01", as_of, *early, f"DTAP {last}")
    assert found.counted == 4 if last < f"{year + 6}-05-01" else 3
    found = series("DPT", f"{year}-05-01", as_of, *early, f"DTAP {year + 5}-05-01")
    assert (found.counted, found.next.vaccine, found.next.number, found.next.today) == (4, "DT", 5, True)


def test_9_last_dtap_14_months_ago():
    early = ["DTAP 2017-04-01", "DTAP 2017-05-01", "DTAP 2017-06-01"]
    found = series("DPT", "2017-01-01", "2024-02-25", *early, "DTAP 2022-12-25")
    assert (found.counted, found.next.vaccine, found.next.today) == (4, "DT", True)
    sooner = series("DPT", "2017-01-01", "2023-12-20", *early, "DTAP 2022-12-25")
    assert sooner.next.earliest == day("2023-12-25")


def test_10_low_weight_and_a_positive_mother():
    asked = told("2024-01-31", "2024-01-31", mother_hbsag="positive", birth_weight_g=1800)
    found = next(each for each in asked.series if each.series == "HEPB")
    assert (
        found.next is not None
        and found.next.today
        and plan(found)
        == [
            ("HEPB", 1, "2024-01-31"),
            ("HEPB", 2, "2024-02-29"),
            ("HEPB", 3, "2024-03-31"),
            ("HEPB", 4, "2024-08-31"),
        ]
    )
    assert "HEPB-POS" in [each.rule for each in asked.advice]


@pytest.mark.parametrize("mother", [None, "unknown", "positive"])
def test_a_mother_who_is_not_known_to_be_negative_is_taken_as_positive_at_birth(mother):
    asked = told("2024-01-31", "2024-01-31", mother_hbsag=mother)
    assert "HEPB-POS" in [each.rule for each in asked.advice]
    assert "HEPB-POS" not in [each.rule for each in told("2024-01-31", "2024-01-31", mother_hbsag="negative").advice]


# COVID-19, the historical profile


@pytest.mark.parametrize(
    ("second", "validity", "counted"),
    [
        ("2021-04-22", Validity.VALID, 2),
        ("2021-04-20", Validity.VALID, 2),
        ("2021-04-15", Validity.VALID, 2),
        ("2021-04-14", Validity.INVALID_EARLY, 1),
    ],
)
def test_covid_1_2_the_interval_of_inactivated_doses(second, validity, counted):
    found = series("COVID", "1990-01-01", "2021-05-01", "COVID_INACT 2021-04-01", f"COVID_INACT {second}", **COVID)
    assert (dose(found, second).validity, found.counted) == (validity, counted)


def test_covid_3_inside_14_days_one_more_dose():
    history = ("COVID_INACT 2021-04-01", "COVID_INACT 2021-04-12")
    found = series("COVID", "1990-01-01", "2021-04-13", *history, **COVID)
    assert (found.next.number, found.next.earliest, found.full_course_on) == (2, day("2021-05-03"), None)
    more = series("COVID", "1990-01-01", "2021-05-04", *history, "COVID_INACT 2021-05-03", **COVID)
    assert (more.status, more.full_course_on) == (Status.COMPLETE, day("2021-05-03"))


def test_covid_4_a_late_third_subunit_dose_counts():
    history = ("COVID_SUB 2021-04-01", "COVID_SUB 2021-05-01")
    before = series("COVID", "1990-01-01", "2021-09-01", *history, **COVID)
    assert before.next.overdue == day("2021-10-02")  # the last day in time is 1 October
    found = series("COVID", "1990-01-01", "2021-11-01", *history, "COVID_SUB 2021-10-15", **COVID)
    late = dose(found, "2021-10-15")
    assert (late.validity, late.reasons[0].code, found.full_course_on) == (
        Validity.VALID,
        "VALID_LATE",
        day("2021-10-15"),
    )


@pytest.mark.parametrize(
    ("history", "full", "booster"),
    [
        (("COVID_INACT 2021-04-05", "COVID_INACT 2021-04-30"), "2021-04-30", "2021-10-30"),
        (("COVID_AD5 2021-05-08",), "2021-05-08", "2021-11-08"),
        (("COVID_INACT 2021-08-01", "COVID_INACT 2021-08-31"), "2021-08-31", "2022-02-28"),
    ],
)
def test_covid_5_6_7_the_booster_follows_the_full_course_by_6_months(history, full, booster):
    found = series("COVID", "1990-01-01", "2021-10-09", *history, **COVID)
    assert (found.full_course_on, found.next.earliest) == (day(full), day(booster))


def test_covid_8_one_dose_is_no_full_course():
    found = series("COVID", "1990-01-01", "2021-05-01", "COVID_INACT 2021-04-01", **COVID)
    assert (found.full_course_on, found.status) == (None, Status.DUE)


def test_covid_is_judged_only_where_it_is_asked_for():
    asked = told("1990-01-01", "2022-12-20", "COVID_INACT 2021-04-01")
    assert "COVID" not in [each.series for each in asked.series]
    assert [each.reasons[0].code for each in asked.other] == ["NO_SERIES"]
    assert series("COVID", "1990-01-01", "2022-12-20", **COVID).historical


def test_covid_the_booster_comes_sooner_from_december_2022():
    history = ("COVID_INACT 2022-08-01", "COVID_INACT 2022-09-01")
    assert series("COVID", "1950-01-01", "2022-12-12", *history, **COVID).next.earliest == day("2023-03-01")
    found = series("COVID", "1950-01-01", "2022-12-13", *history, **COVID)
    assert found.next.earliest == day("2022-12-01") and found.next.today
    boosted = series("COVID", "1950-01-01", "2023-01-01", *history, "COVID_INACT 2022-12-20", **COVID)
    assert (boosted.next.rule, boosted.next.earliest) == ("COV-BOOST2", day("2023-06-20"))


# HPV


def test_hpv_1_2_the_second_dose_not_before_5_months():
    early = series("HPV", "2009-08-01", "2023-03-01", "HPV2 2022-09-01", "HPV2 2023-01-31", **LABEL)
    assert dose(early, "2023-01-31").validity is Validity.INVALID_EARLY
    assert dose(early, "2023-01-31").reasons[0].until == day("2023-02-01")
    found = series("HPV", "2009-08-01", "2023-03-01", "HPV2 2022-09-01", "HPV2 2023-02-01", **LABEL)
    assert (dose(found, "2023-02-01").validity, found.status) == (Validity.VALID, Status.COMPLETE)


def test_hpv_3_15_at_dose_1_is_a_course_of_three():
    found = series("HPV", "2007-09-01", "2022-09-02", "HPV2 2022-09-01", **LABEL)
    assert plan(found) == [("HPV2", 2, "2022-10-01"), ("HPV2", 3, "2023-03-01")]


def test_hpv_4_the_age_at_dose_1_decides():
    found = series("HPV", "2007-09-02", "2023-03-02", "HPV2 2022-09-01", "HPV2 2023-03-01", **LABEL)
    assert (found.status, found.counted) == (Status.COMPLETE, 2)


def test_hpv_5_the_free_programme_ends_the_day_before_the_14th_birthday():
    last = series("HPV", "2008-11-20", "2022-11-19", **JINAN)
    assert last.next.today and last.next.latest == day("2022-11-19")
    over = series("HPV", "2008-11-20", "2022-11-20", **JINAN)
    assert (over.status, over.reasons[0].rule) == (Status.NOT_RECOMMENDED, "HPV-FREE-AGE")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"school_grade": 8}, "HPV-FREE-SCHOOL"),
        ({"school_in_city": False}, "HPV-FREE-REGISTERED"),
        ({"guardian_consent": False}, "HPV-FREE-CONSENT"),
        ({"sex": "male"}, "HPV-BOYS"),
    ],
)
def test_hpv_the_free_programme_asks_for_more(changes, rule):
    found = series("HPV", "2009-11-20", "2022-11-19", **(JINAN | changes))
    assert (found.status, found.reasons[0].rule) == (Status.NOT_RECOMMENDED, rule)
    unknown = series("HPV", "2009-11-20", "2022-11-19", programmes=["hpv-jinan"], sex="female")
    assert unknown.status is Status.ASK


def test_hpv_6_another_brand_is_a_doctors_decision():
    found = series("HPV", "2009-08-01", "2023-03-01", "HPV9 2022-09-01", **LABEL)
    assert (found.status, found.next, found.reasons[0].rule) == (Status.ASK, None, "HPV-OTHER-BRAND")


@pytest.mark.parametrize(
    ("born", "as_of", "status"),
    [
        ("2012-11-20", "2025-11-20", Status.DUE),
        ("2011-11-11", "2025-11-10", Status.DUE),
        ("2011-11-10", "2025-11-10", Status.NOT_RECOMMENDED),
        ("2012-11-20", "2025-11-19", Status.FUTURE),
    ],
)
def test_hpv_in_the_national_programme(born, as_of, status):
    assert series("HPV", born, as_of, sex="female").status is status
    assert series("HPV", born, as_of, sex="male").status is Status.NOT_RECOMMENDED


def test_hpv_is_not_in_force_before_its_day():
    asked = told("2012-01-01", "2025-11-09", sex="female")
    assert asked.not_in_force == ("national:HPV",)
