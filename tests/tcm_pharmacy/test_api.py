"""The pharmacy over the API: a review as a hospital's system asks for it, and bad input that is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db
REVIEW = "/api/v1/tcm/review"


@pytest.fixture
def ask():
    at = timezone.now()
    hospital = cast.institution("市中心医院", "hospital", cast.region("3703", "淄博市"))
    account = Account.objects.create(kind="system", username="his", display_name="his", opened_at=at)
    Grant.objects.create(account=account, role=Role.SYSTEM, institution=hospital, starts_at=at - timedelta(days=1))
    headers = {"Authorization": f"Bearer {cast.token_of(account, 'tcm.review', until=at + timedelta(hours=1))}"}
    client = Client()

    def call(path, body=None):
        if body is None:
            return client.get(path, headers=headers)
        text = body if isinstance(body, str) else json.dumps(body)
        return client.post(path, text, content_type="application/json", headers=headers)

    return call


def test_a_prescription_is_reviewed_and_nothing_is_kept(ask):
    before = TraceEntry.objects.count()
    herbs = [{"name": "附子", "grams": 10, "handling": ["先煎", "FIRST_LONG"]}, {"name": "半夏", "grams": 9.5}]
    answer = ask(REVIEW, {"herbs": herbs, "doses": 7, "patient": {"sex": "male", "age_years": 40}})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["coverage"], told["severity"], told["blocked"], told["days"]) == ("supported", "BLOCK", True, 7)
    first = told["findings"][0]
    assert (first["rule"], first["override"], first["source"]["mark"]) == ("18F.乌头反", "RESIGN", "B")
    assert [each["herb"] for each in told["names"]] == ["附子", "半夏"]
    assert TraceEntry.objects.count() == before


def test_what_is_not_known_is_answered_as_missing(ask):
    told = ask(REVIEW, {"herbs": [{"name": "桃仁", "grams": 6}, {"name": "贝母", "grams": 3}], "doses": 7}).json()
    assert told["coverage"] == "partial" and [each["fact"] for each in told["missing"]] == ["pregnant"]
    assert told["not_covered"][0]["about"] == "贝母" and len(told["names"][1]["candidates"]) == 5
    assert ask(REVIEW, {"herbs": [], "doses": 1}).json()["coverage"] == "empty"


HERB = {"name": "黄芪", "grams": 9}


@pytest.mark.parametrize(
    "changes",
    [
        {"herbs": [HERB | {"grams": 0}]},
        {"herbs": [HERB | {"grams": -1}]},
        {"herbs": [HERB | {"grams": 1000.1}]},
        {"herbs": [HERB | {"grams": True}]},
        {"herbs": [HERB | {"grams": "9"}]},
        {"herbs": [HERB | {"name": ""}]},
        {"herbs": [HERB | {"name": "草" * 61}]},
        {"herbs": [HERB | {"name": "黄\x00芪"}]},
        {"herbs": [HERB | {"handling": ["烤"]}]},
        {"herbs": [HERB | {"handling": ["先煎"] * 7}]},
        {"herbs": [HERB | {"patient_name": "某人"}]},
        {"herbs": [HERB] * 61},
        {"doses": 0},
        {"doses": 91},
        {"doses": 10**400},
        {"doses_per_day": 0},
        {"doses_per_day": 0.01},
        {"times_per_day": 0},
        {"extension_days": 10**9},
        {"issued_on": "1800-01-01"},
        {"issued_on": "9999-12-31"},
        {"today": "2026-02-30"},
        {"route": "other"},
        {"patient": {"age_years": -1}},
        {"patient": {"age_years": 2**70}},
        {"patient": {"name": "某人"}},
        {"diagnoses": [""]},
        {"diagnoses": ["A" * 41]},
        {"identity_number": "1"},
    ],
)
def test_bad_input_is_refused(ask, changes):
    answer = ask(REVIEW, {"herbs": [HERB], "doses": 7} | changes)
    assert answer.status_code == 422 and answer.json()["code"] == "KQ-1005", answer.content


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"herbs":[],"doses":1,"doses":2}', '{"herbs":[{"name":"x","grams":NaN}],"doses":1}']
)
def test_what_is_no_prescription_is_refused(ask, body):
    assert 400 <= ask(REVIEW, body).status_code < 500


def test_the_largest_prescription_is_answered(ask):
    herbs = [{"name": name, "grams": 1000, "handling": ["FIRST"]} for name in ("附子", "半夏", "罂粟壳", "无名草") * 15]
    answer = ask(
        REVIEW, {"herbs": herbs, "doses": 90, "doses_per_day": 0.1, "issued_on": "1990-01-01", "extension_days": 365}
    )
    assert answer.status_code == 200 and answer.json()["days"] == 900


def test_herbs_are_found_while_somebody_types(ask):
    found = ask("/api/v1/tcm/herbs?q=gegen").json()["items"]
    assert [(each["name"], each["not_to_be_merged"], each["max_g"]) for each in found] == [("葛根", ["粉葛"], 15.0)]
    assert len(ask("/api/v1/tcm/herbs?q=h&limit=3").json()["items"]) == 3
    assert ask("/api/v1/tcm/herbs").json() == {"items": []}
    assert ask("/api/v1/tcm/herbs?q=x&limit=51").status_code == 422
