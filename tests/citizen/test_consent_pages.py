"""Consents through the pages: to an institution, for a purpose, to the text that was read, until a day."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from kangqu.kernel.access.models import Consent
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db):
    cast.region("3703", "淄博市")
    return cast.institution("柳沟𠮷村卫生室", "village_clinic", cast.region("370302", "淄川区"), serves=True)


@pytest.fixture
def address(clinic):
    return f"/h/consents/give/{clinic.code}/care"


def _asked(family, **more: str) -> dict[str, str]:
    until = (city_day(family.now) + timedelta(days=90)).isoformat()
    return {"version": "2026-01", "until": until} | more


def test_given_in_three_steps_and_read_and_withdrawn(family, clinic, address):
    Person.objects.filter(pk=family.daughter.pk).update(region_id="370302")
    client = family.client(family.daughter)
    assert "/h/consents/give" in client.get("/h/consents").content.decode()
    assert "柳沟𠮷村卫生室" in client.get("/h/consents/give").content.decode()  # it looks after her
    assert clinic.code in client.get("/h/consents/give", {"q": "柳沟"}).content.decode()
    assert f"/h/consents/give/{clinic.code}/care" in client.get(f"/h/consents/give/{clinic.code}").content.decode()
    assert "我知道可以随时撤回" in client.get(address).content.decode()
    assert client.post(address, _asked(family))["Location"] == "/h/consents"
    given = Consent.objects.get()
    assert (given.person_id, given.institution_id, given.purpose) == (family.daughter.pk, clinic.pk, "care")
    assert "生效中" in client.get("/h/consents").content.decode()
    assert TraceEntry.objects.filter(action="consent.give", person_id=family.daughter.pk).count() == 1
    assert client.post(address, _asked(family)).status_code == 302  # once more: the earlier one ends
    assert Consent.objects.filter(withdrawn_at=None).count() == 1
    assert client.post(f"/h/consents/{Consent.objects.get(withdrawn_at=None).id}/withdraw").status_code == 302
    assert not Consent.objects.filter(withdrawn_at=None).exists()


def test_a_guardian_gives_reads_and_withdraws_for_her_child(family, clinic, address):
    family.guard()
    Person.objects.filter(pk=family.son.pk).update(region_id="370302")
    client, her = family.client(family.daughter), f"?for={family.son.public_code}"
    assert her in client.get(f"/h/family/for/{family.son.public_code}").content.decode()
    assert her in client.get("/h/consents").content.decode()
    assert f"/h/consents/give/{clinic.code}{her}" in client.get(f"/h/consents/give{her}").content.decode()
    assert f"/care{her}" in client.get(f"/h/consents/give/{clinic.code}{her}").content.decode()
    assert f"您以监护人身份替 {family.son.name} 同意" in client.get(address + her).content.decode()
    assert client.post(address + her, _asked(family))["Location"] == f"/h/consents{her}"
    given = Consent.objects.get()
    assert (given.person_id, given.institution_id) == (family.son.pk, clinic.pk)
    assert "生效中" in client.get(f"/h/consents{her}").content.decode()
    assert "生效中" not in client.get("/h/consents").content.decode()
    assert client.post(f"/h/consents/{given.id}/withdraw").status_code == 404  # it is not her own
    assert client.post(f"/h/consents/{given.id}/withdraw{her}")["Location"] == f"/h/consents{her}"
    assert not Consent.objects.filter(withdrawn_at=None).exists()
    assert client.get(f"/h/who{her}").status_code == 200


@pytest.mark.parametrize("page", ["/h/consents", "/h/consents/give", "/h/who", "give", "withdraw"])
@pytest.mark.parametrize("whose", ["mother", "stranger", "nobody"])
def test_nobody_but_a_guardian_agrees_for_another(family, clinic, address, page, whose):
    family.guard()
    family.grant(family.mother, family.daughter)  # a proxy is no guardian
    code = "R00000000000" if whose == "nobody" else getattr(family, whose).public_code
    client = family.client(family.daughter)
    if page == "give":
        assert client.post(f"{address}?for={code}", _asked(family)).status_code == 404
    elif page == "withdraw":
        assert client.post(f"/h/consents/1/withdraw?for={code}").status_code == 404
    else:
        assert client.get(f"{page}?for={code}").status_code == 404
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"version": "2020-01"}, "KQ-1710"),
        ({"until": "2020-01-01"}, "KQ-1712"),
        ({"until": "2090-01-01"}, "KQ-1712"),
        ({"until": "morgen"}, ""),
        ({"version": "a\x00b"}, ""),
        ({"version": "x" * 10_000_000}, ""),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_agreed(family, address, wrong, code):
    answer = family.client(family.daughter).post(address, _asked(family, **wrong))
    assert answer.status_code in (400, 422) and code in answer.content.decode()
    assert not Consent.objects.exists()


@pytest.mark.parametrize("where", ["/care", "/audit", "/emergency", "/nonsense", ""])
def test_places_and_purposes_that_are_none_are_not_found(family, clinic, where):
    client = family.client(family.daughter)
    assert client.get(f"/h/consents/give/J000000000000{where}").status_code == 404
    if where not in ("", "/care"):
        assert client.post(f"/h/consents/give/{clinic.code}{where}", _asked(family)).status_code == 404
    assert client.get("/h/consents/give", {"q": "𠮷" * 5000}).status_code == 200
    assert client.get("/h/consents/give", {"q": "a\x00b"}).status_code == 422
    assert not Consent.objects.exists()


def test_a_closed_institution_is_nobody_to_agree_with(family, clinic, address):
    type(clinic).objects.filter(pk=clinic.pk).update(status="closed", closed_on=city_day(family.now))
    assert family.client(family.daughter).post(address, _asked(family)).status_code == 404
    assert not Consent.objects.exists()


def test_only_a_resident_agrees(family, address):
    doctor = cast.staff("doctor", None, None, at=family.now)
    from tests.administration.conftest import sign_in

    assert sign_in(doctor, family.now).post(address, _asked(family)).status_code == 403
    assert Client().post(address, _asked(family)).status_code == 302
    assert not Consent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_given_at_once_one_stands(family, address):
    clients = [family.client(family.daughter) for _ in range(4)]
    asked = _asked(family)

    def give(client: Client) -> None:
        try:
            assert client.post(address, asked).status_code == 302
        finally:
            connection.close()

    threads = [threading.Thread(target=give, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Consent.objects.count() == 4
    assert Consent.objects.filter(withdrawn_at=None).count() == 1
