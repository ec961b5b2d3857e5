"""The one code over the API, as desks, gates and strangers call it."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Encounter, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.codes.handles import unpack
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import CardKind, CodeScan
from kangqu.kernel.people.codes.reading import read_code
from kangqu.kernel.people.codes.signing import from_jwk
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.access import cast

pytestmark = pytest.mark.django_db(transaction=True)
RNG = random.Random(5)


class Site:
    """A registrar at one hospital, a gate, a doctor elsewhere, a resident with a code, all at the present instant."""

    def __init__(self):
        self.at = timezone.now()
        for table in ("trace_entry", "people_code_use", "presence_by_person", "presence_by_place"):
            ensure_partitions(table, around=self.at - timedelta(days=3), ahead=5)
        code_keys.ensure_keys(self.at - timedelta(days=1))
        where = cast.region("3703", "淄博市")
        self.hospital = cast.institution("市中心医院", "hospital", where)
        self.clinic = cast.institution("卫生院", "township_centre", where)
        self.person = cast.resident("李小𠮷", at=self.at, kept_by=self.hospital)
        self.gate, self.gate_token = cast.device(self.hospital, at=self.at)
        self.other, self.other_token = cast.device(self.clinic, at=self.at)
        self.desk_token = self.token("desk", Role.REGISTRAR, self.hospital, "codes.verify")

    def token(self, name, role, where, *scopes):
        account = Account.objects.create(kind="system", username=name, display_name=name, opened_at=self.at)
        Grant.objects.create(account=account, role=role, institution=where, starts_at=self.at - timedelta(days=1))
        return cast.token_of(account, *scopes, until=self.at + timedelta(hours=1))

    def code(self, seconds=0):
        return cards.show_code(self.person.pk, by=the_house(), at=self.at + timedelta(seconds=seconds), rng=RNG).code


@pytest.fixture
def site(db):
    return Site()


def post(path, token, body, **headers):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client(raise_request_exception=True).post(
        f"/api/v1/{path}", text, "application/json", headers={"Authorization": f"Bearer {token}"} | headers
    )


def get(path, token=None):
    return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"} if token else {})


def test_a_desk_sees_whom_it_looks_after_and_a_gate_only_part_of_the_name(site):
    code = site.code()
    seen = post("code-scans", site.desk_token, {"key": "1", "code": code}).json()
    assert (seen["status"], seen["word"], seen["resident"]["name"]) == ("accepted", "genuine", "李小𠮷")
    gate = post("code-scans", site.gate_token, {"key": "1", "code": code}).json()
    assert (gate["resident"]["name"], gate["resident"]["birth_date"], gate["flags"]) == (
        "李**",
        None,
        ["temporary", "nearby"],
    )
    assert Encounter.objects.get().institution_id == site.hospital.pk


def test_a_single_refused_scan_is_a_problem_with_its_code(site):
    for code, expected in ((site.code(-100), "KQ-1806"), (site.code(60), "KQ-1805"), ("R123", "KQ-1801")):
        answer = post("code-scans", site.desk_token, {"key": expected, "code": code})
        assert (answer.status_code, answer.json()["code"]) == (422, expected)
    assert post("code-scans", site.desk_token, {"key": "n", "code": "R\0"}).status_code == 422


def test_the_same_code_at_another_institution_is_refused(site):
    code = site.code()
    post("code-scans", site.gate_token, {"key": "1", "code": code})
    answer = post("code-scans", site.other_token, {"key": "1", "code": code})
    assert (answer.status_code, answer.json()["code"]) == (409, "KQ-1810")


def test_kept_scans_are_judged_at_their_own_time_and_counted_once(site):
    earlier = site.at - timedelta(hours=2)
    good, late = site.code(-7200), site.code(-9000)
    body = {
        "station": site.gate.station.code,
        "scans": [
            {"key": "a", "code": good, "at": earlier.isoformat()},
            {"key": "b", "code": late, "at": earlier.isoformat()},
            {"key": "c", "code": good, "at": "yesterday"},
            {"key": "d", "code": good, "at": earlier.isoformat(), "extra": 1},
            {"key": "e", "code": good, "at": "0001-01-01T00:00:00+14:00"},
            {"key": "f", "code": good, "at": "9999-12-31T23:59:59-14:00"},
            {"key": "g"},
            {},
        ],
    }
    first, again = (post("code-scans", site.desk_token, body) for _ in range(2))
    told = [(item["status"], item["code"], item["repeated"]) for item in first.json()["items"]]
    assert told[:2] == [("accepted", None, False), ("refused", "KQ-1806", False)]
    assert [code for _, code, _ in told[2:]] == ["KQ-1005", "KQ-1005", "KQ-1812", "KQ-1811", "KQ-1005", "KQ-1005"]
    assert [item["repeated"] for item in again.json()["items"]][:2] == [True, True]
    assert [item | {"repeated": 0} for item in again.json()["items"]] == [
        item | {"repeated": 0} for item in first.json()["items"]
    ]
    assert CodeScan.objects.count() == 2


def test_only_a_desk_s_own_stations(site):
    for station in (site.other.station.code, "X0", site.hospital.code):
        answer = post("code-scans", site.desk_token, {"key": "1", "code": site.code(), "station": station})
        assert (answer.status_code, answer.json()["code"]) == (404, "KQ-1001")


def test_who_may_not_scan(site):
    body = {"key": "1", "code": site.code()}
    assert post("code-scans", "kqd_nobody", body).status_code == 401
    auditor = site.token("audit", Role.AUDIT_ADMIN, site.hospital, "codes.verify")
    assert post("code-scans", auditor, body).status_code == 403
    scopeless = site.token("plain", Role.REGISTRAR, site.hospital, "residents.read")
    assert post("code-scans", scopeless, body).status_code == 403
    assert not CodeScan.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"scans": []}',
        '{"scans": 3}',
        '{"scans": [null]}',
        '{"key": "1", "code": "x", "scans": [{}]}',
        '{"key": 1e400, "code": "x"}',
        '{"key": "1", "code": "x", "at": 99999999999999999999}',
        '{"key": "\\u0000", "code": "x"}',
        '{"key": "\\ud800", "code": "x"}',
        '{"key": "1", "code": "x", "station": "' + "9" * 30 + '"}',
        json.dumps({"scans": [{}] * 501}),
        json.dumps({"key": "1", "code": "R" * 10_000_000}),
        b"\xff\xfe",
    ],
)
def test_bad_input_is_refused_with_a_reason(site, body):
    answer = post("code-scans", site.desk_token, body)
    assert 400 <= answer.status_code < 500 and answer.json()["code"].startswith("KQ-")
    assert not CodeScan.objects.exists()


def test_anybody_may_have_the_public_keys_and_verify_with_them(site):
    told = get("code-keys").json()
    keys = {key.number: key for key in map(from_jwk, told["keys"])}
    assert read_code(site.code(), keys=keys, at=site.at, limits=limits_at(site.at)).word == "genuine"
    assert "d" not in told["keys"][0] and told["limits"]["valid_seconds"] == 90


def test_revoked_paper_cards_are_listed_and_suspended_ones(site):
    card = cards.issue_card(site.person.pk, CardKind.PAPER, by=the_house(), at=site.at - timedelta(minutes=9), rng=RNG)
    cards.revoke_card(card, why="丢失", by=the_house(), at=site.at - timedelta(minutes=5))
    new = cards.issue_card(site.person.pk, CardKind.PAPER, by=the_house(), at=site.at - timedelta(minutes=4), rng=RNG)
    cards.suspend_card(new, why="暂停", by=the_house(), at=site.at - timedelta(minutes=3))
    told = get("code-revocations", site.gate_token).json()
    assert (unpack(told["revoked"]), unpack(told["suspended"])) == (frozenset({card.handle}), frozenset({new.handle}))
    since = (site.at - timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert unpack(get(f"code-revocations?since={since}", site.gate_token).json()["revoked"]) == frozenset()
    assert get("code-revocations").status_code == 401
