"""A dose is given once, when everything allows it; the worked table of docs/algorithms/vaccination-records.md."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.vaccination.models import Counted, Dose, Observation, PreCheck, StockMove, VaccineLot, VialStock
from kangqu.systems.vaccination.records.asked import Injection
from kangqu.systems.vaccination.records.giving import give_many
from kangqu.systems.vaccination.records.questions import QUESTIONS
from tests.vaccination.records.conftest import NO, NOW, VaccinationClinic


def test_the_worked_table(clinic: VaccinationClinic) -> None:
    assert clinic.refused("一", answers=None) == "vaccination_no_pre_check"
    assert clinic.left() == (2, 0)
    first = clinic.inject("一", key="once")
    assert (dict(first.numbers), first.fresh, clinic.left()) == ({"HPV": 1}, True, (1, 1))
    again = clinic.inject("一", key="once")
    assert (again.id, again.fresh, dict(again.numbers), clinic.left()) == (first.id, False, {"HPV": 1}, (1, 1))
    with pytest.raises(Refused) as refused:
        clinic.inject("一")
    assert refused.value.why.name == "vaccination_not_now"
    assert "2027-04-24" in refused.value.sentence("zh-hans")
    assert "2027-04-24" in refused.value.sentence("en")
    clinic.inject("二")
    assert clinic.left() == (1, 0)
    clinic.inject("三", at=NOW + timedelta(minutes=61))
    assert clinic.left() == (0, 1)
    VaccineLot.objects.update(state="held", state_why="冷链超温")
    assert clinic.refused("四", at=NOW + timedelta(minutes=62)) == "vaccination_lot_held"
    assert StockMove.objects.filter(kind="given").count() == 3
    assert sum(StockMove.objects.values_list("vials", flat=True)) == -2


def test_what_is_left_in_an_old_vial_is_not_given(clinic: VaccinationClinic) -> None:
    clinic.inject("一")
    clinic.inject("二", at=NOW + timedelta(minutes=60))
    assert clinic.left() == (0, 2), "a vial opened an hour ago is not used any more"


def test_a_second_dose_meanwhile_is_observed_with_the_first(clinic: VaccinationClinic) -> None:
    clinic.stock("R", "RABIES")
    clinic.inject("一")
    second = clinic.inject("一", "R", NOW + timedelta(minutes=10), "RABIES")
    watched = Observation.objects.get()
    assert (watched.dose_id, watched.starts_at, watched.until) == (second.id, NOW, NOW + timedelta(minutes=40))


def test_a_dose_begins_an_observation_and_is_traced(clinic: VaccinationClinic) -> None:
    given = clinic.inject("一")
    watched = Observation.objects.get(person=clinic.girl("一"))
    assert (watched.dose_id, watched.until) == (given.id, NOW + timedelta(minutes=30))
    told = TraceEntry.objects.get(action="dose.give")
    assert (told.person_id, told.object_id, told.facts["lot"]) == (clinic.girl("一").pk, given.id, "A")
    dose = Dose.objects.get(id=given.id)
    assert (dose.maker, dose.lot_number, dose.vaccinator_id) == ("演示生物", "A", clinic.nurse.account_id)
    assert dose.code[0] == "V"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"vaccine": "NONE"}, "vaccination_vaccine_unknown"),
        ({"vaccine": "IG"}, "vaccination_vaccine_unknown"),
        ({"lot": "B"}, "vaccination_lot_unknown"),
        ({"vaccine": "RABIES"}, "vaccination_lot_unknown"),
        ({"maker": "别家"}, "vaccination_lot_unknown"),
        ({"answers": {**NO, "fever": True}}, "vaccination_pre_check_stops"),
        ({"answers": {**NO, "pregnant": True}}, "vaccination_pre_check_stops"),
        ({"answers": {"fever": False}}, "vaccination_unanswered"),
        ({"answers": {**NO, "fever": None}}, "vaccination_unanswered"),
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_is_taken(
    clinic: VaccinationClinic, more: dict[str, object], why: str
) -> None:
    assert clinic.refused("一", **more) == why  # type: ignore[arg-type]
    assert not Dose.objects.exists()
    assert not PreCheck.objects.exists()
    assert clinic.left() == (2, 0)


def test_a_yes_stops_what_it_concerns_alone(clinic: VaccinationClinic) -> None:
    clinic.stock("R", "RABIES")
    clinic.inject("一", "R", vaccine="RABIES", answers={**NO, "pregnant": True})
    assert clinic.refused("一", answers=None) == "vaccination_pre_check_stops", "asked today, and yes to what stops HPV"


def test_an_expired_lot_is_good_until_its_last_day(clinic: VaccinationClinic) -> None:
    last = datetime(2026, 12, 31, 23, 59, tzinfo=CITY)
    clinic.inject("一", at=last)
    assert clinic.refused("二", at=last + timedelta(minutes=1)) == "vaccination_lot_expired"


def test_no_dose_from_nothing(clinic: VaccinationClinic) -> None:
    VialStock.objects.update(vials=0)
    assert clinic.refused("一") == "vaccination_no_stock"


def test_stock_of_another_clinic_is_not_ours(clinic: VaccinationClinic) -> None:
    from tests.access import cast

    other = cast.institution("别的门诊", "health_centre", cast.region("3703", "淄博市"))
    VialStock.objects.update(institution=other)
    assert clinic.refused("一") == "vaccination_no_stock"


def test_the_dead_and_those_without_a_birth_date(clinic: VaccinationClinic) -> None:
    Person.objects.filter(pk=clinic.girl("一").pk).update(birth_date=None)
    assert clinic.refused("一") == "vaccination_birth_unknown"
    Person.objects.filter(pk=clinic.girl("二").pk).update(status="deceased", deceased_on=date(2026, 1, 1))
    assert clinic.refused("二") == "vaccination_deceased"


def test_a_dose_is_reported_within_its_hours(clinic: VaccinationClinic) -> None:
    def reported(given_at: datetime) -> str:
        asked = Injection(
            person_id=clinic.girl("一").pk, key="k", vaccine="HPV2", lot="A", given_at=given_at, answers=NO
        )
        (answer,) = give_many([asked], institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
        return answer.why.name if isinstance(answer, Refused) else "recorded"

    assert reported(NOW + timedelta(seconds=1)) == "vaccination_bad_time"
    assert reported(NOW - timedelta(hours=72, seconds=1)) == "vaccination_bad_time"
    assert reported(NOW - timedelta(hours=72)) == "recorded"
    assert Dose.objects.get().given_on == date(2026, 11, 21)


def test_midnight_belongs_to_the_city(clinic: VaccinationClinic) -> None:
    clinic.inject("一", at=datetime(2026, 11, 24, 0, 10, tzinfo=CITY))
    assert Dose.objects.get().given_on == date(2026, 11, 24)
    assert PreCheck.objects.get().day == date(2026, 11, 24)
    clinic.inject("二", at=datetime(2026, 11, 23, 23, 50, tzinfo=CITY))
    assert (
        clinic.refused("二", at=datetime(2026, 11, 24, 0, 10, tzinfo=CITY), answers=None) == "vaccination_no_pre_check"
    )


def test_a_doctor_decides_in_writing_what_is_left_to_a_doctor(clinic: VaccinationClinic) -> None:
    clinic.stock("P", "BCG", doses=5)
    child = clinic.girl("小", date(2025, 6, 1))
    assert child.birth_date == date(2025, 6, 1)
    asked = {"lot": "P", "vaccine": "BCG"}
    assert clinic.refused("小", **asked) == "vaccination_not_now", "PPD first"  # type: ignore[arg-type]
    assert clinic.refused("小", **asked, decided="PPD 阴性", by=clinic.nurse) == "vaccination_not_now"  # type: ignore[arg-type]
    assert clinic.refused("小", **asked, decided="  ", by=clinic.doctor) == "vaccination_not_now"  # type: ignore[arg-type]
    clinic.inject("小", **asked, decided="PPD 阴性，报告已看", by=clinic.doctor)  # type: ignore[arg-type]
    assert Dose.objects.get(vaccine="BCG").decided == "PPD 阴性，报告已看"
    assert TraceEntry.objects.get(action="dose.give").reason == "PPD 阴性，报告已看"


def test_nobody_decides_against_an_interval(clinic: VaccinationClinic) -> None:
    clinic.inject("一")
    assert clinic.refused("一", by=clinic.doctor, decided="家长要求") == "vaccination_not_now"


def test_the_questions_are_a_table_with_sources() -> None:
    assert len(QUESTIONS) >= 8
    assert all(each.zh and each.en and each.source.document for each in QUESTIONS.values())


def test_a_batch_is_many_doses_each_for_itself(clinic: VaccinationClinic) -> None:
    def asked(who: str, key: str, **more: object) -> Injection:
        given = {"vaccine": "HPV2", "lot": "A", "given_at": NOW, "answers": NO, **more}
        return Injection(person_id=clinic.girl(who).pk, key=key, **given)  # type: ignore[arg-type]

    batch = [
        asked("一", "1"), asked("一", "1"), asked("一", "2"), asked("二", "1", lot="?"), asked("𠮷三", "1"), asked("四", "1"),
        asked("五", "1"), asked("六", "1"), Injection(person_id=1, key="1", vaccine="HPV2", lot="A", given_at=NOW, answers=NO),
    ]  # fmt: skip
    answers = give_many(batch, institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    told = [each.why.name if isinstance(each, Refused) else ("new" if each.fresh else "known") for each in answers]
    assert told == [
        "new", "known", "vaccination_not_now", "vaccination_lot_unknown", "new", "new", "new", "vaccination_no_stock",
        "vaccination_nobody_such",
    ]  # fmt: skip
    assert clinic.left() == (0, 0)
    assert Dose.objects.count() == Counted.objects.filter(programme="national").count() == 4
    again = give_many(batch, institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    assert [isinstance(each, Refused) for each in again] == [isinstance(each, Refused) for each in answers]
    assert Dose.objects.count() == 4


def test_a_key_serves_one_dose(clinic: VaccinationClinic) -> None:
    clinic.stock("B", "RABIES")
    clinic.inject("一", key="k")
    assert clinic.refused("一", "B", vaccine="RABIES", key="k") == "key_reused"
