"""Catch-up, cohorts, alternatives, contraindications, versions: the special rules of the schedules, edges included."""

from __future__ import annotations

import pytest

from kangqu.systems.vaccination.forecast import Status, Validity
from tests.vaccination.told import codes, day, dose, plan, series, told


@pytest.mark.parametrize(
    ("born", "as_of", "history", "expected"),
    [
        # nothing yet at 5 years: what is missing, each at its shortest interval
        (
            "2018-01-01",
            "2023-01-01",
            (),
            [("IPV", 1, "2018-03-01"), ("IPV", 2, "2023-01-29"), ("BOPV", 3, "2023-02-26"), ("BOPV", 4, "2023-03-26")],
        ),
        # three doses before 4 years, the fourth at 4 years
        (
            "2020-01-01",
            "2021-06-01",
            ("IPV 2020-03-01", "IPV 2020-04-01", "BOPV 2020-05-01"),
            [("BOPV", 4, "2024-01-01")],
        ),
        # four inactivated doses end the series
        ("2020-01-01", "2022-01-01", ("IPV 2020-03-01", "IPV 2020-04-01", "IPV 2020-05-01", "IPV 2021-07-01"), []),
        # two inactivated and one oral: an inactivated one does not end it before 4 years
        (
            "2020-01-01",
            "2022-01-01",
            ("IPV 2020-03-01", "IPV 2020-04-01", "BOPV 2020-05-01", "IPV 2021-07-01"),
            [("BOPV", 4, "2024-01-01")],
        ),
        # begun with the oral one: inactivated doses are completed first
        (
            "2020-01-01",
            "2021-06-01",
            ("BOPV 2020-03-01", "IPV 2020-04-01"),
            [("IPV", 3, "2020-05-01"), ("BOPV", 4, "2024-01-01")],
        ),
        # combined vaccine counts
        ("2020-01-01", "2021-06-01", ("DTAP_IPV_HIB 2020-03-01", "DTAP_IPV_HIB 2020-04-01"), None),
    ],
)
def test_polio(born, as_of, history, expected):
    found = series("POLIO", born, as_of, *history)
    if expected is None:
        assert found.counted == 2
    else:
        assert plan(found) == expected
        assert (found.status is Status.COMPLETE) is (expected == [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), [("DT", 1), ("DT", 2), ("DT", 3)]),
        (("DTAP 2017-04-01",), [("DT", 2), ("DT", 3)]),
        (("DTAP 2017-04-01", "DTAP 2017-05-01"), [("DT", 3)]),
        (("DTAP 2017-04-01", "DTAP 2017-05-01", "DTAP 2017-06-01"), [("DT", 4)]),
        (("DTAP 2017-04-01", "DTAP 2017-05-01", "DTAP 2017-06-01", "DTAP 2018-07-01"), [("DT", 5)]),
        (("DTAP 2017-04-01", "DTAP 2017-05-01", "DT 2023-01-01"), []),
        (("DTAP 2017-04-01", "DTAP 2017-05-01", "DTAP 2017-06-01", "DT 2023-01-01"), []),
    ],
)
def test_diphtheria_and_tetanus_from_6_years(given, expected):
    found = series("DPT", "2017-01-01", "2023-08-01", *given)
    assert [(vaccine, number) for vaccine, number, _ in plan(found)] == expected


def test_a_rule_gives_way_at_the_age_where_the_next_begins():
    """Three DTaP, 6 months short of the interval at 5 years 11 months: by then it is DT."""
    history = ("DTAP 2022-09-01", "DTAP 2022-10-01", "DTAP 2022-11-01")
    found = series("DPT", "2017-01-01", "2022-12-01", *history)
    assert (found.next.vaccine, found.next.earliest) == ("DT", day("2023-05-01"))


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2024-12-31", [("DTAP", "2025-01-01"), ("DTAP", "2025-02-01"), ("DTAP", "2025-03-01")]),
        ("2025-01-01", [("DTAP", "2024-12-01"), ("DTAP", "2025-02-01"), ("DTAP", "2025-04-01")]),
    ],
)
def test_the_version_in_force_on_the_day_judged_plans(as_of, expected):
    found = series("DPT", "2024-10-01", as_of)
    assert [(vaccine, on) for vaccine, _, on in plan(found)][:3] == expected
    assert plan(found)[-1][0] == ("DT" if as_of < "2025" else "DTAP")


