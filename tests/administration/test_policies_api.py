"""Policies over the API: read, proposed, approved by another, tried; whoever may not, may not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.policies.models import PolicyTrial, PolicyVersion
from kangqu.kernel.policies.tasks import run_trial
from kangqu.kernel.rules.policy import adopt
from tests.access import cast

pytestmark = pytest.mark.django_db
HERE = "/api/v1/policies/tcm.line.tolerance"


@pytest.fixture(autouse=True)
def nothing_adopted(db):
    yield
    adopt((), edition=0)


@pytest.fixture
def officers(town):
    return [_caller(town, f"o{number}", Role.COMMISSION_OFFICER, town.city) for number in (1, 2)]


def _caller(town, name: str, role: Role, where: Any):
    account = cast.staff(name, role, where, at=town.now)
    token = cast.token_of(account, "policies.read", "policies.write", until=town.now + timedelta(days=1))

    def call(path: str, body: Any = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return Client().get(path, headers=headers)
        headers["Idempotency-Key"] = key or f"{name}{path}{json.dumps(body)}"[-80:]
        return Client().post(path, json.dumps(body), content_type="application/json", headers=headers)

    return call


def _asked(town, **more: Any) -> dict[str, Any]:
    starts = f"{city_day(town.now) + timedelta(days=5)}"
    return {"value": 3, "starts": starts, "document": "𠮷市称量通知", "mark": "V"} | more


def test_proposed_approved_and_read(town, officers):
    her, him = officers
    assert len(her("/api/v1/policies").json()) > 60
    made = her(f"{HERE}/versions", _asked(town), "k1")
    again = her(f"{HERE}/versions", _asked(town), "k1")
    assert made.status_code == 200 and again.json() == made.json() and again["Idempotent-Replay"] == "true"
    number = made.json()["number"]
    own = her(f"{HERE}/versions/{number}/approve", {})
    assert own.status_code == 403 and own.json()["code"] == "KQ-3306"
    assert him(f"{HERE}/versions/{number}/approve", {}).json()["state"] == "adopted"
    assert him(f"{HERE}/versions").json()[0]["number"] == number
    assert him(f"/api/v1/policies/presence.fever/versions/{number}/withdraw", {"reason": "x"}).status_code == 404
    assert him(f"{HERE}/versions/{number}/withdraw", {"reason": "撤销"}).json()["state"] == "withdrawn"
    assert her(HERE).json()["value"] == 5 and her(f"{HERE}?on=1999-01-01").status_code == 404
    other = her(f"{HERE}/versions", _asked(town, value=4), "k2").json()["number"]
    assert him(f"{HERE}/versions/{other}/refuse", {"reason": "不足"}).json()["state"] == "refused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 99},
        {"value": "3"},
        {"value": True},
        {"value": 3.5},
        {"value": 10**40},
        {"value": ["x"]},
        {"starts": "2020-01-01"},
        {"document": ""},
        {"document": "a\x00"},
        {"mark": "Z"},
        {"note": "长" * 501},
        {"starts": "x"},
        {"more": 1},
    ],
)
def test_what_is_wrong_is_a_problem(town, officers, wrong):
    answer = officers[0](f"{HERE}/versions", _asked(town, **wrong))
    assert answer.status_code == 422 and answer.json()["code"].startswith("KQ-")
    assert not PolicyVersion.objects.exists()


def test_a_trial(town, officers):
    today = f"{city_day(town.now)}"
    asked = officers[0](f"{HERE}/trials", {"value": 3, "since": today, "until": today}).json()
    assert asked["state"] == "waiting"
    run_trial(PolicyTrial.objects.get().pk)
    where = f"{HERE}/trials/{asked['number']}"
    assert officers[0](where).json()["state"] == "done" and officers[1](where).status_code == 404
    assert officers[0](where.replace("tcm.line.tolerance", "presence.fever")).status_code == 404


def test_others_may_not(town):
    county = _caller(town, "c", Role.COMMISSION_OFFICER, town.county)
    refused = county(f"{HERE}/versions", _asked(town))
    assert refused.status_code == 403 and refused.json()["code"] == "KQ-3312"
    admin = _caller(town, "a", Role.SYSTEM_ADMIN, town.city)
    assert admin(HERE).status_code == 200 and admin(f"{HERE}/versions", _asked(town)).status_code == 403
    assert _caller(town, "d", Role.DOCTOR, town.clinic)(HERE).status_code == 403
    assert Client().get(HERE).status_code == 401
