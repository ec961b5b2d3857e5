"""A hospital sends its prescriptions: signed by its key, once each, for a patient the city knows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from jwcrypto.jwk import JWK

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.tcm_pharmacy.models import Prescription, SigningKey
from kangqu.systems.tcm_pharmacy.prescriptions import signing
from kangqu.systems.tcm_pharmacy.prescriptions.intake import SIGNED, delivery_of
from tests.access import cast
from tests.tcm_pharmacy.cast import SCOPE, Pharmacy


def test_a_signed_prescription_is_reviewed_kept_and_put_on_the_line(pharmacy: Pharmacy) -> None:
    order = pharmacy.order(
        delivery={"how": "courier", "receiver": "王𠮷", "phone": "13800000000", "address": "人民路1号"}
    )
    answered = pharmacy.send(order)
    told = answered.json()
    assert answered.status_code == 201, told
    assert (told["state"], told["blocked"], told["two_signatures"]) == ("received", False, False)
    assert told["pharmacy"] == pharmacy.centre.code
    kept = Prescription.objects.get()
    case = snapshot(kept.case_id)
    assert case is not None and case.code == told["case"]
    assert (case.person_id, case.institution_id, case.origin_id) == (
        pharmacy.patient.pk, pharmacy.centre.pk, pharmacy.hospital.pk,
    )  # fmt: skip
    assert case.facts["packs"] == 14 and case.facts["soak_minutes"] == 30 and case.facts["boil_again_minutes"] == 14
    assert [each["name"] for each in kept.herbs] == ["黄芪", "当归"]
    assert json.loads(unseal(kept.signed_sealed or b"", SIGNED)) == order
    assert delivery_of(kept)["receiver"] == "王𠮷"
    assert "人民路".encode() not in bytes(kept.delivery_sealed or b"")
    assert "王秀英" not in json.dumps(dict(case.facts), ensure_ascii=False)


def test_the_same_prescription_again_is_answered_as_at_first(pharmacy: Pharmacy) -> None:
    body = json.dumps(pharmacy.order()).encode()
    first, again = pharmacy.send(body), pharmacy.send(body)
    assert (first.status_code, again.status_code, again["Idempotent-Replay"]) == (201, 200, "true")
    assert first.json()["case"] == again.json()["case"] and Case.objects.count() == 1
    other = pharmacy.send(pharmacy.order(doses=3))
    assert (other.status_code, other.json()["code"]) == (409, "KQ-3154")


def test_a_correction_is_a_new_version_of_what_was_returned(pharmacy: Pharmacy) -> None:
    pharmacy.send(pharmacy.order())
    assert pharmacy.send(pharmacy.order(version=2)).json()["code"] == "KQ-3155"
    case = Case.objects.get()
    values = {"ground": "dose", "reason": "黄芪用量请核对"}
    take_step(
        case.pk,
        "return_to_doctor",
        by=pharmacy.people["pharmacist"],
        at=pharmacy.now + timedelta(minutes=1),
        values=values,
    )
    told = pharmacy.get("tcm/prescriptions/RX-1").json()
    assert told["state"] == "returned" and told["history"][-1]["reason"] == "黄芪用量请核对"
    assert pharmacy.send(pharmacy.order(version=3)).json()["code"] == "KQ-3155"
    corrected = pharmacy.send(pharmacy.order(version=2, doses=5))
    assert corrected.status_code == 201
    kept = Prescription.objects.get(version=2)
    assert kept.replaces is not None and Case.objects.get(pk=kept.case_id).parent_id == case.pk
    assert pharmacy.get("tcm/prescriptions/RX-1").json()["version"] == 2


def test_a_hospital_withdraws_what_is_not_dispensed_yet(pharmacy: Pharmacy) -> None:
    pharmacy.send(pharmacy.order())
    path = "tcm/prescriptions/RX-1/withdraw"
    gone = pharmacy.post(path, {"why": "患者改约"}, **{"Idempotency-Key": "w1"})
    assert (gone.status_code, gone.json()["state"]) == (200, "void"), gone.json()
    again = pharmacy.post(path, {"why": "患者改约"}, **{"Idempotency-Key": "w1"})
    assert again["Idempotent-Replay"] == "true"
    assert pharmacy.post(path, {"why": "x"}, **{"Idempotency-Key": "w2"}).json()["code"] == "KQ-3005"


def test_a_p256_key_signs_as_well(pharmacy: Pharmacy) -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    public = json.loads(key.export_public())
    signing.add_key(pharmacy.hospital.pk, name="ec", jwk=public, by=the_house("tests"), at=pharmacy.now)
    assert pharmacy.send(pharmacy.order(), key=key, kid="ec").status_code == 201


def forged(pharmacy: Pharmacy) -> dict[str, tuple[str, str]]:
    """Signatures that are none, and what each is refused with."""
    body = json.dumps(pharmacy.order()).encode()
    good = signing.sign(body, pharmacy.key, "k1")
    stranger = JWK.generate(kty="OKP", crv="Ed25519")
    head, _, mark = good.split(".")
    return {
        "none at all": ("", "KQ-3151"),
        "somebody else's key": (signing.sign(body, stranger, "k1"), "KQ-3151"),
        "another body": (signing.sign(body + b" ", pharmacy.key, "k1"), "KQ-3151"),
        "a key nobody registered": (signing.sign(body, pharmacy.key, "k9"), "KQ-3152"),
        "not detached": (f"{head}.e30.{mark}", "KQ-3151"),
        "half a signature": (good[:-9], "KQ-3151"),
        "noise": ("a.b.c", "KQ-3151"),
        "no algorithm": ("eyJhbGciOiJub25lIiwia2lkIjoiazEifQ..", "KQ-3151"),
        "very long": ("a" * 5000 + "..", "KQ-3151"),
        "not a header": ("W10..W10", "KQ-3151"),
    }


def test_what_is_not_signed_by_the_hospital_is_not_taken(pharmacy: Pharmacy) -> None:
    body = json.dumps(pharmacy.order()).encode()
    for name, (signature, code) in forged(pharmacy).items():
        answered = pharmacy.post("tcm/prescriptions", body, **{signing.HEADER: signature})
        assert (answered.status_code, answered.json()["code"]) == (403, code), name
    assert not Case.objects.exists()


def test_a_key_is_used_at_its_own_institution_and_while_it_is_in_force(pharmacy: Pharmacy) -> None:
    other = cast.staff("his2", Role.SYSTEM, pharmacy.elsewhere, at=pharmacy.now)
    token = cast.token_of(other, SCOPE, until=pharmacy.now + timedelta(days=1))
    assert pharmacy.send(pharmacy.order(), token=token).json()["code"] == "KQ-3152"
    signing.end_key(pharmacy.hospital.pk, name="k1", by=the_house("tests"), at=pharmacy.now - timedelta(seconds=1))
    assert pharmacy.send(pharmacy.order()).json()["code"] == "KQ-3152"
    assert SigningKey.objects.get().valid_to is not None


def test_only_public_keys_are_registered(pharmacy: Pharmacy) -> None:
    from kangqu.kernel.basis.refusals import Refused

    private = json.loads(JWK.generate(kty="OKP", crv="Ed25519").export())
    rsa = json.loads(JWK.generate(kty="RSA", size=2048).export_public())
    x25519 = json.loads(JWK.generate(kty="OKP", crv="X25519").export_public())
    for jwk in (private, rsa, x25519, {}, {"kty": "OKP", "crv": "Ed25519", "x": 7}):
        with pytest.raises(Refused):
            signing.add_key(pharmacy.hospital.pk, name="n", jwk=jwk, by=the_house("tests"), at=pharmacy.now)


def test_strangers_and_other_hospitals_learn_nothing(pharmacy: Pharmacy) -> None:
    pharmacy.send(pharmacy.order())
    other = cast.staff("his2", Role.SYSTEM, pharmacy.elsewhere, at=pharmacy.now)
    token = cast.token_of(other, SCOPE, until=pharmacy.now + timedelta(days=1))
    assert pharmacy.get("tcm/prescriptions/RX-1", token=token).status_code == 404
    assert pharmacy.get("tcm/prescriptions/RX-2").status_code == 404
    doctor = cast.staff("dr", Role.DOCTOR, pharmacy.hospital, at=pharmacy.now)
    no = cast.token_of(doctor, SCOPE, until=pharmacy.now + timedelta(days=1))
    assert pharmacy.send(pharmacy.order(number="RX-5"), token=no).status_code == 403
    assert pharmacy.send(pharmacy.order(number="RX-5"), token="nobody").status_code == 401


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no herbs": ({"herbs": []}, "KQ-1005"),
    "too many herbs": ({"herbs": [{"name": "甘草", "grams": 1}] * 61}, "KQ-1005"),
    "no grams": ({"herbs": [{"name": "甘草", "grams": 0}]}, "KQ-1005"),
    "a tonne": ({"herbs": [{"name": "甘草", "grams": 1e6}]}, "KQ-1005"),
    "NUL": ({"department": "a\0"}, "KQ-1005"),
    "a field nobody knows": ({"colour": "red"}, "KQ-1005"),
    "many doses": ({"doses": 10**30}, "KQ-1005"),
    "a number of blanks": ({"number": " "}, "KQ-1005"),
    "tomorrow's": ({"issued_on": "2199-01-01"}, "KQ-3157"),
    "another name": ({"patient": {"name": "王秀芳"}}, "KQ-3153"),
    "another document": ({"patient": {"id_number": "370303198502031223"}}, "KQ-3153"),
    "no patient": ({"patient": {"id_number": None, "name": None}}, "KQ-3153"),
    "an unknown code": ({"patient": {"resident": "R0000000000000"}}, "KQ-3153"),
    "no address": ({"delivery": {"how": "courier", "receiver": "甲"}}, "KQ-3158"),
    "no such pharmacy": ({"pharmacy": "G0000000000000"}, "KQ-3156"),
}


@pytest.mark.parametrize(("changed", "code"), BAD.values(), ids=BAD.keys())
def test_bad_orders_are_refused_and_nothing_is_kept(pharmacy: Pharmacy, changed: dict[str, Any], code: str) -> None:
    answered = pharmacy.send(pharmacy.order(**changed))
    assert answered.json()["code"] == code and answered.status_code in (400, 422), answered.json()
    assert not Case.objects.exists() and not Prescription.objects.exists()


def test_the_body_must_be_json(pharmacy: Pharmacy) -> None:
    for body in (b"", b"[]", b"{", b"\xff\xfe", b'{"number": NaN}'):
        assert pharmacy.send(body).status_code in (400, 422)


def test_a_dead_patient_takes_nothing(pharmacy: Pharmacy) -> None:
    Person.objects.filter(pk=pharmacy.patient.pk).update(status="deceased", deceased_on="2026-01-01")
    assert pharmacy.send(pharmacy.order()).json()["code"] == "KQ-3153"


JUDGED: dict[str, tuple[list[dict[str, Any]], dict[str, Any], bool, bool]] = {
    "harmless": ([{"name": "黄芪", "grams": 15}], {}, False, False),
    "incompatible": (
        [{"name": "附子", "grams": 10, "handling": ["FIRST"]}, {"name": "半夏", "grams": 9}],
        {},
        True,
        False,
    ),
    "feared": ([{"name": "丁香", "grams": 3}, {"name": "郁金", "grams": 9}], {}, False, True),
    "forbidden in pregnancy": ([{"name": "三棱", "grams": 6}], {"pregnant": True}, True, False),
    "ambiguous": ([{"name": "贝母", "grams": 10}], {}, True, False),
}


@pytest.mark.parametrize(("herbs", "patient", "blocked", "two"), JUDGED.values(), ids=JUDGED.keys())
def test_the_review_decides_who_must_sign(
    pharmacy: Pharmacy, herbs: list[dict[str, Any]], patient: dict[str, Any], blocked: bool, two: bool
) -> None:
    told = pharmacy.send(pharmacy.order(herbs=herbs, patient=patient)).json()
    assert (told["blocked"], told["two_signatures"]) == (blocked, two), told["findings"]


def test_what_the_doctor_signs_again_needs_two_pharmacists(pharmacy: Pharmacy) -> None:
    herbs = [{"name": "附子", "grams": 10, "handling": ["FIRST_LONG"]}, {"name": "半夏", "grams": 9}]
    first = pharmacy.send(pharmacy.order(herbs=herbs)).json()
    keys = [each["key"] for each in first["findings"] if each["severity"] == "BLOCK"]
    assert first["blocked"] and keys
    told = pharmacy.send(pharmacy.order(number="RX-2", herbs=herbs, resigned=keys)).json()
    assert (told["blocked"], told["two_signatures"]) == (False, True)
