"""Institutions through their pages: seen and changed within one's own subtree, by the right post, with plain refusals."""

from __future__ import annotations

import hashlib
import re

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import Device, Institution

pytestmark = pytest.mark.django_db


def _new(name: str = "𠮷村卫生室", **more: str) -> dict[str, str]:
    return {"kind": "village_clinic", "name": name, "region": "370302001"} | more


def test_a_manager_sees_her_subtree_and_nobody_sees_the_next_city(town):
    page = town.client(Role.INSTITUTION_MANAGER, town.county).get("/a/orgs").content.decode()
    assert "柳沟村卫生室" in page and "淄川区卫健局" in page
    assert town.city.code not in page and town.elsewhere.code not in page


@pytest.mark.parametrize("text", ["柳沟", "liugou", "LGCWSS"])
def test_names_are_found_by_characters_pinyin_and_initials(town, text):
    Institution.objects.filter(pk=town.clinic.pk).update(name_pinyin="liugoucunweishengshi", name_initials="lgcwss")
    page = town.client(Role.SYSTEM_ADMIN).get("/a/orgs", {"q": text}).content.decode()
    assert town.clinic.code in page and town.county.code not in page


def test_opened_changed_moved_and_closed(town):
    client = town.client(Role.SYSTEM_ADMIN)
    assert client.post(f"/a/orgs/{town.county.code}/open", _new()).status_code == 302
    opened = Institution.objects.get(name="𠮷村卫生室")
    assert opened.parent_id == town.county.pk
    client.post(f"/a/orgs/{opened.code}/change", _new("新名") | {"phone": "0533-1234567"})
    client.post(f"/a/orgs/{opened.code}/move", {"to": town.city.code})
    opened.refresh_from_db()
    assert (opened.name, opened.phone, opened.parent_id) == ("新名", "0533-1234567", town.city.pk)
    client.post(f"/a/orgs/{opened.code}/close", {"on": "2026-11-01", "reason": "合并"})
    opened.refresh_from_db()
    assert opened.status == "closed"


@pytest.mark.parametrize(
    ("field", "value"),
    [("uscc", "123703004957000084"), ("region", "999999"), ("name", "x" * 101), ("name", "a\x00b"), ("kind", "castle")],
)
def test_a_bad_word_is_refused_beside_its_field_and_nothing_is_opened(town, field, value):
    before = Institution.objects.count()
    answer = town.client(Role.SYSTEM_ADMIN).post(f"/a/orgs/{town.county.code}/open", _new(**{field: value}))
    assert answer.status_code == 422
    assert re.findall(r'class="er" id="id_(\w+)-e"', answer.content.decode()) == [field]
    assert Institution.objects.count() == before


@pytest.mark.parametrize("address", ["", "/change", "/open", "/close", "/station", "/licence", "/move"])
def test_out_of_reach_and_not_there_answer_alike(town, address):
    client = town.client(Role.INSTITUTION_MANAGER, town.county)
    for code in (town.elsewhere.code, town.city.code, "J000000000000"):
        assert client.get(f"/a/orgs/{code}{address}").status_code == 404
    assert client.post(f"/a/orgs/{town.elsewhere.code}{address}", {"name": "x"}).status_code == 404


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN])
def test_who_may_not_write_does_not(town, role):
    assert town.client(role).post(f"/a/orgs/{town.county.code}/open", _new()).status_code == 403
    assert not Institution.objects.filter(name="𠮷村卫生室").exists()


def test_a_device_token_is_shown_once_and_only_its_digest_is_kept(town):
    client = town.client(Role.INSTITUTION_MANAGER, town.clinic)
    client.post(f"/a/orgs/{town.clinic.code}/station", {"name": "大门"})
    station = town.clinic.stations.get()
    answer = client.post(f"/a/stations/{station.code}/device", {"name": "扫码枪"})
    (token,) = set(re.findall(r"kqd_[\w-]{43}", answer.content.decode()))
    assert answer["Cache-Control"] == "no-store"
    device = Device.objects.get()
    assert bytes(device.token_sha256) == hashlib.sha256(token.encode()).digest()
    assert client.post(f"/a/devices/{device.pk}/revoke").status_code == 302
    assert client.post(f"/a/devices/{device.pk}/revoke").status_code == 409
    assert token not in client.get(f"/a/orgs/{town.clinic.code}").content.decode()
