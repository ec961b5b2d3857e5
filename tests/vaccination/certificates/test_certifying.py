"""A certificate exists only after a recorded injection, says what the record says, and stops verifying when it is struck out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.certificates.actions import card_of
from kangqu.kernel.certificates.card import numeric
from kangqu.kernel.certificates.models import Certificate
from kangqu.kernel.certificates.reads import lines_in
from kangqu.kernel.certificates.verifying import Word
from kangqu.kernel.people.models import Person
from kangqu.systems.certificates.judging import judge
from kangqu.systems.vaccination.certificates.certifying import CHANGED, certify
from kangqu.systems.vaccination.models import Dose
from kangqu.systems.vaccination.records.asked import History
from kangqu.systems.vaccination.records.bringing import bring_many
from kangqu.systems.vaccination.records.striking import strike
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.citizen.conftest import Family
from tests.vaccination.clinic.conftest import worker
from tests.vaccination.clinic.test_day import ask_all, give, receive, words
from tests.vaccination.records.conftest import NOW, VaccinationClinic, make_clinic

pytestmark = pytest.mark.django_db


def given(clinic: VaccinationClinic, who: str = "𠮷小雨", days: int = 0) -> Dose:
    told = clinic.inject(who, at=NOW + timedelta(days=days))
    return Dose.objects.get(code=told.code)


def said(made: Certificate) -> dict[str, str]:
    return {line.label[1]: line.value[0] for line in lines_in(made)}


def test_a_dose_given_here_is_certified_once(clinic: VaccinationClinic) -> None:
    dose = given(clinic)
    made = certify(dose, by=clinic.nurse, at=NOW)
    assert certify(dose, by=clinic.nurse, at=NOW + timedelta(minutes=1)).code == made.code
    assert said(made) == {
        "Name": "𠮷小雨", "Born": "2012-03-01", "Vaccine": "双价人乳头瘤病毒疫苗", "Dose": "1", "Given on": "2026-11-24", "Lot": "A",
        "Given at": "演示接种门诊",
    }  # fmt: skip
    assert judge(numeric(card_of(made)), NOW + timedelta(minutes=2)).good


def test_what_was_brought_or_struck_out_is_not_certified(clinic: VaccinationClinic) -> None:
    girl = clinic.girl("𠮷小雨")
    paper = History(person_id=girl.pk, key="p", vaccine="HPV2", given_on=date(2026, 1, 1), place="外地")
    bring_many([paper], institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    struck = given(clinic)
    made = certify(struck, by=clinic.nurse, at=NOW)
    card = numeric(card_of(made))
    strike(struck.code, why="写错了人", institution_id=clinic.place.pk, by=clinic.nurse, at=NOW + timedelta(hours=1))
    assert judge(card, NOW + timedelta(hours=1)).verdict.word is Word.REVOKED
    for dose in Dose.objects.all():
        with pytest.raises(Refused) as refused:
            certify(dose, by=clinic.nurse, at=NOW + timedelta(hours=1))
        assert refused.value.why.code == "KQ-3433"
    assert not Certificate.objects.filter(revoked_at=None).exists()


def test_a_certificate_that_says_what_no_longer_holds_is_replaced(clinic: VaccinationClinic) -> None:
    girl, dose = clinic.girl("𠮷小雨"), given(clinic)
    first = certify(dose, by=clinic.nurse, at=NOW)
    paper = History(person_id=girl.pk, key="p", vaccine="HPV2", given_on=date(2026, 1, 1), place="外地")
    bring_many([paper], institution_id=clinic.place.pk, by=clinic.nurse, at=NOW)
    second = certify(dose, by=clinic.nurse, at=NOW + timedelta(hours=1))
    assert (said(first)["Dose"], said(second)["Dose"]) == ("1", "2")
    first.refresh_from_db()
    assert first.revoked_why == CHANGED


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_make_one() -> None:
    clinic = make_clinic()
    clinic.stock("A")
    dose = given(clinic)
    said = all_at_once([lambda: certify(dose, by=clinic.nurse, at=NOW).code for _ in range(4)])
    assert (len(said), Certificate.objects.count()) == (1, 1)


def test_the_clinic_prints_one_the_guardian_shows_it_and_the_stranger_does_not(family: Family) -> None:
    place = cast.institution("张店接种门诊", "community_centre", cast.region("3703", "淄博市"), serves=True)
    nurse, elsewhere = (
        worker(Role.NURSE, place, "nurse"),
        cast.institution("远处门诊", "community_centre", cast.region("3705", "东营市")),
    )
    Person.objects.filter(pk=family.son.pk).update(birth_date=date(2013, 3, 1), sex="2", kept_by=place)
    family.guard()
    assert receive(nurse).status_code == 302
    ask_all(nurse, family.son)
    assert give(nurse, family.son).status_code == 302
    dose = Dose.objects.get()
    page = f"/c/vaccination/doses/{dose.code}/certificate"
    assert "签发接种证明" in words(nurse.get(page))
    assert not Certificate.objects.exists(), "looking makes none"
    assert worker(Role.NURSE, elsewhere, "far").post(page).status_code in (403, 404)
    assert nurse.post(page)["Location"] == page
    shown = words(nurse.get(page))
    assert "<svg" in shown and family.son.name in shown and "H1" in shown
    own = f"/h/vaccination/doses/{dose.code}/certificate"
    assert own in words(family.client(family.daughter).get(f"/h/vaccination/{family.son.public_code}"))
    for who, answers in ((family.stranger, 404), (family.mother, 404), (family.daughter, 302)):
        assert family.client(who).post(own).status_code == answers, who.name
    assert family.client(family.daughter).get(own).status_code == 405
    assert family.client(family.daughter).post("/h/vaccination/doses/V000/certificate").status_code == 404
    assert Certificate.objects.count() == 1
