"""Serving: who is admitted, how no is said, and what hostile input meets."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Grant, IdempotencyKey, SignIn
from kangqu.kernel.access.roles import Role
from kangqu.web.serving import SESSION_KEY
from tests.access import cast, site

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.access.site")]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def hospital(now):
    return cast.institution("县医院", "hospital", cast.region("3703", "淄博"))


@pytest.fixture
def doctor(hospital, now):
    return cast.staff("doctor", Role.DOCTOR, hospital, at=now)


@pytest.fixture
def token(doctor, now):
    return cast.token_of(doctor, "test.read", "test.write", until=now + timedelta(hours=1))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def enrolled(account: Account) -> None:
    from kangqu.kernel.access.models import SecondFactor

    SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=timezone.now())


def browser(account: Account, now, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=now).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


def test_a_page_admits_the_role_and_nobody_else(doctor, hospital, now):
    enrolled(doctor)
    nurse = cast.staff("nurse", Role.NURSE, hospital, at=now)
    enrolled(nurse)
    assert browser(doctor, now).get("/page").content == b"doctor"
    assert browser(nurse, now).get("/page").status_code == 403
    assert browser(doctor, now).get("/page?refuse=1").status_code == 404


def test_the_api_refuses_with_problems(token, now):
    client = Client()
    stranger = client.get("/api/test/things/A")
    assert stranger.status_code == 401
    assert stranger["Content-Type"].startswith("application/problem+json")
    assert stranger["WWW-Authenticate"].startswith("Bearer")
    assert stranger.json()["code"] == "KQ-1003"
    assert client.get("/api/test/things/A", headers=bearer(token)).json()["who"] == "doctor"
    assert client.get("/api/test/any", headers=bearer(token)).json()["code"] == "KQ-1701"
    assert client.get("/api/nothing").json()["code"] == "KQ-1001"
    assert client.delete("/api/test/things", headers=bearer(token)).json()["code"] == "KQ-2102"


def test_a_token_counts_only_where_and_while_it_should(token, doctor, now):
    from oauth2_provider.models import AccessToken

    client = Client()
    assert client.get(f"/api/test/things/A?access_token={token}").status_code == 401
    assert client.get("/page", headers=bearer(token)).status_code != 200
    assert client.get("/api/test/things/A", headers={"Authorization": f"Basic {token}"}).status_code == 401
    assert client.get("/api/test/things/A", headers=bearer(token + "x")).status_code == 401
    assert token not in str(AccessToken.objects.values_list("token", "token_checksum"))
    AccessToken.objects.update(expires=now - timedelta(seconds=1))
    assert client.get("/api/test/things/A", headers=bearer(token)).status_code == 401


def test_what_ended_is_refused_by_the_next_request(token, doctor, hospital, now):
    client = Client()
    for end in (
        lambda: Grant.objects.update(ends_at=now),
        lambda: Account.objects.filter(pk=doctor.pk).update(is_active=False),
    ):
        assert client.get("/api/test/things/A", headers=bearer(token)).status_code == 200
        end()
        assert client.get("/api/test/things/A", headers=bearer(token)).status_code in (401, 403)
        Grant.objects.update(ends_at=None)
    Account.objects.filter(pk=doctor.pk).update(is_active=True)
    hospital.status = "revoked"
    hospital.save()
    assert client.get("/api/test/things/A", headers=bearer(token)).status_code == 403


def test_a_device_signs_in_with_its_own_token(hospital, now):
    from kangqu.kernel.access.identify import viewer_of_token

    machine, token = cast.device(hospital, at=now)
    viewer = viewer_of_token(token, now)
    assert viewer is not None
    assert (viewer.device_id, viewer.station_id, viewer.roles) == (
        machine.pk,
        machine.station_id,
        frozenset({Role.DEVICE}),
    )
    machine.revoked_at = now
    machine.save()
    assert viewer_of_token(token, now) is None


@pytest.mark.parametrize("minutes", [16, 13 * 60])
def test_a_session_left_alone_ends(doctor, now, minutes):
    enrolled(doctor)
    client = browser(doctor, now)
    SignIn.objects.update(seen_at=now - timedelta(minutes=minutes))
    assert client.get("/page").status_code != 200
    assert SignIn.objects.get().ended_why == "idle"


def test_a_session_may_call_the_api_only_with_the_forgery_token(doctor, now):
    enrolled(doctor)
    client = browser(doctor, now, csrf=True)
    body = json.dumps({"name": "x"})
    headers = {"Idempotency-Key": "1"}
    forged = client.post("/api/test/things", body, content_type="application/json", headers=headers)
    assert (forged.status_code, forged.json()["code"]) == (403, "KQ-2101")
    client.cookies["csrftoken"] = "a" * 32
    headers["X-CSRFToken"] = "a" * 32
    assert client.post("/api/test/things", body, content_type="application/json", headers=headers).status_code == 201


def test_a_key_gives_the_first_answer_again(token):
    client = Client()

    def write(name, key="k1"):
        headers = bearer(token) | ({"Idempotency-Key": key} if key else {})
        return client.post(
            "/api/test/things", json.dumps({"name": name}), content_type="application/json", headers=headers
        )

    site.calls.clear()
    assert write("𠮷", key=None).json()["code"] == "KQ-1009"
    first, again = write("𠮷"), write("𠮷")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replay" not in first and again["Idempotent-Replay"] == "true"
    assert site.calls == ["𠮷"]
    assert write("other").json()["code"] == "KQ-1006"
    assert write("refuse", key="k2").status_code == 404
    assert IdempotencyKey.objects.filter(key="k2").count() == 0
    assert write("mended", key="k2").status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"name": "a", "name": "b"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"name": "a", "count": NaN}',
        b'{"name": "a", "count": 1e999}',
        b'{"name": "a", "count": ' + b"9" * 5000 + b"}",
        b'{"name": "a", "count": 9223372036854775808}',
        b'{"name": "a", "count": -1}',
        b'{"name": "a", "extra": 1}',
        b'{"name": "' + b"x" * 201 + b'"}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"name": "' + b"x" * (9 * 1024 * 1024) + b'"}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_hostile_bodies_are_refused_and_never_break_the_server(token, body):
    headers = bearer(token) | {"Idempotency-Key": "h"}
    answer = Client(raise_request_exception=False).post(
        "/api/test/things", body, content_type="application/json", headers=headers
    )
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"].startswith("KQ-")


@pytest.mark.parametrize(
    "path", ["things/A%00B", "things/A?limit=99999999999999999999", "things/A?limit=%00", "things/" + "x" * 5000]
)
def test_hostile_urls_are_refused(token, path):
    answer = Client(raise_request_exception=False).get(f"/api/test/{path}", headers=bearer(token))
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"].startswith("KQ-")


def test_a_method_cannot_be_overridden(token):
    answer = Client().get("/api/test/things", headers=bearer(token) | {"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405


def test_sensitive_operations_want_the_second_factor_again(doctor, now):
    enrolled(doctor)
    client = browser(doctor, now)
    assert client.get("/careful").status_code == 200
    SignIn.objects.update(stepped_up_at=now - timedelta(minutes=6))
    assert client.get("/careful").status_code != 200
