"""Scans answered in a lane are answered, kept and traced as the ordinary way does it; what is not plain is left alone."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections

from kangqu.kernel.access import identify
from kangqu.kernel.basis.together import Together
from kangqu.kernel.people.codes.models import CodeScan
from kangqu.kernel.places.models import Device
from kangqu.site import lanes
from kangqu.systems.one_code import taking
from kangqu.web.lanes import LANES, Arrived
from tests.code.test_api import Site, post
from tests.code.test_verify import _forged as forged
from tests.lanes import environ, is_left, laned, ordinary, remember, without_numbers

pytestmark = pytest.mark.django_db(transaction=True)
SCANS = "code-scans"


@pytest.fixture
def site(db):
    identify._devices.clear()
    made = Site()
    remember(made.gate_token)
    remember(made.other_token)
    return made


def traced():
    """What the newest row of the trace says, but when and under which number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream, action, result, actor_id, actor_role, institution_id, person_id, object_type, purpose, reason,"
            " ip::text, device, facts::text, mac IS NOT NULL FROM trace_entry ORDER BY position DESC, id DESC LIMIT 1"
        )
        return cursor.fetchone()


def kept():
    row = CodeScan.objects.order_by("-received_at").first()
    return row and (row.scanner_id, row.institution_id, row.place_id, row.word, row.flags, row.person_id)


def both(site, first, second, **headers):
    """The same kind of scan, the ordinary way and in a lane, and what each left behind."""
    answers = []
    for ask, body in ((ordinary, first), (laned, second)):
        told = without_numbers(ask(SCANS, site.gate_token, body, **headers))
        answers.append((*told, traced(), kept()))
    return answers


def test_a_good_scan_is_answered_alike(site):
    one, other = both(site, {"key": "a", "code": site.code(-1)}, {"key": "b", "code": site.code(-2)})
    assert one == other
    assert one[0] == 200 and one[2]["word"] == "genuine" and one[3][1] == "code.scan"


def _spoilt(site, kind, number):
    """A scan that is refused: the ``number``th of its ``kind``."""
    code, at = site.code(-number), site.at
    told = {
        "forged": {"code": forged(code)},
        "expired": {"code": site.code(-600 - number)},
        "altered": {"code": code[:60] + ("A" if code[60] != "A" else "B") + code[61:]},
        "unreadable": {"code": "hello"},
        "early": {"code": site.code(600 + number)},
        "too old": {"at": (at - timedelta(days=30)).isoformat()},
        "not yet": {"at": (at + timedelta(days=1)).isoformat()},
        "key": {"key": f"{number}\u00e9"},
    }[kind]
    return {"key": f"{kind} {number}", "code": code} | told


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("kind", ["forged", "expired", "altered", "unreadable", "early", "too old", "not yet", "key"])
def test_a_refused_scan_is_answered_alike(site, kind, language):
    first, second = _spoilt(site, kind, 1), _spoilt(site, kind, 2)
    one, other = both(site, first, second, **{"Accept-Language": language})
    assert one == other
    assert one[0] >= 400 and one[2]["code"].startswith("KQ-")


def test_a_scan_that_comes_again_and_a_key_used_for_another(site):
    codes = [site.code(-n) for n in range(4)]
    for ask, code, other in ((ordinary, codes[0], codes[1]), (laned, codes[2], codes[3])):
        scan = {"key": code[-9:], "code": code, "at": site.at.isoformat()}
        first = ask(SCANS, site.gate_token, scan)
        again = ask(SCANS, site.gate_token, scan)
        assert (first[0], first[2]["repeated"], first[1].get("Idempotent-Replay")) == (200, False, None)
        assert (again[0], again[2]["repeated"], again[1].get("Idempotent-Replay")) == (200, True, "true")
        reused = ask(SCANS, site.gate_token, scan | {"code": other})
        assert (reused[0], reused[2]["title"]) == (409, "key_reused")
    assert CodeScan.objects.count() == 2


def test_a_code_just_shown_elsewhere_is_refused_alike(site):
    codes = [site.code(-1), site.code(-2)]
    for code in codes:
        assert ordinary(SCANS, site.other_token, {"key": code[-9:], "code": code})[0] == 200
    one, other = both(site, {"key": "a", "code": codes[0]}, {"key": "b", "code": codes[1]})
    assert one == other and one[2]["title"] == "code_replayed"


