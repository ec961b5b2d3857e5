"""Nobody prescribes without a licence in force; poppy husk and toxic herbs want a right of their own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kangqu.kernel.access.models import Account, PractisingLicence
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescriptions.poppy import poppy_days_before
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.prescribing.conftest import Doctor

POPPY: dict[str, Any] = {"doses": 3}
WITH_POPPY = (("罂粟壳", "3"), ("黄芪", "15"))


def refused(answer: Any, code: str) -> bool:
    return answer.status_code == 422 and code in answer.content.decode() and not Prescription.objects.exists()


def test_without_a_licence_nothing_is_prescribed(doctor: Doctor) -> None:
    PractisingLicence.objects.all().delete()
    assert refused(doctor.send(), "KQ-3343")
    assert "没有登记执业证" in doctor.client.get(doctor.address).content.decode()


def test_a_licence_that_is_over_is_refused_and_one_that_ends_today_is_not(doctor: Doctor) -> None:
    today = city_day(doctor.pharmacy.now)
    PractisingLicence.objects.update(valid_until=today - timedelta(days=1))
    answer = doctor.send()
    assert refused(answer, "KQ-3344") and (today - timedelta(days=1)).isoformat() in answer.content.decode()
    PractisingLicence.objects.update(valid_until=today)
    assert "还有 0 天到期" in doctor.client.get(doctor.address).content.decode()
    assert doctor.send().status_code == 302
    kept = Prescription.objects.get()
    assert kept.prescriber_licence == "110370000012345", "as it is registered, never as it is typed"


def test_a_nurse_s_licence_does_not_prescribe(doctor: Doctor) -> None:
    PractisingLicence.objects.update(kind="nurse")
    assert refused(doctor.send(), "KQ-3348")


def test_poppy_husk_wants_the_right_to_narcotics(doctor: Doctor) -> None:
    blocked = doctor.send(*WITH_POPPY, **POPPY)
    assert blocked.status_code == 422 and "没有麻醉药品处方权" in blocked.content.decode()
    PractisingLicence.objects.update(rights=["narcotic"])
    assert doctor.send(*WITH_POPPY, **POPPY).status_code == 302
    assert Prescription.objects.get().review["coverage"] != "empty"


def test_poppy_husk_is_counted_over_prescriptions(doctor: Doctor) -> None:
    PractisingLicence.objects.update(rights=["narcotic"])
    for _ in range(2):
        assert doctor.send(*WITH_POPPY, **POPPY).status_code == 302
    third = doctor.send(*WITH_POPPY, **POPPY)
    assert third.status_code == 422, "nine days in a row are more than seven"
    case = Case.objects.filter(programme="tcm_prescription").order_by("pk").first()
    assert case is not None
    by = doctor.pharmacy.people["doctor"]
    take_step(case.pk, "withdraw", by=by, at=doctor.pharmacy.now, values={"why": "重复"})
    assert doctor.send(*WITH_POPPY, **POPPY).status_code == 302, "what was withdrawn was not taken"


@pytest.mark.django_db
def test_days_in_a_row_are_those_up_to_yesterday(pharmacy: Pharmacy) -> None:
    herbs = [{"name": "米壳", "grams": 3}, {"name": "黄芪", "grams": 15}]
    order = pharmacy.parsed(herbs=herbs, doses=3, prescriber={"narcotic_right": True})
    today = city_day(pharmacy.now)
    assert poppy_days_before(order, pharmacy.patient.pk, today=today) == 0
    assert pharmacy.send(pharmacy.order(herbs=herbs, doses=3, prescriber={"narcotic_right": True})).status_code == 201
    for days, before in ((3, 3), (4, 0), (2, 2 + 1)):
        on = today - timedelta(days=days)
        Prescription.objects.update(issued_on=on)
        assert poppy_days_before(order, pharmacy.patient.pk, today=today) == before, days
    harmless = pharmacy.parsed()
    assert poppy_days_before(harmless, pharmacy.patient.pk, today=today) is None
    assert poppy_days_before(order, None, today=today) is None


def test_toxic_herbs_want_their_right(doctor: Doctor) -> None:
    toxic = (("生半夏", "3"), ("黄芪", "15"))
    blocked = doctor.send(*toxic, doses=1)
    assert blocked.status_code == 422 and "没有毒性药品处方权" in blocked.content.decode()
    PractisingLicence.objects.update(rights=["toxic"])
    assert "没有毒性药品处方权" not in doctor.send(*toxic, doses=1).content.decode()


def test_a_pharmacist_whose_licence_is_over_reviews_nothing(pharmacy: Pharmacy) -> None:
    account = Account.objects.get(username="pharmacist")
    today = city_day(pharmacy.now)
    cast.licensed(account, at=pharmacy.now, kind="pharmacist", until=today - timedelta(days=1))
    pharmacy.send(pharmacy.order())
    case = Case.objects.get(programme="tcm_prescription")
    with pytest.raises(Refused) as no:
        take_step(case.pk, "approve", by=pharmacy.people["pharmacist"], at=pharmacy.now)
    assert no.value.why.code == "KQ-3344"
    PractisingLicence.objects.update(valid_until=date(2199, 1, 1))
    assert take_step(case.pk, "approve", by=pharmacy.people["pharmacist"], at=pharmacy.now).state == "released"


def test_the_role_alone_is_not_a_licence(doctor: Doctor) -> None:
    assert Account.objects.get(username="doctor").grants.get().role == Role.DOCTOR
    PractisingLicence.objects.update(ended_at=doctor.pharmacy.now)
    assert refused(doctor.send(), "KQ-3343")
