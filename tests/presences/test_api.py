"""Presences over the API, as devices, disease control and strangers call it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection

from kangqu.kernel.access.roles import Role
from tests.access import cast
from tests.code.test_api import Site, get, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(db):
    return Site()


def _report(site, key="1", seconds=0, **more):
    return {"key": key, "at": (site.at + timedelta(seconds=seconds)).isoformat()} | more


def _kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM presence_by_place")
        return cursor.fetchone()[0]


def _span(site):
    day = site.at + timedelta(hours=8)
    return f"from={day - timedelta(days=1):%F}&to={day:%F}"


def test_one_presence_by_scan_and_one_by_public_code(site):
    scanned = post("presences", site.gate_token, _report(site, code=site.code(), temperature=37.4))
    assert (scanned.status_code, scanned.json()) == (201, {"key": "1", "status": "recorded", "flags": ["fever"]})
    again = post("presences", site.gate_token, _report(site, code=site.code(), temperature=37.4))
    assert (again.json()["status"], again["Idempotent-Replay"]) == ("repeated", "true")
    by_code = _report(site, "2", resident=site.person.public_code, place=site.gate.station.code)
    assert post("presences", site.gate_token, by_code).status_code == 201
    assert post("presences", site.gate_token, by_code | {"temperature": 36.0}).json()["code"] == "KQ-1006"
    assert _kept() == 2


def test_a_single_refusal_is_a_problem(site):
    cases = {
        "KQ-1806": _report(site, code=site.code(-100)),
        "KQ-1801": _report(site, code="nothing"),
        "KQ-1921": _report(site, seconds=600, code=site.code()),
        "KQ-1922": _report(site, seconds=-73 * 3600, code=site.code()),
        "KQ-1923": _report(site, code=site.code(), place=site.other.station.code),
        "KQ-1924": _report(site),
        "KQ-1925": _report(site, resident="R0000000000000"),
        "KQ-1926": _report(site, code=site.code(), temperature=3.7),
        "KQ-1005": _report(site, code=site.code(), temperature=1e9),
    }
    for expected, body in cases.items():
        answer = post("presences", site.gate_token, body)
        assert (expected, answer.status_code // 100, answer.json()["code"]) == (expected, 4, expected)
    assert _kept() == 0


@pytest.mark.parametrize("shape", ["list", "object", "path"])
def test_a_batch_is_answered_item_by_item(site, shape):
    items = [
        _report(site, "a", code=site.code()),
        _report(site, "b", resident=site.person.public_code),
        {"key": "c"},
        None,
        _report(site, "e", code=site.code(-500)),
    ]
    path, body = {
        "list": ("presences", items),
        "object": ("presences", {"presences": items}),
        "path": ("presences/batch", {"presences": items}),
    }[shape]
    answer = post(path, site.gate_token, body)
    told = [(item["key"], item["status"], item.get("code")) for item in answer.json()["items"]]
    assert answer.status_code == 200 and told == [
        ("a", "recorded", None),
        ("b", "recorded", None),
        ("c", "refused", "KQ-1005"),
        ("", "refused", "KQ-1005"),
        ("e", "refused", "KQ-1806"),
    ]
    again = post(path, site.gate_token, body).json()["items"]
    assert [item["status"] for item in again] == ["repeated", "repeated", "refused", "refused", "refused"]
    assert _kept() == 2


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", "null", "7", '{"presences": {}}', '{"presences": []}', b"\xff", "[" * 9000]
)
def test_bad_input_is_refused(site, body):
    for path in ("presences", "presences/batch"):
        answer = post(path, site.gate_token, body)
        assert 400 <= answer.status_code < 500 and answer.json()["code"].startswith("KQ-")


def test_a_thousand_and_no_more(site):
    items = [_report(site, str(n), seconds=-n, resident=site.person.public_code) for n in range(1001)]
    assert post("presences", site.gate_token, items).json()["code"] == "KQ-1928"
    assert len(post("presences", site.gate_token, items[:1000]).json()["items"]) == 1000
    assert _kept() == 1000


def test_only_a_device_reports(site):
    body = _report(site, code=site.code())
    assert post("presences", "kqd_stranger", body).status_code == 401
    assert post("presences", site.desk_token, body).status_code == 403
    site.gate.revoked_at = site.at
    site.gate.save()
    assert post("presences", site.gate_token, body).status_code == 401


def test_disease_control_asks_both_ways_page_by_page(site):
    where = cast.region("3703", "淄博市")
    centre = cast.institution("市疾控中心", "cdc", where, serves=True)
    site.person.region = where
    site.person.save()
    site.hospital.path, site.hospital.parent = f"{centre.path}{site.hospital.pk}/", centre
    site.hospital.save()
    token = site.token("cdc", Role.CDC_OFFICER, centre, "presences.read")
    items = [_report(site, str(n), seconds=-n // 2, resident=site.person.public_code) for n in range(25)]
    post("presences", site.gate_token, items)
    for path in (
        f"residents/{site.person.public_code}/presences",
        f"places/{site.hospital.code}/presences",
        f"places/{site.gate.station.code}/presences",
    ):
        seen, after = [], ""
        while after is not None:
            page = get(f"{path}?{_span(site)}&limit=10&after={after}", token).json()
            seen += page["items"]
            after = page["after"]
        assert len(seen) == 25 and seen == sorted(seen, key=lambda row: row["at"])
        assert {(row["resident"], row["station"]) for row in seen} == {
            (site.person.public_code, site.gate.station.code)
        }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM trace_entry WHERE action LIKE 'presences.of%%' AND person_id = %s", [site.person.pk]
        )
        assert cursor.fetchone()[0] == 9


def test_who_is_outside_finds_nothing(site):
    stranger = site.token("far", Role.CDC_OFFICER, site.clinic, "presences.read")
    for path in (
        f"residents/{site.person.public_code}/presences",
        f"places/{site.hospital.code}/presences",
        "places/X0/presences",
    ):
        answer = get(f"{path}?{_span(site)}", stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "KQ-1001")
    assert get(f"places/{site.hospital.code}/presences?{_span(site)}", site.gate_token).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=x&to=y",
        "from=2026-01-02&to=2026-01-01",
        "from=2020-01-01&to=2026-01-01",
        "from=9999-12-31&to=9999-12-31",
        "from=2026-01-01&to=2026-01-02&after=zz",
        "from=2026-01-01&to=2026-01-02&limit=0",
        "from=2026-01-01&to=2026-01-02&limit=99999999999999999999",
    ],
)
def test_a_bad_question_is_refused(site, query):
    token = site.token("cdc", Role.CDC_OFFICER, site.hospital, "presences.read")
    answer = get(f"places/{site.hospital.code}/presences?{query}", token)
    assert answer.status_code == 422 and json.loads(answer.content)["code"].startswith("KQ-")