@pytest.mark.parametrize(
    "unusual",
    [
        lambda site: environ(SCANS, "kqd_unknown", site.good),
        lambda site: environ(SCANS, site.desk_token, site.good),
        lambda site: environ(SCANS, "", site.good),
        lambda site: environ(SCANS, site.gate_token, site.good, Authorization=f"Basic {site.gate_token}"),
        lambda site: environ(SCANS, site.gate_token, b"{"),
        lambda site: environ(SCANS, site.gate_token, b"\xff"),
        lambda site: environ(SCANS, site.gate_token, {"key": "1"}),
        lambda site: environ(SCANS, site.gate_token, site.good | {"station": "X0"}),
        lambda site: environ(SCANS, site.gate_token, {"scans": [site.good]}),
        lambda site: environ(SCANS, site.gate_token, site.good | {"more": 1}),
        lambda site: environ(SCANS, site.gate_token, site.good | {"code": "R" * 5000}),
        lambda site: environ(SCANS, site.gate_token, site.good, query="a=%00"),
        lambda site: environ(SCANS, site.gate_token, site.good, method="PUT"),
        lambda site: environ("code-scans/", site.gate_token, site.good),
        lambda site: environ(SCANS, site.gate_token, site.good) | {"CONTENT_LENGTH": ""},
    ],
)
def test_what_is_not_plain_is_left_to_the_framework_whole(site, unusual):
    site.good = {"key": "1", "code": site.code()}
    asked = unusual(site)
    body = unusual(site)["wsgi.input"].read()
    assert lanes.answer_in_lane(asked) is None
    assert not CodeScan.objects.exists()
    assert asked["wsgi.input"].read() == body


def test_a_device_that_ended_is_no_longer_answered_in_a_lane(site):
    Device.objects.filter(pk=site.gate.pk).update(revoked_at=site.at)
    scan = {"key": "1", "code": site.code()}
    assert is_left(SCANS, site.gate_token, scan)
    assert is_left(SCANS, site.gate_token, scan | {"at": "2020-01-01T00:00:00Z"})
    assert not CodeScan.objects.exists()
    assert ordinary(SCANS, site.gate_token, scan)[0] == 401


def test_a_device_without_the_scope_is_refused_by_the_framework(site, monkeypatch):
    for digest, viewer in identify._devices.items():
        monkeypatch.setitem(identify._devices, digest, replace(viewer, scopes=frozenset()))
    assert is_left(SCANS, site.gate_token, {"key": "1", "code": site.code()})


def test_an_error_in_a_lane_is_noted_and_met_again_by_the_framework(site, monkeypatch, caplog):
    def fail(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(taking, "run", fail)
    assert is_left(SCANS, site.gate_token, {"key": "1", "code": site.code()})
    assert [line.name for line in caplog.records if line.levelname == "WARNING"] == ["kangqu.lanes"]
    monkeypatch.undo()
    assert laned(SCANS, site.gate_token, {"key": "1", "code": site.code()})[0] == 200


def test_behind_tls_a_lane_answers_what_came_through_it(site, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    lanes._headers.cache_clear()
    try:
        scan = {"key": "1", "code": site.code()}
        assert is_left(SCANS, site.gate_token, scan)
        assert post("code-scans", site.gate_token, scan).status_code == 301
        secure = {"X-Forwarded-Proto": "https"}
        one, other = both(site, {"key": "a", "code": site.code(-1)}, {"key": "b", "code": site.code(-2)}, **secure)
        assert one == other and one[1]["Strict-Transport-Security"] == "max-age=60"
    finally:
        lanes._headers.cache_clear()


def test_scans_that_come_together_are_each_ones_own(site, capsys, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "kangqu.request")
    lots: list[int] = []

    def answer(lot):
        lots.append(len(lot))
        return lanes._answer("api/v1/code-scans", LANES["/api/v1/code-scans"], lot)

    shared: Together[Arrived, lanes.Reply | None] = Together(answer)
    shared._expected = 4
    monkeypatch.setattr("kangqu.kernel.basis.together._MOMENT", 10)
    monkeypatch.setattr(lanes, "_lanes", lambda: {"/api/v1/code-scans": shared})
    twice = site.code(-9)
    scans = [
        (site.gate_token, {"key": "1", "code": twice}),
        (site.other_token, {"key": "1", "code": twice}),
        (site.gate_token, {"key": "2", "code": site.code(-8)}),
        (site.gate_token, {"key": "3", "code": forged(site.code(-7))}),
    ]
    answers = {}

    def ask(n):
        answers[n] = laned(SCANS, *scans[n])
        connections.close_all()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert lots == [4]
    assert {answers[n][2].get("title", "genuine") for n in (0, 1)} == {"genuine", "code_replayed"}
    assert answers[2][0] == 200 and answers[2][2]["key"] == "2" and answers[3][0] >= 400
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"request"' in line]
    numbers = {answer[1]["X-Request-Id"] for answer in answers.values()}
    assert len(numbers) == 4 and {line["request"] for line in lines} == numbers
    assert sorted(line["status"] for line in lines) == sorted(answer[0] for answer in answers.values())
