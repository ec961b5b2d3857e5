"""The doctor's sheet through its pages: reviewed while written, signed once, followed, withdrawn, corrected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kangqu.kernel.access.models import SignIn
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescriptions.intake import SIGNED
from kangqu.web.serving import SESSION_KEY
from tests.tcm_pharmacy.desk.conftest import Browser
from tests.tcm_pharmacy.prescribing.conftest import Doctor

FEUD = (("附子", 10), ("法半夏", 9))


def test_a_sheet_goes_to_the_pharmacy_signed_by_the_account(doctor: Doctor) -> None:
    page = doctor.client.get(doctor.address).content.decode()
    assert "王秀英" in page and "开中药处方" in page and page.count('name="herb"') == 12
    sent = doctor.send(("黄芪", "１５"), ("dg", "10 克"), ("炙甘草", 6))
    kept = Prescription.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/c/tcm/mine/{kept.case.code}")
    assert [(each["written"], each["name"], each["grams"]) for each in kept.herbs][1] == ("dg", "当归", 10)
    assert kept.prescriber_id == doctor.pharmacy.people["doctor"].account_id
    assert kept.hospital_id == doctor.pharmacy.hospital.pk and kept.case.institution_id == doctor.pharmacy.centre.pk
    assert kept.signed_sealed is not None
    signed = json.loads(unseal(kept.signed_sealed, SIGNED))
    assert list(signed) == sorted(signed) and signed["patient"]["pregnant"] is False
    assert kept.case.facts["prescriber"] == kept.prescriber_id


def test_sent_twice_it_is_taken_once(doctor: Doctor) -> None:
    sheet = doctor.filled()
    answers = {doctor.client.post(doctor.address, sheet)["Location"] for _ in range(2)}
    assert len(answers) == 1 and Prescription.objects.count() == 1
    other = doctor.client.post(doctor.address, sheet | {"doses": 5})
    assert other.status_code == 422 and "KQ-3154" in other.content.decode()


def test_what_blocks_is_corrected_or_signed_again(doctor: Doctor) -> None:
    blocked = doctor.send(*FEUD)
    page = blocked.content.decode()
    assert blocked.status_code == 422 and "KQ-3177" in page and "再次签字" in page
    key = page.split('name="resigned" value="')[1].split('"')[0]
    sent = doctor.send(*FEUD, resigned=[key])
    assert sent.status_code == 302
    kept = Prescription.objects.get()
    assert kept.details["resigned"] == [key] and kept.case.facts["two_signatures"] and not kept.case.facts["blocked"]
    unknown = doctor.send(("贝母", 9), resigned=[key, "NAME-AMBIGUOUS"])
    assert unknown.status_code == 422 and Prescription.objects.count() == 1


def test_it_is_reviewed_while_it_is_written(doctor: Doctor) -> None:
    token = doctor.client.get(doctor.address).content.decode().split('name="who" value="')[1].split('"')[0]
    before = TraceEntry.objects.count()
    check = "/c/tcm/prescribe/check"
    page = doctor.client.post(check, doctor.filled(*FEUD, who=token, doses="x")).content.decode()
    assert "拦截" in page and "附子反法半夏" in page and "王秀英" not in page
    assert "写下药名和克数" in doctor.client.post(check, {"who": "forged"}).content.decode()
    assert TraceEntry.objects.count() == before and Prescription.objects.count() == 0


@pytest.mark.parametrize(
    ("herbs", "changed", "said"),
    [
        ((("", "5"),), {}, "请填写药名"),
        ((("黄芪", ""),), {}, "请填写克数"),
        ((("黄芪", "-1"),), {}, "请填写克数"),
        ((("黄芪", "1e3"),), {}, "请填写克数"),
        ((("黄芪", "1001"),), {}, "请填写克数"),
        ((("黄芪", "NaN"),), {}, "请填写克数"),
        ((("黄" * 61, "3"),), {}, "药名太长"),
        ((("黄\x00芪", "3"),), {}, "药名太长"),
        ((("", ""),), {}, "KQ-3178"),
        (tuple(("黄芪", 1) for _ in range(61)), {}, "KQ-1"),
        ((), {"handling": ["X", ""]}, "没有这种煎法"),
        ((), {"doses": "91"}, "剂数"),
        ((), {"doses_per_day": "inf"}, "每日几剂"),
        ((), {"number": "X"}, "有误"),
        ((), {"how": "courier"}, "KQ-3158"),
        ((), {"taking": "\x00"}, "有误"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken(doctor: Doctor, herbs: Any, changed: Any, said: str) -> None:
    answer = doctor.send(*herbs, **changed)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert Prescription.objects.count() == 0


def test_sixty_herbs_for_a_rare_name(doctor: Doctor) -> None:
    Person.objects.filter(pk=doctor.pharmacy.patient.pk).update(name="李𠮷祥")
    assert doctor.send(*[("黄芪", "0.5")] * 60).status_code == 302
    assert len(Prescription.objects.get().herbs) == 60
    assert "李𠮷祥" in doctor.client.get("/c/tcm/mine").content.decode()


def test_more_rows_are_given_without_script(doctor: Doctor) -> None:
    page = doctor.send(more="1").content.decode()
    assert page.count('name="herb"') > 12 and Prescription.objects.count() == 0


def test_signing_needs_the_second_factor_and_loses_nothing(doctor: Doctor) -> None:
    SignIn.objects.filter(pk=doctor.client.session[SESSION_KEY]).update(stepped_up_at=None)
    answer = doctor.send()
    page = answer.content.decode()
    assert answer.status_code == 422 and "KQ-1702" in page and 'value="黄芪"' in page and "另开一页输入口令" in page
    assert Prescription.objects.count() == 0


def test_a_returned_one_is_corrected_as_a_new_version(doctor: Doctor) -> None:
    doctor.send(("黄芪", 15), ("当归", 10))
    first = Prescription.objects.get()
    pharmacist = doctor.at_desk("pharmacist")
    back = {"seq": 1, "ground": "dose", "reason": "黄芪加量"}
    pharmacist.post(f"/c/tcm/review/{first.case.code}/return", back)
    assert "剂量不当" in doctor.client.get("/c/tcm/mine").content.decode()
    page = doctor.client.get(f"/c/tcm/mine/{first.case.code}").content.decode()
    assert "黄芪加量" in page and f"?correct={first.case.code}" in page
    sheet = doctor.client.get(f"{doctor.address}?correct={first.case.code}").content.decode()
    assert 'value="黄芪"' in sheet and 'value="15"' in sheet and "黄芪加量" in sheet and 'value="气虚血瘀证"' in sheet
    for _ in range(2):
        assert doctor.send(("黄芪", 30), ("当归", 10), number="", correct=first.case.code).status_code == 302
    versions = Prescription.objects.filter(number=first.number).order_by("version")
    assert [each.version for each in versions] == [1, 2]
    assert f"?correct={first.case.code}" not in doctor.client.get(f"/c/tcm/mine/{first.case.code}").content.decode()


def test_one_still_on_its_way_is_not_corrected(doctor: Doctor) -> None:
    doctor.send()
    kept = Prescription.objects.get()
    answer = doctor.send(("黄芪", 30), number="", correct=kept.case.code)
    assert answer.status_code == 422 and "KQ-3155" in answer.content.decode()


def test_she_withdraws_what_is_not_dispensed(doctor: Doctor) -> None:
    doctor.send()
    kept = Prescription.objects.get()
    where = f"/c/tcm/mine/{kept.case.code}"
    assert doctor.client.post(where, {"seq": 1, "why": ""}).status_code == 422
    assert doctor.client.post(where, {"seq": 7, "why": "重开"}).status_code == 422
    assert doctor.client.post(where, {"seq": 1, "why": "重开"}).status_code == 302
    kept.case.refresh_from_db()
    assert kept.case.state == "void"
    assert doctor.client.post(where, {"seq": 2, "why": "重开"}).status_code == 422


def test_strangers_see_nothing(doctor: Doctor, at_desk: Browser) -> None:
    doctor.send()
    kept = Prescription.objects.get()
    pharmacist, second = at_desk("pharmacist"), at_desk("dispenser")
    for client in (pharmacist, second):
        assert client.get("/c/tcm/mine").status_code == client.get(doctor.address).status_code == 403
    Person.objects.filter(pk=kept.person_id).update(kept_by=doctor.pharmacy.elsewhere)
    assert doctor.client.get("/c/tcm/prescribe/R0000000000000").status_code == 404
    Prescription.objects.update(prescriber_id=1)
    assert doctor.client.get(f"/c/tcm/mine/{kept.case.code}").status_code == 404
    assert doctor.client.get(f"{doctor.address}?correct={kept.case.code}").status_code == 404
    assert kept.number not in doctor.client.get("/c/tcm/mine").content.decode()


def test_the_way_there_is_on_the_residents_page(doctor: Doctor) -> None:
    code = doctor.pharmacy.patient.public_code
    assert f'href="/c/tcm/prescribe/{code}"' in doctor.client.get(f"/c/p/{code}").content.decode()
