"""The forecast over the API: as a clinic's system asks for it, nothing kept, bad input refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db
FORECAST = "/api/v1/vaccination/forecast"
CHILD: dict[str, Any] = {"birth_date": "2024-01-01", "as_of": "2024-05-11"}


@pytest.fixture
def ask():
    at = timezone.now()
    clinic = cast.institution("预防接种门诊", "community_centre", cast.region("3703", "淄博市"))
    account = Account.objects.create(kind="system", username="clinic", display_name="clinic", opened_at=at)
    Grant.objects.create(account=account, role=Role.SYSTEM, institution=clinic, starts_at=at - timedelta(days=1))
    headers = {
        "Authorization": f"Bearer {cast.token_of(account, 'vaccination.forecast', until=at + timedelta(hours=1))}"
    }
    client = Client()

    def call(body):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(FORECAST, text, content_type="application/json", headers=headers)

    return call


def of_series(told, name):
    return next(each for each in told["recommendations"] if each["series"] == name)


def test_a_child_is_forecast_and_nothing_is_kept(ask):
    before = TraceEntry.objects.count()
    history = [{"vaccine_code": "DTAP", "date": "2024-04-30"}, {"vaccine_code": "DTAP", "date": "2024-05-10"}]
    answer = ask(CHILD | {"sex": "female", "history": history, "facts": {"mother_hbsag": "negative"}})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["as_of"], told["programmes"], told["not_in_force"]) == ("2024-05-11", ["national"], ["national:HPV"])
    dpt = of_series(told, "DPT")
    assert (dpt["schedule_version"], dpt["forecast_status"], dpt["vaccine_code"]) == ("2021", "future", "DTAP")
    assert dpt["date_criterion"] == {
        "earliest": "2024-06-07",
        "recommended": "2024-06-07",
        "overdue": "2025-01-01",
        "latest": "2029-12-31",
    }
    assert [each["criterion"] for each in dpt["criterion_sources"]] == ["age", "interval", "overdue"]
    assert {each["mark"] for each in of_series(told, "HEPB")["later"][0]["criterion_sources"]} == {"V", "M"}
    assert [(each["dose_status"], each["dose_number"]) for each in dpt["doses"]] == [
        ("valid", 1),
        ("invalid_early", None),
    ]
    reason = dpt["doses"][1]["dose_status_reasons"][0]
    assert (reason["code"], reason["mark"], reason["until"]) == ("EARLY_INTERVAL", "V", "2024-05-28")
    assert "28 天" in reason["zh"] and "28 days" in reason["en"] and reason["document"]
    assert TraceEntry.objects.count() == before


def test_the_day_of_the_city_is_meant_when_none_is_given(ask):
    told = ask({"birth_date": "2024-01-31"}).json()
    assert told["as_of"] >= "2026-01-01"


def test_other_programmes_are_asked_for_by_name(ask):
    body: dict[str, Any] = {"birth_date": "1990-01-01", "as_of": "2021-11-09", "programmes": ["covid-19"]}
    body["history"] = [{"vaccine_code": "COVID_AD5", "date": "2021-05-08"}]
    (one,) = ask(body).json()["recommendations"]
    assert (one["historical"], one["full_course_on"], one["forecast_status"]) == (True, "2021-05-08", "due")
    assert one["date_criterion"]["earliest"] == "2021-11-08"


DOSE: dict[str, Any] = {"vaccine_code": "DTAP", "date": "2024-04-30"}


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_date": None},
        {"birth_date": "1899-12-31"},
        {"birth_date": "2200-01-01"},
        {"birth_date": "2024-02-30"},
        {"birth_date": 0},
        {"birth_date": 10**400},
        {"birth_date": "2024-01-31T00:00:00"},
        {"as_of": "9999-12-31"},
        {"as_of": True},
        {"sex": "f"},
        {"sex": "fe\x00male"},
        {"programmes": "national"},
        {"programmes": ["national"] * 21},
        {"programmes": ["x" * 41]},
        {"programmes": ["nat\x00ional"]},
        {"preferred_vaccines": ["JE"]},
        {"history": [DOSE] * 201},
        {"history": [DOSE | {"vaccine_code": "X" * 10_000}]},
        {"history": [DOSE | {"vaccine_code": "DTAP\x00"}]},
        {"history": [DOSE | {"vaccine_code": "𠮷"}]},
        {"history": [DOSE | {"vaccine_code": 5}]},
        {"history": [DOSE | {"date": "2024-13-01"}]},
        {"history": [DOSE | {"date": 1714435200}]},
        {"history": [DOSE | {"name": "某人"}]},
        {"history": {"0": DOSE}},
        {"facts": {"birth_weight_g": 199}},
        {"facts": {"birth_weight_g": 2**70}},
        {"facts": {"birth_weight_g": True}},
        {"facts": {"gestation_weeks": 60}},
        {"facts": {"mother_hbsag": "maybe"}},
        {"facts": {"conditions": ["fever"]}},
        {"facts": {"school_grade": -1}},
        {"facts": {"name": "某人"}},
        {"identity_number": "1"},
    ],
)
def test_bad_input_is_refused(ask, changes):
    answer = ask(CHILD | changes)
    assert answer.status_code == 422 and answer.json()["code"] == "KQ-1005", answer.content


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{", '{"birth_date":"2024-01-31","birth_date":"2024-01-31"}', b"\xff"]
)
def test_what_is_no_question_is_refused(ask, body):
    assert 400 <= ask(body).status_code < 500


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"history": [DOSE, DOSE | {"date": "2023-12-31"}]}, "KQ-3401"),
        ({"as_of": "2023-12-31"}, "KQ-3402"),
        ({"programmes": ["national", "地方"]}, "KQ-3403"),
        ({"programmes": ["general"]}, "KQ-3403"),
    ],
)
def test_days_and_programmes_that_cannot_be_are_refused(ask, changes, code):
    answer = ask(CHILD | changes)
    assert answer.status_code == 422 and answer.json()["code"] == code, answer.content


def test_the_largest_question_is_answered(ask):
    codes = ["MMR", "JEL", "HEPB", "IPV", "DTAP", "IG", "COVID_INACT", "HPV9"]
    history = [{"vaccine_code": codes[n % 8], "date": f"19{n // 12 + 10:02}-{n % 12 + 1:02}-28"} for n in range(200)]
    body = {"birth_date": "1900-01-01", "as_of": "2199-12-31", "history": history}
    body["programmes"] = ["national", "covid-19", "hpv-label", "hpv-jinan", "varicella-own"]
    answer = ask(body)
    assert answer.status_code == 200, answer.content
    young = ask(body | {"birth_date": "2199-12-31", "history": []})
    assert young.status_code == 200, young.content


def test_without_the_scope_nobody_is_answered():
    assert Client().post(FORECAST, json.dumps(CHILD), content_type="application/json").status_code == 401