def test_a_dose_is_judged_by_the_version_of_its_day():
    """At 2 months: too early in 2024, in time in 2025."""
    early = series("DPT", "2024-10-01", "2025-03-01", "DTAP 2024-12-15")
    assert (dose(early, "2024-12-15").validity, dose(early, "2024-12-15").version) == (Validity.INVALID_EARLY, "2021")
    kept = series("DPT", "2024-11-01", "2025-03-01", "DTAP 2025-01-01")
    assert (dose(kept, "2025-01-01").validity, dose(kept, "2025-01-01").version) == (Validity.VALID, "2025-DTAP")


def test_dtap_at_6_years_replaces_dt():
    history = ("DTAP 2019-04-01", "DTAP 2019-05-01", "DTAP 2019-06-01", "DTAP 2020-07-01")
    found = series("DPT", "2019-01-01", "2025-02-01", *history)
    assert (found.next.vaccine, found.next.number, found.next.today) == ("DTAP", 5, True)
    assert series("DPT", "2019-01-01", "2025-03-01", *history, "DTAP 2025-02-01").status is Status.COMPLETE
    assert series("DPT", "2019-01-01", "2026-02-01", *history).next.vaccine == "DT"


def test_an_unverified_edition_shows_its_mark_on_what_it_changes_alone():
    found = series("MEN", "2024-08-01", "2026-06-17", "MPSVA 2025-03-01")
    assert (found.version, found.next.overdue) == ("2026", day("2026-08-01"))
    assert "CATCH_UP" not in codes(found)
    assert {what: source.mark.value for what, source in found.next.sources} == {
        "age": "V",
        "interval": "V",
        "overdue": "M",
    }
    found = series("MMR", "2024-01-01", "2026-06-17", "MMR 2024-09-01")
    late = next(reason for reason in found.next.reasons if reason.code == "CATCH_UP")
    assert (late.source.mark.value, found.next.overdue) == ("M", day("2026-01-01"))


@pytest.mark.parametrize(
    ("born", "history", "left"),
    [
        ("2019-10-01", ("MMR 2020-06-01",), 1),
        ("2019-10-01", ("MMR 2020-06-01", "MMR 2021-04-01"), 0),
        ("2019-09-30", ("MR 2020-06-01", "MMR 2021-04-01"), 0),
        ("2019-09-30", ("MEASLES 2020-06-01", "MEASLES 2021-04-01"), 1),
        ("2019-09-30", ("MR 2020-06-01", "MR 2021-04-01"), 1),
        ("2008-01-01", (), 2),
        ("2007-12-28", ("MEASLES 2008-09-01", "MEASLES 2010-09-01"), 0),
    ],
)
def test_measles_by_cohort(born, history, left):
    found = series("MMR", born, "2024-06-01", *history)
    assert len(plan(found)) == left


def test_an_outbreak_dose_before_8_months_does_not_count():
    found = series("MMR", "2024-01-01", "2024-09-01", "MMR 2024-07-15")
    assert dose(found, "2024-07-15").reasons[0].code == "EARLY_AGE"
    assert (found.next.number, found.next.earliest) == (1, day("2024-09-01"))


