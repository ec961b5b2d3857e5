"""Consortia through their pages: founded, joined and left by those who reach the leader, seen by those who belong."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.places import actions
from kangqu.kernel.places.models import Consortium, ConsortiumMember
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry

pytestmark = pytest.mark.django_db


def _asked(town, **more: str) -> dict[str, str]:
    return {"kind": "county", "name": "𠮷川区医共体", "leader": town.county.code, "on": "2024-01-01"} | more


@pytest.fixture
def consortium(town):
    return actions.form_consortium(
        kind="city", name="市医联体", leader=town.county, on=date(2024, 1, 1), by=the_house(), at=town.now
    )


def test_founded_joined_and_left(town):
    client = town.client(Role.SYSTEM_ADMIN)
    assert client.post("/a/consortia/found", _asked(town)).status_code == 302
    made = Consortium.objects.get()
    here = f"/a/consortia/{made.pk}"
    joined = {"institution": town.clinic.code.lower(), "on": "2024-03-01"}
    assert client.post(f"{here}/join", joined)["Location"] == here
    again = client.post(f"{here}/join", joined)
    assert again.status_code == 422 and "KQ-1317" in again.content.decode()
    page = client.get(here).content.decode()
    assert "柳沟村卫生室" in page and "2024-03-01" in page
    assert "𠮷川区医共体" in client.get("/a/consortia").content.decode()
    assert "𠮷川区医共体" in client.get(f"/a/orgs/{town.clinic.code}").content.decode()
    leave = f"{here}/members/{town.clinic.code}/leave"
    early = client.post(leave, {"on": "2024-02-01"})
    assert early.status_code == 422 and "KQ-1322" in early.content.decode()
    assert client.post(leave, {"on": "2025-02-01"}).status_code == 302
    assert client.post(leave, {"on": "2025-02-01"}).status_code == 404
    assert (
        client.post(f"{here}/members/{town.county.code}/leave", {"on": "2025-02-01"}).status_code == 422
    )  # the leader
    assert ConsortiumMember.objects.filter(left_on=None).count() == 1
    told = set(TraceEntry.objects.filter(action__contains="consortium").values_list("action", flat=True))
    assert told == {"places.form_consortium", "places.join_consortium", "places.leave_consortium"}


@pytest.mark.parametrize(
    "wrong",
    [{"name": "a\x00b"}, {"name": ""}, {"name": "x" * 10_000_000}, {"kind": "castle"}, {"leader": "J0"}, {"on": "x"}],
)
def test_what_is_wrong_is_refused_and_nothing_is_founded(town, wrong):
    assert town.client(Role.SYSTEM_ADMIN).post("/a/consortia/found", _asked(town, **wrong)).status_code in (400, 422)
    assert not Consortium.objects.exists()


def test_a_name_is_given_once(town, consortium):
    answer = town.client(Role.SYSTEM_ADMIN).post("/a/consortia/found", _asked(town, name="市医联体"))
    assert answer.status_code == 422 and "KQ-1316" in answer.content.decode()


def test_who_belongs_sees_and_only_who_reaches_the_leader_changes(town, consortium):
    actions.join_consortium(consortium, town.clinic, on=date(2024, 3, 1), by=the_house(), at=town.now)
    here, member = f"/a/consortia/{consortium.pk}", town.client(Role.INSTITUTION_MANAGER, town.clinic)
    page = member.get(here).content.decode()
    assert "市医联体" in page and f"{here}/join" not in page and town.county.code not in page
    for way in ("join", f"members/{town.clinic.code}/leave"):
        assert member.post(f"{here}/{way}", {"institution": town.clinic.code, "on": "2024-04-01"}).status_code == 404
    stranger = town.client(Role.SYSTEM_ADMIN, town.elsewhere)
    for way in ("", "/join", f"/members/{town.clinic.code}/leave"):
        missing = stranger.get(f"/a/consortia/{2**62}{way}")
        assert stranger.get(here + way).status_code == missing.status_code == 404
    assert stranger.get(f"/a/consortia/{9**40}").status_code == 404
    assert "市医联体" not in stranger.get("/a/consortia").content.decode()


def test_nobody_takes_in_an_institution_out_of_reach(town, consortium):
    manager = town.client(Role.INSTITUTION_MANAGER, town.county)
    answer = manager.post(
        f"/a/consortia/{consortium.pk}/join", {"institution": town.elsewhere.code, "on": "2024-04-01"}
    )
    assert answer.status_code == 422 and "KQ-1001" in answer.content.decode()
    answer = manager.post("/a/consortia/found", _asked(town, leader=town.elsewhere.code))
    assert answer.status_code == 422 and not Consortium.objects.filter(kind="county").exists()


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN, Role.COMMISSION_OFFICER])
def test_who_may_not_found_does_not(town, role):
    assert town.client(role).post("/a/consortia/found", _asked(town)).status_code == 403
    assert Client().post("/a/consortia/found", _asked(town)).status_code == 302
    assert not Consortium.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_in_the_same_member_one_does(town, consortium):
    clients = [town.client(Role.SYSTEM_ADMIN) for _ in range(2)]
    codes = []

    def join(client: Client) -> None:
        try:
            asked = {"institution": town.clinic.code, "on": "2024-03-01"}
            codes.append(client.post(f"/a/consortia/{consortium.pk}/join", asked).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=join, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302, 422]
    assert ConsortiumMember.objects.filter(institution=town.clinic).count() == 1
