"""The auditor's page: who looked at whom is found, asking leaves a row, nobody else may ask."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry, Result, Stream
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db


def _lines(answer) -> int:
    return answer.content.decode().count('<tr><th scope="row"')


@pytest.fixture
def looked(town):
    person = cast.resident("王某某", at=town.now)
    doctor = cast.staff("医生甲", Role.DOCTOR, town.clinic, at=town.now)
    at = town.now - timedelta(hours=1)
    entry = Entry(
        Stream.LOOK,
        "person.open",
        Result.SEEN,
        at,
        actor_id=doctor.pk,
        institution_id=town.clinic.pk,
        person_id=person.pk,
    )
    record(*[entry] * 60)
    return person


def test_the_auditor_finds_who_looked_and_leaves_a_row(town, looked):
    page = town.client(Role.AUDIT_ADMIN).get("/a/audit", {"person": looked.public_code}).content.decode()
    assert "医生甲" in page and "柳沟村卫生室" in page and "下一页" in page
    assert TraceEntry.objects.filter(action="trace.search", person_id=looked.pk).count() == 1


def test_pages_of_the_trace_follow_each_other(town, looked):
    client = town.client(Role.AUDIT_ADMIN)
    first = client.get("/a/audit", {"action": "person.open"})
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())
    second = client.get("/a/audit" + unescape(following))
    assert [_lines(page) for page in (first, second)] == [50, 10]


def test_an_auditor_of_a_county_reads_her_county(town, looked):
    inside = town.client(Role.AUDIT_ADMIN, town.county).get("/a/audit", {"action": "person.open"})
    other = cast.institution("外市一县", "commission", cast.region("370102", "历下区"), town.elsewhere)
    outside = town.client(Role.AUDIT_ADMIN, other)
    assert _lines(inside) == 50
    assert _lines(outside.get("/a/audit", {"action": "person.open"})) == 0


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.DOCTOR])
def test_nobody_else_asks(town, role):
    assert town.client(role).get("/a/audit").status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        {"person": "R1"},
        {"actor": "niemand"},
        {"since": "2026-11-05", "until": "2026-11-01"},
        {"since": "1900-01-01"},
        {"since": "x"},
    ],
)
def test_what_cannot_be_asked_is_said(town, asked):
    answer = town.client(Role.AUDIT_ADMIN).get("/a/audit", asked)
    assert answer.status_code == 422
    assert 'id="errors"' in answer.content.decode()