def test_the_live_ones_are_offered_and_others_on_request():
    asked = ("2024-01-01", "2024-09-02")
    assert series("JE", *asked).next.vaccine == "JEL"
    assert [each.vaccine for each in series("JE", *asked).alternatives] == ["JEI"]
    chosen = series("JE", *asked, prefer=["JEI"])
    assert plan(chosen) == [
        ("JEI", 1, "2024-09-01"),
        ("JEI", 2, "2024-09-09"),
        ("JEI", 3, "2026-01-01"),
        ("JEI", 4, "2030-01-01"),
    ]
    live = ("2023-01-01", "2024-09-02", "JEL 2023-09-01")
    assert series("JE", *live, prefer=["JEI"]).next.vaccine == "JEL" and not series("JE", *live).alternatives
    assert series("JE", *live, immune_deficiency=True).next.vaccine == "JEI"
    begun = series("JE", *asked, "JEI 2024-09-01")
    assert (begun.next.vaccine, begun.next.earliest, begun.next.overdue) == (
        "JEI",
        day("2024-09-08"),
        day("2024-09-12"),
    )


def test_hepatitis_a_begun_inactivated_is_completed_by_either():
    found = series("HEPA", "2022-01-01", "2023-08-01", "HEPAI 2023-07-01")
    assert (found.next.vaccine, found.next.earliest) == ("HEPAI", day("2024-01-01"))
    assert [(each.vaccine, each.earliest) for each in found.alternatives] == [("HEPAL", day("2024-01-01"))]
    assert series("HEPA", "2022-01-01", "2024-02-01", "HEPAI 2023-07-01", "HEPAL 2024-01-01").status is Status.COMPLETE
    early = series("HEPA", "2022-01-01", "2024-02-01", "HEPAI 2023-07-01", "HEPAL 2023-12-31")
    assert dose(early, "2023-12-31").validity is Validity.INVALID_EARLY


def test_meningococcal_catch_up():
    assert plan(series("MEN", "2021-12-01", "2023-12-01"))[0] == ("MPSVAC", 1, "2023-12-01")
    young = series("MEN", "2022-01-01", "2023-06-01", "MPSVA 2022-07-01")
    assert (young.next.vaccine, young.next.today, young.next.latest) == ("MPSVA", True, day("2023-12-31"))
    both = series("MEN", "2022-01-01", "2024-06-01", "MPSVA 2022-07-01", "MPSVA 2023-12-01")
    assert (both.next.vaccine, both.next.earliest) == ("MPSVAC", day("2025-01-01"))
    again = series("MEN", "2018-01-01", "2024-06-01", "MPSVAC 2022-01-01")
    assert (again.next.number, again.next.earliest) == (2, day("2025-01-01"))
    late = series("MEN", "2022-01-01", "2024-06-01", "MPSVA 2024-05-01")
    assert dose(late, "2024-05-01").validity is Validity.NOT_FOR_AGE


@pytest.mark.parametrize(
    ("facts", "name", "status", "vaccine"),
    [
        ({"immune_deficiency": True}, "BCG", Status.CONTRAINDICATED, None),
        ({"immune_deficiency": True}, "MMR", Status.CONTRAINDICATED, None),
        ({"immune_deficiency": True}, "JE", Status.OVERDUE, "JEI"),
        ({"immune_deficiency": True}, "POLIO", Status.OVERDUE, "IPV"),
        ({"hiv": "infected", "hiv_symptoms": True}, "MMR", Status.CONTRAINDICATED, None),
        ({"hiv": "infected", "hiv_symptoms": False, "immune_suppressed": False}, "MMR", Status.OVERDUE, "MMR"),
        ({"hiv": "exposed"}, "JE", Status.OVERDUE, "JEI"),
        ({"hiv": "excluded"}, "JE", Status.OVERDUE, "JEL"),
        ({"severe_allergy": frozenset({"DTAP"})}, "DPT", Status.CONTRAINDICATED, None),
        ({"severe_allergy": frozenset({"DTAP"})}, "MMR", Status.OVERDUE, "MMR"),
        ({"acute_illness": True}, "MMR", Status.POSTPONED, "MMR"),
        ({"conditions": frozenset({"jaundice"})}, "MMR", Status.OVERDUE, "MMR"),
    ],
)
def test_contraindications(facts, name, status, vaccine):
    history = ("IPV 2023-03-01", "IPV 2023-04-01")
    found = series(name, "2023-01-01", "2024-02-01", *history, ppd="negative", **facts)
    assert (found.status, found.next.vaccine if found.next else None) == (status, vaccine)
    if name == "BCG":
        assert series(name, "2023-01-01", "2024-02-01", **facts).status is status  # whatever PPD would say
    if status in (Status.CONTRAINDICATED, Status.POSTPONED):
        assert codes(found)[0] == "BARRED" and not (found.next and found.next.today)


