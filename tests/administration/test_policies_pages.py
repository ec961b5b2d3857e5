"""Policies through their pages: an officer proposes, another approves; a trial on past cases; nobody else does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.policies.models import Edition, PolicyTrial, PolicyVersion
from kangqu.kernel.policies.tasks import run_trial
from kangqu.kernel.rules.policy import adopt
from kangqu.kernel.trace.models import TraceEntry

pytestmark = pytest.mark.django_db
HERE = "/a/policies/tcm.line.tolerance"


@pytest.fixture(autouse=True)
def nothing_adopted(db):
    yield
    adopt((), edition=0)


@pytest.fixture
def officer(town):
    return town.client(Role.COMMISSION_OFFICER)


def _asked(town, **more: str) -> dict[str, str]:
    starts = city_day(town.now) + timedelta(days=10)
    given = {"value": "3", "starts": f"{starts}", "document": "𠮷市称量通知", "number": "〔2026〕8号", "mark": "V"}
    return given | {"clause": "第三条", "note": "先在市级药房"} | more


def _proposed(town, officer, **more: str) -> PolicyVersion:
    answer = officer.post(f"{HERE}/propose", _asked(town, **more))
    assert answer.status_code == 302, answer.content.decode()
    return PolicyVersion.objects.latest("id")


def test_proposed_by_one_approved_by_another(town, officer):
    version = _proposed(town, officer)
    own = officer.get(HERE).content.decode()
    assert "待批准" in own and f"{version.pk}/approve" not in own and f"{version.pk}/withdraw" in own
    himself = officer.post(f"{HERE}/{version.pk}/approve")
    assert himself.status_code == 403 and "KQ-3306" in himself.content.decode()
    other = town.client(Role.COMMISSION_OFFICER)
    page = other.get(HERE).content.decode()
    assert f"{version.pk}/approve" in page and "𠮷市称量通知" in page and "先在市级药房" in page
    assert "3" in other.get(f"{HERE}/{version.pk}/approve").content.decode()
    assert other.post(f"{HERE}/{version.pk}/approve").status_code == 302
    again = other.post(f"{HERE}/{version.pk}/approve")
    assert again.status_code == 409 and "KQ-3307" in again.content.decode()
    assert "将生效" in other.get(HERE).content.decode() and Edition.objects.get().number == 1
    assert f"{version.starts} 起 3" in other.get("/a/policies?state=own").content.decode()
    assert other.post(f"{HERE}/{version.pk}/withdraw", {"reason": "通知撤销"}).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.reason) == ("withdrawn", "通知撤销")


def test_turned_down_with_its_reason(town, officer):
    version, other = _proposed(town, officer), town.client(Role.COMMISSION_OFFICER)
    assert officer.post(f"{HERE}/{version.pk}/refuse", {"reason": "x"}).status_code == 422
    assert other.post(f"{HERE}/{version.pk}/refuse", {"reason": ""}).status_code == 422
    assert other.post(f"{HERE}/{version.pk}/refuse", {"reason": "依据不足"}).status_code == 302
    assert "依据不足" in officer.get(HERE).content.decode() and not Edition.objects.filter(number__gt=0).exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"value": "11"}, "KQ-3303"),
        ({"value": "3.5"}, "KQ-3302"),
        ({"value": "9" * 5000}, ""),
        ({"value": "\x00"}, ""),
        ({"starts": "2020-01-01"}, "KQ-3304"),
        ({"starts": "2099-12-31"}, "KQ-3305"),
        ({"starts": "x"}, ""),
        ({"document": " "}, ""),
        ({"mark": "Z"}, ""),
        ({"note": "长" * 2_000_000}, ""),
    ],
)
def test_what_is_wrong_stands_at_its_field(town, officer, wrong, code):
    answer = officer.post(f"{HERE}/propose", _asked(town, **wrong))
    assert answer.status_code in (400, 422) and code in answer.content.decode()
    assert not PolicyVersion.objects.exists()


def test_today_is_too_soon(town, officer):
    answer = officer.post(f"{HERE}/propose", _asked(town, starts=f"{city_day(town.now)}"))
    assert answer.status_code == 422 and "KQ-3304" in answer.content.decode()


def test_only_the_citys_own_officers_decide(town, officer):
    version = _proposed(town, officer)
    for client in (
        town.client(Role.COMMISSION_OFFICER, town.county),
        town.client(Role.COMMISSION_OFFICER, town.elsewhere),
        town.client(Role.COMMISSION_OFFICER, town.clinic),
    ):
        page = client.get(HERE).content.decode()
        assert "/approve" not in page and "/propose" not in page
        for way in ("propose", f"{version.pk}/approve", f"{version.pk}/refuse", f"{version.pk}/withdraw"):
            answer = client.post(f"{HERE}/{way}", _asked(town, reason="x"))
            assert answer.status_code == 403 and "KQ-3312" in answer.content.decode(), way
    for role in (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN):
        assert town.client(role).get(HERE).status_code == 200
        assert town.client(role).post(f"{HERE}/{version.pk}/approve").status_code == 403
    assert town.client(Role.DOCTOR).get("/a/policies").status_code == 403
    assert Client().get("/a/policies").status_code == 302
    version.refresh_from_db()
    assert version.state == "proposed"


def test_what_is_not_there(town, officer):
    version = _proposed(town, officer)
    other = f"/a/policies/presence.fever/{version.pk}/approve"
    for path in (
        "/a/policies/no.such",
        f"{HERE}/{9**40}/approve",
        f"{HERE}/1/approve",
        other,
        f"{HERE}/trials/{9**40}",
    ):
        assert officer.get(path).status_code == 404, path
    assert officer.get("/a/policies/people.adult_age/try").status_code == 422


def test_the_list_finds_by_name_and_part(officer):
    page = officer.get("/a/policies?q=称量").content.decode()
    assert "称量允许误差" in page and "发热提示" not in page
    assert "发热提示" in officer.get("/a/policies?part=presence").content.decode()
    assert officer.get("/a/policies?format=csv").status_code == 200


def test_a_trial_is_asked_for_run_and_shown(town, officer):
    today = city_day(town.now)
    asked = {"value": "3", "since": f"{today - timedelta(days=3)}", "until": f"{today}", "place": ""}
    answer = officer.post(f"{HERE}/try", asked)
    where = answer["Location"]
    assert re.fullmatch(rf"{HERE}/trials/\d+", where) and "等待开始" in officer.get(where).content.decode()
    run_trial(PolicyTrial.objects.get().pk)
    page = officer.get(where).content.decode()
    assert "已完成" in page and "没有可试算的记录" in page
    assert TraceEntry.objects.filter(action="policies.try_look").count() == 1
    assert town.client(Role.COMMISSION_OFFICER).get(where).status_code == 404
    over = officer.post(f"{where}/stop")
    assert over.status_code == 409 and "KQ-3315" in over.content.decode()
    for wrong in ({"until": f"{today + timedelta(days=1)}"}, {"since": "2020-01-01"}, {"value": "x"}, {"place": "J0"}):
        assert officer.post(f"{HERE}/try", asked | wrong).status_code == 422
    outside = officer.post(f"{HERE}/try", asked | {"place": town.elsewhere.code})
    assert outside.status_code == 422 and PolicyTrial.objects.count() == 1
    assert town.client(Role.AUDIT_ADMIN).get(f"{HERE}/try").status_code == 403
