"""Doses brought and struck out: everything is judged again, and nothing typed."""

from __future__ import annotations

from datetime import date

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.certificates.actions import card_of, issue
from kangqu.kernel.certificates.models import Certificate
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.vaccination.models import Counted, Dose
from kangqu.systems.vaccination.records.asked import Answer, History
from kangqu.systems.vaccination.records.bringing import bring_many
from kangqu.systems.vaccination.records.striking import strike
from tests.vaccination.records.conftest import NOW, VaccinationClinic, refused

JULY = date(2012, 7, 1)


def brought(clinic: VaccinationClinic, who: str, *given: tuple[str, date], key: str = "h") -> list[Answer]:
    asked = [
        History(person_id=clinic.girl(who).pk, key=f"{key}{number}", vaccine=vaccine, given_on=day, place="外地医院")
        for number, (vaccine, day) in enumerate(given)
    ]
    return bring_many(asked, institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)


def test_the_end_of_the_worked_table(clinic: VaccinationClinic) -> None:
    clinic.inject("一")
    assert clinic.numbers("一") == [("2026-11-24", 1)]
    (answer,) = brought(clinic, "一", ("HPV2", date(2026, 11, 1)))
    assert not isinstance(answer, Refused)
    assert clinic.numbers("一") == [("2026-11-01", 1), ("2026-11-24", None)]
    strike(answer.code, why="看错了人", institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    assert clinic.numbers("一") == [("2026-11-24", 1)]
    assert Dose.objects.count() == 2, "struck out, not deleted"


def test_a_combined_vaccine_counts_in_every_series(clinic: VaccinationClinic) -> None:
    (answer,) = brought(clinic, "一", ("DTAP_IPV_HIB", JULY))
    assert not isinstance(answer, Refused)
    assert dict(answer.numbers) == {"POLIO": 1, "DPT": 1}


def test_the_same_paper_twice_is_one_dose(clinic: VaccinationClinic) -> None:
    first, second = brought(clinic, "一", ("MMR", JULY)), brought(clinic, "一", ("MMR", JULY))
    assert [each.fresh for each in (*first, *second) if not isinstance(each, Refused)] == [True, False]
    assert Dose.objects.count() == 1
    (third,) = brought(clinic, "一", ("HEPB", JULY))
    assert isinstance(third, Refused)
    assert third.why.name == "key_reused"


def test_what_does_not_count_is_kept_with_why(clinic: VaccinationClinic) -> None:
    brought(clinic, "一", ("DTAP", date(2012, 4, 15)), ("DTAP", date(2012, 6, 1)), ("DTAP", date(2012, 6, 20)))
    rows = Counted.objects.filter(series="DPT").order_by("given_on").values_list("number", "validity")
    assert [number for number, _ in rows].count(None) >= 1
    assert "invalid_early" in [validity for _, validity in rows]


@pytest.mark.parametrize(
    ("vaccine", "day", "why"),
    [
        ("NONE", JULY, "vaccination_vaccine_unknown"),
        ("MMR", date(2012, 2, 29), "vaccination_bad_day"),
        ("MMR", date(2026, 11, 25), "vaccination_bad_day"),
    ],
)
def test_what_cannot_be(clinic: VaccinationClinic, vaccine: str, day: date, why: str) -> None:
    (answer,) = brought(clinic, "一", (vaccine, day))
    assert isinstance(answer, Refused)
    assert answer.why.name == why
    assert not Dose.objects.exists()


def test_who_recorded_it_strikes_it_out_once_and_says_why(clinic: VaccinationClinic) -> None:
    given = clinic.inject("一")

    def struck(why: str = "录错", institution: int = clinic.place.pk) -> str:
        return refused(lambda: strike(given.code, why=why, institution_id=institution, by=clinic.nurse, at=NOW))

    assert struck(why="  ") == "vaccination_why_needed"
    assert struck(institution=1) == "vaccination_not_ours"
    dose = strike(given.code, why="录错", institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    assert (dose.status, dose.status_why) == ("entered-in-error", "录错")
    assert struck() == "vaccination_struck_out"
    assert clinic.left() == (1, 1), "what was injected is gone"
    assert TraceEntry.objects.get(action="dose.strike").reason == "录错"
    assert refused(lambda: strike("V0", why="x", institution_id=1, by=clinic.nurse, at=NOW)) == "not_found"


def test_its_certificate_goes_with_it(clinic: VaccinationClinic) -> None:
    given = clinic.inject("一")
    person = clinic.girl("一")
    entries = [{"resourceType": "Patient", "birthDate": "2012-03-01"}]
    made = issue("immunization", person.pk, ("dose", given.id), entries, by=the_house(), at=NOW)
    assert card_of(made)
    strike(given.code, why="录错", institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    assert Certificate.objects.get().revoked_why == "录错"