def test_what_is_not_known_is_told_with_the_rules_that_ask():
    missing = {each.fact: each.rules for each in told("2023-01-01", "2024-02-01").missing}
    assert {"ppd", "hiv", "immune_deficiency", "acute_illness", "birth_weight_g"} <= set(missing)
    assert missing["ppd"] == ("BCG-PPD-NEGATIVE", "BCG-PPD-POSITIVE", "BCG-PPD")
    known = told(
        "2023-01-01", "2024-02-01", ppd="negative", hiv="excluded", birth_weight_g=3200, immune_deficiency=False
    )
    assert not {"ppd", "hiv", "immune_deficiency", "birth_weight_g"} & {each.fact for each in known.missing}


@pytest.mark.parametrize(
    ("history", "code"),
    [
        (("BCG 2023-01-01", "BCG 2023-01-01"), "DUPLICATE"),
        (("BCG 2023-01-01", "BCG 2023-06-01"), "EXTRA"),
        (("BCG 2023-01-01", "BCG 2030-01-01"), "AFTER_AS_OF"),
    ],
)
def test_doses_that_are_not_counted_say_why(history, code):
    asked = told("2023-01-01", "2024-02-01", *history)
    judged = [*asked.other, *(each for one in asked.series for each in one.doses)]
    assert [each.reasons[0].code for each in judged if each.validity is Validity.NOT_COUNTED] == [code]


def test_of_two_products_on_one_day_the_one_the_schedule_names_first_counts():
    found = series("HEPA", "2022-01-01", "2024-02-01", "HEPAI 2024-01-01", "HEPAL 2024-01-01")
    assert [(each.product, each.number) for each in found.doses] == [("HEPAL", 1), ("HEPAI", None)]
    assert found.status is Status.COMPLETE
    found = series("MMR", "2018-01-01", "2024-02-01", "MEASLES 2022-01-01", "MMR 2022-01-01")
    assert [(each.product, each.number) for each in found.doses] == [("MMR", 1), ("MEASLES", None)]


def test_an_adult_is_past_the_national_schedule():
    asked = told("1990-01-01", "2024-02-01", sex="male")
    assert {each.status for each in asked.series} == {Status.AGED_OUT, Status.NOT_RECOMMENDED}
    assert asked.missing == ()


def test_the_last_day_before_18():
    found = series("HEPB", "2008-03-01", "2026-02-28")
    assert (found.status, found.next.latest, found.next.today) == (Status.OVERDUE, day("2026-02-28"), True)
    assert series("HEPB", "2008-03-01", "2026-03-01").status is Status.AGED_OUT


def test_a_vaccine_and_immunoglobulin_within_two_weeks_is_noted():
    asked = told("2023-01-01", "2024-02-01", "MMR 2023-09-01", "IG 2023-09-10")
    assert [reason.code for reason in asked.other[0].reasons] == ["NO_SERIES", "NOTE"]


def test_every_reason_has_its_sentences():
    asked = told("2023-01-01", "2024-02-01", "DTAP 2023-04-01", "DTAP 2023-04-20", "MMR 2023-05-01", "IG 2024-01-20")
    reasons = [
        reason
        for one in asked.series
        for reason in (
            *one.reasons,
            *(one.next.reasons if one.next else ()),
            *(r for d in one.doses for r in d.reasons),
        )
    ]
    assert len(reasons) > 10
    assert all(reason.zh and reason.en and "{" not in reason.zh + reason.en for reason in reasons)
