"""A device that was remembered is believed by nothing but its proof: what ended is found ended by the next request."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from kangqu.kernel.access import identify
from kangqu.kernel.access.models import AccountKind
from kangqu.kernel.access.proof import Proof
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.places.models import Device, Institution, Station
from tests.code.test_api import Site, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(db):
    identify._devices.clear()
    made = Site()
    answer = post("presences", made.gate_token, _report(made, "first"))
    assert answer.status_code == 201 and len(identify._devices) == 1
    return made


def _report(site, key, **more):
    return {"key": key, "at": site.at.isoformat(), "resident": site.person.public_code} | more


def _kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM presence_by_place), (SELECT count(*) FROM people_code_scan)")
        return cursor.fetchone()


def _end(site, what):
    {
        "token": lambda: Device.objects.filter(pk=site.gate.pk).update(revoked_at=site.at),
        "other token": lambda: Device.objects.filter(pk=site.gate.pk).update(token_sha256=b"\1" * 32),
        "station": lambda: Station.objects.filter(pk=site.gate.station_id).update(open=False),
        "institution": lambda: Institution.objects.filter(pk=site.hospital.pk).update(status="closed"),
    }[what]()


@pytest.mark.parametrize("what", ["token", "other token", "station", "institution"])
def test_a_device_that_ended_is_a_stranger_whatever_it_sends(site, what):
    good = {"key": "s", "code": site.code()}
    _end(site, what)
    bodies = [
        ("presences", _report(site, "2")),
        ("presences", _report(site, "first")),
        ("presences", _report(site, "3", code=site.code())),
        ("presences", _report(site, "4", place="X0")),
        ("presences", [_report(site, "5"), {"key": "6"}, None]),
        ("presences", [None]),
        ("presences", []),
        ("presences", {"presences": 5}),
        ("presences", "{"),
        ("presences/batch", [_report(site, "7")]),
        ("code-scans", good),
        ("code-scans", {"key": "t", "code": "R1"}),
        ("code-scans", {"key": "t", "code": "R1", "scans": [good]}),
        ("code-scans", "{"),
        ("code-scans", {"key": "u", "code": good["code"], "at": "2020-01-01T00:00:00Z"}),
        ("code-scans", {"scans": [good]}),
        ("code-scans", {"key": "v", "code": good["code"], "station": "X0"}),
    ]
    for path, body in bodies:
        identify._devices.clear()
        _remember(site)
        answer = post(path, site.gate_token, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "KQ-1003"), (path, body, answer.json())
    assert _kept() == (1, 0)


def _remember(site):
    """As another process of the server still does, that saw the device before it ended."""
    viewer = Viewer(
        principal_id=site.gate.pk,
        kind=AccountKind.SYSTEM,
        grants=(Held(Role.DEVICE, site.hospital.pk, site.hospital.path),),
        scopes=identify.DEVICE_SCOPES,
        device_id=site.gate.pk,
        station_id=site.gate.station_id,
    )
    digest = hashlib.sha256(site.gate_token.encode()).digest()
    proof = Proof(digest, site.gate.pk, site.gate.station_id, site.hospital.pk, site.hospital.path)
    identify._devices[digest] = replace(viewer, proof=proof)


def test_a_device_that_moved_reports_for_where_it_is_now(site):
    Device.objects.filter(pk=site.gate.pk).update(station_id=site.other.station_id)
    assert post("presences", site.gate_token, _report(site, "2")).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("SELECT station_id FROM presence_by_place ORDER BY station_id = %s", [site.other.station_id])
        assert [row[0] for row in cursor.fetchall()] == [site.gate.station_id, site.other.station_id]


def test_a_remembered_device_is_answered_as_one_that_was_looked_up(site):
    later = site.at + timedelta(seconds=1)
    for key in ("2", "3"):
        assert post("presences", site.gate_token, _report(site, key, at=later.isoformat())).json()["flags"] == []
    assert post("code-scans", site.gate_token, {"key": "s", "code": site.code()}).json()["status"] == "accepted"
    assert _kept() == (3, 1)
