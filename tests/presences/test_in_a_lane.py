"""Presences answered in a lane are answered and kept as the ordinary way does it; what is refused is left alone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection

from kangqu.kernel.access import identify
from kangqu.kernel.places.models import Device
from kangqu.web.lanes import LANES
from tests.code.test_api import Site
from tests.lanes import arriving, is_left, laned, ordinary, remember, without_numbers

pytestmark = pytest.mark.django_db(transaction=True)
PRESENCES = "presences"


@pytest.fixture
def site(db):
    identify._devices.clear()
    made = Site()
    remember(made.gate_token)
    return made


def _report(site, key, seconds=0, **more):
    return {"key": key, "at": (site.at + timedelta(seconds=seconds)).isoformat()} | more


def _kept():
    """The presences by place, then by person, without what is each one's own."""
    with connection.cursor() as cursor:
        found = []
        for table in ("presence_by_place", "presence_by_person"):
            cursor.execute(
                "SELECT at, person_id, institution_id, station_id, device_id, means, temperature, flag, length(mac)"
                f" FROM {table} ORDER BY position, id"
            )
            found.append(cursor.fetchall())
        return found


@pytest.mark.parametrize(
    "reports",
    [
        lambda site: [{"code": site.code(-1), "temperature": 37.5}, {"code": site.code(-2), "temperature": 37.5}],
        lambda site: [{"resident": site.person.public_code}] * 2,
    ],
)
def test_a_presence_is_recorded_and_answered_alike(site, reports):
    one, other = (_report(site, str(n), **report) for n, report in enumerate(reports(site)))
    first = ordinary(PRESENCES, site.gate_token, one)
    second = laned(PRESENCES, site.gate_token, other)
    assert without_numbers(first) == without_numbers(second) and first[0] == 201
    by_place, by_person = _kept()
    assert by_place == by_person and by_place[0] == by_place[1] and len(by_place) == 2
    again = laned(PRESENCES, site.gate_token, other)
    assert (again[0], again[2]["status"], again[1]["Idempotent-Replay"]) == (201, "repeated", "true")
    assert len(_kept()[0]) == 2


def test_what_is_refused_or_not_plain_is_left_with_nothing_kept(site):
    good = {"resident": site.person.public_code}
    bodies = [
        _report(site, "1", code=site.code(-100)),
        _report(site, "1", code="nothing"),
        _report(site, "1", seconds=600, **good),
        _report(site, "1", seconds=-73 * 3600, **good),
        _report(site, "1"),
        _report(site, "1", resident="R0000000000000"),
        _report(site, "1", temperature=3.7, **good),
        _report(site, "1", place=site.gate.station.code, **good),
        _report(site, "1", place=site.other.station.code, **good),
        [_report(site, "1", **good)],
        {"presences": [_report(site, "1", **good)]},
        {},
        b"",
    ]
    assert [body for body in bodies if not is_left(PRESENCES, site.gate_token, body)] == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trace_entry WHERE action LIKE 'presence%%'")
        assert cursor.fetchone() == (0,)
    assert _kept() == [[], []]
    assert laned(PRESENCES, site.gate_token, _report(site, "1", **good))[0] == 201
    assert is_left(PRESENCES, site.gate_token, _report(site, "1", seconds=-1, **good))
    assert ordinary(PRESENCES, site.gate_token, _report(site, "1", seconds=-1, **good))[2]["code"] == "KQ-1006"


def test_a_device_that_ended_records_nothing_in_a_lane(site):
    Device.objects.filter(pk=site.gate.pk).update(revoked_at=site.at)
    report = _report(site, "1", resident=site.person.public_code)
    assert is_left(PRESENCES, site.gate_token, report)
    assert ordinary(PRESENCES, site.gate_token, report)[0] == 401
    assert _kept() == [[], []]


def test_reports_that_come_together_are_each_ones_own(site):
    """One key twice is one presence; one code at two gates is told at the later one; a stranger's is left."""
    remember(site.other_token)
    code, good = site.code(-1), {"resident": site.person.public_code}
    lot = [
        (site.gate_token, _report(site, "1", **good)),
        (site.gate_token, _report(site, "1", **good)),
        (site.gate_token, _report(site, "2", code=code)),
        (site.other_token, _report(site, "2", code=code)),
        (site.gate_token, _report(site, "3", code="nothing")),
        ("kqd_unknown", _report(site, "4", **good)),
    ]
    came = [arriving(PRESENCES, token, report) for token, report in lot]
    answers = LANES["/api/v1/presences"].answer_all(came)
    told = [answer and json.loads(answer.content) for answer in answers]
    assert [each and (each["status"], each["flags"]) for each in told] == [
        ("recorded", []),
        ("repeated", []),
        ("recorded", []),
        ("recorded", ["elsewhere"]),
        None,
        None,
    ]
    assert len(_kept()[0]) == 3
