"""The tables over the API: the same facts, and every rule a review names is found."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy

RULES = "tcm/rules"


@pytest.fixture
def token(pharmacy: Pharmacy) -> str:
    return cast.token_of(pharmacy.system, "tcm.review", until=pharmacy.now + timedelta(days=1))


def test_tables_rules_and_herbs_say_what_the_pages_say(pharmacy: Pharmacy, token: str) -> None:
    told = pharmacy.get(f"{RULES}?on=2026-01-01", token=token).json()
    assert [each["key"] for each in told["tables"]] == [table.key for table in TABLES] and told["on"] == "2026-01-01"
    assert {each["mark"] for each in told["marks"]} == set("VBMCLD")
    for each in told["tables"]:
        rows = pharmacy.get(f"{RULES}/tables/{each['key']}?on=2026-01-01", token=token).json()
        assert len(rows["items"]) == each["rows"] > 0 and rows["table"] == each
    rule = pharmacy.get(f"{RULES}/RX5-LONGEST", token=token).json()
    assert rule["rule"]["source"]["mark"] == "C" and rule["rule"]["source"]["meaning"]["zh"].startswith("条款内容")
    assert rule["figures"] == [{"zh": "最多天数", "en": "at most, days", "value": "84"}] and rule["in_force"]
    assert rule["rule"]["starts"] == "2021-08-10" and rule["rule"]["until"] is None and rule["tables"] == ["validity"]
    herb = pharmacy.get(f"{RULES}/herbs/{quote('附子')}", token=token).json()
    assert ("法半夏", "18F.乌头反", "BLOCK") in {(x["herb"], x["rule"], x["severity"]) for x in herb["opponents"]}
    doses = next(each["items"] for each in herb["said"] if each["table"] == "doses")
    assert (doses[0]["min_g"], doses[0]["max_g"]) == (3.0, 15.0) and herb["not_covered"]


def test_every_rule_a_review_names_resolves(pharmacy: Pharmacy, token: str) -> None:
    names = [
        "附子",
        "半夏",
        "罂粟壳",
        "贝母",
        "无名草",
        "关木通",
        "双花",
        "gancao",
        "海藻",
        "生川乌",
        "朱砂",
        "车前子",
        "大黄",
        "芒硝",
        "丁香",
        "郁金",
    ]
    herbs = [{"name": name, "grams": 90, "handling": ["LATE"]} for name in (*names, "附子")]
    asked = [
        {"herbs": herbs, "doses": 60, "issued_on": day, "kind": kind, "extension_days": 9, "diagnoses": ["A17.1", "x"], "patient": patient}
        for day in ("1995-01-01", "2026-01-01")
        for kind in ("ordinary", "long_term")
        for patient in ({}, {"sex": "female", "age_years": 30, "pregnant": True}, {"age_years": 5}, {"age_years": 80})
    ]  # fmt: skip
    ids = set()
    for body in asked:
        answer = pharmacy.post("tcm/review", body, token=token)
        assert answer.status_code == 200, answer.content
        told = answer.json()
        ids |= {each["rule"] for each in told["findings"]}
        ids |= {rule for each in told["missing"] for rule in each["rules"]}
        ids |= {each["about"] for each in told["not_covered"] if each["what"] == "rule"}
    assert len(ids) > 30 and "GB/T 15657-2021.disease" in ids
    for rule in ids:
        found = pharmacy.get(f"{RULES}/{quote(rule)}", token=token)
        assert found.status_code == 200 and found.json()["rule"]["id"] == rule, rule


def test_what_is_not_there_and_who_may_not_are_refused(pharmacy: Pharmacy, token: str) -> None:
    for path, status, code in (
        (f"{RULES}/RX999", 404, "KQ-3362"),
        (f"{RULES}/tables/none", 404, "KQ-3363"),
        (f"{RULES}/herbs/none", 404, "KQ-3364"),
        (f"{RULES}?on=0000-01-01", 422, "KQ-3361"),
        (f"{RULES}/RX1?on=9999-12-31", 422, "KQ-3361"),
        (f"{RULES}/RX1?on={'9' * 10_240}", 422, "KQ-1005"),
        (f"{RULES}/{'x' * 10_240}", 422, "KQ-1005"),
        (f"{RULES}?on=%00", 422, "KQ-1005"),
    ):
        answer = pharmacy.get(path, token=token)
        assert answer.status_code == status and code in answer.content.decode(), (path[:40], answer.content[:300])
    assert pharmacy.get(RULES).status_code == 403, "a token without the scope"
    assert pharmacy.get(RULES, token="none").status_code == 401
