"""Signing keys through the manager's pages: registered, shown, ended, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from jwcrypto.jwk import JWK

from kangqu.kernel.access.models import SignIn
from kangqu.kernel.access.roles import Role
from kangqu.systems.tcm_pharmacy.models import SigningKey
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.desk.conftest import browser_of

KEYS = "/a/tcm/keys"


@pytest.fixture
def manager(pharmacy: Pharmacy) -> Client:
    return browser_of(cast.staff("m", Role.INSTITUTION_MANAGER, pharmacy.hospital, at=pharmacy.now), pharmacy.now)


def public(**changed: Any) -> str:
    return json.dumps(json.loads(JWK.generate(kty="EC", crv="P-256").export_public()) | changed)


def test_a_key_is_registered_used_and_ended(pharmacy: Pharmacy, manager: Client) -> None:
    key = JWK.generate(kty="OKP", crv="Ed25519")
    asked = {"institution": pharmacy.hospital.pk, "name": "k2", "jwk": key.export_public()}
    assert manager.post(f"{KEYS}/add", asked).status_code == 302
    assert key.thumbprint() in manager.get(KEYS).content.decode()
    assert pharmacy.send(pharmacy.order(), key=key, kid="k2").status_code == 201
    number = SigningKey.objects.get(name="k2").pk
    assert "停用" in manager.get(f"{KEYS}/{number}/end").content.decode()
    assert manager.post(f"{KEYS}/{number}/end").status_code == 302
    assert pharmacy.send(pharmacy.order(number="RX-2"), key=key, kid="k2").status_code == 403
    assert manager.post(f"{KEYS}/{number}/end").status_code == 404


@pytest.mark.parametrize(
    "jwk", ["", "x", "[]", "{}", '{"kty": 1}', "[" * 1900, '{"kty":"OKP","crv":"Ed25519","x":"\\u0000"}']
)
def test_what_is_no_public_key_is_refused(pharmacy: Pharmacy, manager: Client, jwk: str) -> None:
    answer = manager.post(f"{KEYS}/add", {"institution": pharmacy.hospital.pk, "name": "k2", "jwk": jwk})
    assert answer.status_code == 422 and SigningKey.objects.count() == 1


def test_a_private_key_and_a_name_given_twice_are_refused(pharmacy: Pharmacy, manager: Client) -> None:
    for name, jwk in (("k2", public(d="x")), ("k1", public()), ("a b", public())):
        answer = manager.post(f"{KEYS}/add", {"institution": pharmacy.hospital.pk, "name": name, "jwk": jwk})
        assert answer.status_code == 422
    assert SigningKey.objects.count() == 1


def test_only_the_manager_of_the_institution_with_her_second_factor(pharmacy: Pharmacy, manager: Client) -> None:
    number = SigningKey.objects.get().pk
    elsewhere = browser_of(cast.staff("e", Role.INSTITUTION_MANAGER, pharmacy.elsewhere, at=pharmacy.now), pharmacy.now)
    assert ">k1<" in manager.get(KEYS).content.decode()
    assert ">k1<" not in elsewhere.get(KEYS).content.decode()
    assert elsewhere.post(f"{KEYS}/{number}/end").status_code == 404
    other = {"institution": pharmacy.hospital.pk, "name": "k3", "jwk": public()}
    assert elsewhere.post(f"{KEYS}/add", other).status_code == 422
    assert manager.get(f"{KEYS}/{2**64}/end").status_code == 404
    SignIn.objects.filter(pk=manager.session[SESSION_KEY]).update(stepped_up_at=None)
    assert manager.get(f"{KEYS}/add")["Location"].startswith("/account/step-up")
