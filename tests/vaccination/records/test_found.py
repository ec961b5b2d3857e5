"""What a history hides: records merged into another, combined vaccines, gaps that only put off, what merely counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.people.models import Person
from kangqu.systems.vaccination.records.asked import History
from kangqu.systems.vaccination.records.bringing import bring_many
from tests.vaccination.records.conftest import NOW, VaccinationClinic


def bring(clinic: VaccinationClinic, who: str, vaccine: str, on: date) -> None:
    paper = History(person_id=clinic.girl(who).pk, key=f"{vaccine}{on}", vaccine=vaccine, given_on=on)
    bring_many([paper], institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)


def test_doses_of_a_merged_record_are_in_the_history(clinic: VaccinationClinic) -> None:
    bring(clinic, "二", "HPV2", date(2026, 9, 1))
    Person.objects.filter(pk=clinic.girl("二").pk).update(status="merged", merged_into=clinic.girl("一"))
    assert clinic.refused("一") == "vaccination_not_now"
    assert clinic.refused("二") == "vaccination_nobody_such"


def test_a_combined_vaccine_may_be_given_where_one_of_its_series_is_open(clinic: VaccinationClinic) -> None:
    baby = clinic.girl("宝", (NOW - timedelta(days=95)).date())
    assert baby
    clinic.stock("C", "DTAP_IPV_HIB", doses=1)
    numbers = clinic.inject("宝", "C", vaccine="DTAP_IPV_HIB").numbers
    assert (numbers["DPT"], numbers["POLIO"]) == (1, 1)


def test_bcg_after_three_months_waits_for_the_ppd(clinic: VaccinationClinic) -> None:
    clinic.girl("宝", date(2026, 5, 1))
    clinic.stock("K", "BCG", doses=1)
    assert clinic.refused("宝", "K", vaccine="BCG") == "vaccination_not_now"


def test_rabies_after_a_bite_is_held_back_by_no_schedule(clinic: VaccinationClinic) -> None:
    clinic.girl("𠮷", date(1990, 1, 1))
    clinic.stock("R", "RABIES", doses=1)
    assert clinic.inject("𠮷", "R", vaccine="RABIES", at=NOW).fresh


def test_a_severe_allergy_on_file_bars_a_vaccine_no_schedule_speaks_of(clinic: VaccinationClinic) -> None:
    from kangqu.systems.vaccination.models import VaccinationFile

    who = clinic.girl("𠮷", date(1990, 1, 1))
    VaccinationFile.objects.create(person=who, facts={"severe_allergy": ["RABIES"]}, changed_at=NOW)
    clinic.stock("R", "RABIES", doses=1)
    assert clinic.refused("𠮷", "R", vaccine="RABIES") == "vaccination_not_now"


def test_the_same_vaccine_twice_on_a_day_under_two_keys_is_refused(clinic: VaccinationClinic) -> None:
    clinic.girl("𠮷", date(1990, 1, 1))
    clinic.stock("R", "RABIES", doses=1)
    clinic.inject("𠮷", "R", vaccine="RABIES")
    assert clinic.refused("𠮷", "R", vaccine="RABIES", at=NOW) != ""


def test_midnight(clinic: VaccinationClinic) -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=CITY)
    clinic.inject("甲", at=late)
    assert clinic.numbers("甲") == [("2026-11-23", 1)]
