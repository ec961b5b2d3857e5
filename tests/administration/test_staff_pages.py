"""Staff through the pages: accounts, roles, four eyes, emergencies; each by the right post and nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kangqu.kernel.access.models import Account, BreakGlass, Grant, PractisingLicence
from kangqu.kernel.access.roles import Role
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db


def _open(client, town, **more: str):
    asked = {"username": "li.jianhua", "display_name": "李𠮷", "role": "doctor", "institution": town.clinic.code}
    return client.post("/a/people/open", asked | more)


def test_an_account_is_opened_with_a_password_shown_once(town):
    client = town.client(Role.SECURITY_ADMIN)
    answer = _open(client, town)
    account = Account.objects.get(username="li.jianhua")
    assert answer["Cache-Control"] == "no-store"
    shown = re.findall(r"<dd>([^<]+)</dd>", answer.content.decode())
    assert any(account.check_password(text) for text in shown)
    assert account.must_change_password
    page = client.get("/a/people").content.decode()
    assert "李𠮷" in page and "柳沟村卫生室" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", "A B"), ("username", ""), ("institution", "G0"), ("role", "king"), ("display_name", "a\x00")],
)
def test_what_is_not_right_is_refused_and_nothing_opened(town, field, value):
    answer = _open(town.client(Role.SECURITY_ADMIN), town, **{field: value})
    assert answer.status_code in (404, 422)
    assert not Account.objects.filter(username="li.jianhua").exists()


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN, Role.DOCTOR])
def test_nobody_else_opens_accounts(town, role):
    assert _open(town.client(role), town).status_code == 403
    assert not Account.objects.filter(username="li.jianhua").exists()


def test_a_manager_stays_in_her_subtree_and_makes_no_administrators(town):
    manager = town.client(Role.INSTITUTION_MANAGER, town.county)
    assert _open(manager, town, institution=town.elsewhere.code).status_code in (403, 404, 422)
    assert _open(manager, town, role="security_admin").status_code in (403, 404, 422)
    assert not Account.objects.filter(username="li.jianhua").exists()
    assert _open(manager, town).status_code == 200


def test_an_administrators_role_waits_for_a_second_pair_of_eyes(town):
    first, second = town.client(Role.SECURITY_ADMIN), town.client(Role.SECURITY_ADMIN)
    _open(first, town, role="system_admin", institution=town.city.code)
    grant = Grant.objects.get(account__username="li.jianhua")
    assert grant.waits
    address = f"/a/people/{grant.account_id}/roles/{grant.pk}/confirm"
    assert first.post(address).status_code in (403, 409, 422)
    assert second.post(address).status_code == 302
    grant.refresh_from_db()
    assert not grant.waits


def test_a_role_is_taken_back_and_an_account_closed(town):
    client = town.client(Role.SECURITY_ADMIN)
    _open(client, town)
    grant = Grant.objects.get(account__username="li.jianhua")
    assert client.get(f"/a/people/{grant.account_id}/roles/{grant.pk}/end").status_code == 200
    assert (
        client.post(
            f"/a/people/{grant.account_id}/role", {"role": "nurse", "institution": town.clinic.code}
        ).status_code
        == 302
    )
    assert client.post(f"/a/people/{grant.account_id}/roles/{grant.pk}/end").status_code == 302
    grant.refresh_from_db()
    assert grant.ends_at is not None
    assert client.post(f"/a/people/{grant.account_id}/close").status_code == 302
    assert not Account.objects.get(pk=grant.account_id).is_active


def test_the_next_city_finds_nobody(town):
    _open(town.client(Role.SECURITY_ADMIN), town)
    stranger = town.client(Role.SECURITY_ADMIN, town.elsewhere)
    number = Account.objects.get(username="li.jianhua").pk
    assert "li.jianhua" not in stranger.get("/a/people").content.decode()
    for act in ("close", "reset", "role"):
        assert stranger.get(f"/a/people/{number}/{act}").status_code == 404
        assert stranger.post(f"/a/people/{number}/{act}").status_code == 404


@pytest.fixture
def emergency(town):
    doctor = cast.staff("医生乙", Role.DOCTOR, town.clinic, at=town.now)
    return BreakGlass.objects.create(
        person=cast.resident("王某某", at=town.now),
        account_id=doctor.pk,
        institution_id=town.clinic.pk,
        reason="unconscious",
        note="昏迷送医",
        opened_at=town.now - timedelta(hours=30),
        ends_at=town.now - timedelta(hours=26),
        review_due_at=town.now - timedelta(hours=6),
    )


def test_an_emergency_look_is_reviewed_once(town, emergency):
    client = town.client(Role.AUDIT_ADMIN)
    page = client.get("/a/emergencies").content.decode()
    assert "昏迷送医" in page and "已超时" in page
    address = f"/a/emergencies/{emergency.person.public_code}/{emergency.id}"
    assert client.post(address, {"outcome": "justified", "note": ""}).status_code == 422
    assert client.post(address, {"outcome": "misuse", "note": "与病情无关"}).status_code == 302
    assert client.post(address, {"outcome": "justified", "note": "改判"}).status_code == 404
    assert "滥用" in client.get("/a/emergencies?show=done").content.decode()
    assert town.client(Role.AUDIT_ADMIN, town.elsewhere).get(address).status_code == 404


def test_the_matrix_of_roles_and_the_first_page(town):
    page = town.client(Role.SECURITY_ADMIN).get("/a/roles").content.decode()
    assert "开户、给角色、收回" in page
    assert town.client(Role.AUDIT_ADMIN).get("/a").status_code == 302


def test_the_operator_sees_what_needs_a_hand(town):
    page = town.client(Role.SYSTEM_ADMIN).get("/a/system").content.decode()
    assert "kangqu worker" in page and "kangqu backup" in page
    assert town.client(Role.SECURITY_ADMIN).get("/a/system").status_code == 403


LICENCE = {"kind": "doctor", "number": "110370000012345", "valid_until": "2099-01-01", "narcotic": "on"}


def test_a_licence_and_special_rights_are_registered_shown_and_taken_off(town):
    manager = town.client(Role.INSTITUTION_MANAGER, town.county)
    _open(manager, town)
    account = Account.objects.get(username="li.jianhua")
    address = f"/a/people/{account.pk}/licence"
    assert manager.post(address, LICENCE).status_code == 302
    row = PractisingLicence.objects.get()
    assert (row.account_id, row.rights, str(row.valid_until)) == (account.pk, ["narcotic"], "2099-01-01")
    page = manager.get("/a/people").content.decode()
    assert "110370000012345" in page and "麻精药品处方权" in page
    assert 'value="110370000012345"' in manager.get(address).content.decode()
    wrong = manager.post(address, {**LICENCE, "kind": "nurse"})
    assert wrong.status_code == 422 and "KQ-3347" in wrong.content.decode()
    for bad in ({"number": "x"}, {"number": "a\x00bcdefg"}, {"kind": "king"}, {"valid_until": "0001-01-01"}):
        assert manager.post(address, LICENCE | bad).status_code == 422
    assert manager.post(f"{address}/end").status_code == 302
    assert manager.get(f"{address}/end").status_code == 404
    assert TraceEntry.objects.filter(action__in=("licence.set", "licence.end")).count() == 2


def test_licences_are_not_for_others_to_register(town):
    _open(town.client(Role.SECURITY_ADMIN), town)
    account = Account.objects.get(username="li.jianhua")
    away = town.client(Role.INSTITUTION_MANAGER, town.elsewhere)
    assert away.post(f"/a/people/{account.pk}/licence", LICENCE).status_code == 404
    assert away.post(f"/a/people/{account.pk}/licence/end").status_code == 404
    assert town.client(Role.DOCTOR).post(f"/a/people/{account.pk}/licence", LICENCE).status_code == 403
    assert not PractisingLicence.objects.exists()
