"""Casework over the API: lists, steps one by one and together, once for a key; the same doors and the same forms."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.web.api import api
from tests.access import cast
from tests.casework.conftest import Desk

HOUR = timedelta(hours=1)
_keys = count(1)


class Program:
    """A program with a token of somebody's post."""

    def __init__(self, desk: Desk, name: str, role: Role, where: Any = None, *scopes: str) -> None:
        account = desk.accounts[name] = cast.staff(name, role, where or desk.clinic, at=desk.now)
        token = cast.token_of(account, *(scopes or ("cases.read", "cases.write")), until=desk.now + HOUR)
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        headers = {**self.headers, "Idempotency-Key": key or f"k{next(_keys)}"}
        text = body if isinstance(body, str) else json.dumps(body if body is not None else {})
        return self.client.post(f"/api/v1/{path}", text, content_type="application/json", headers=headers)


@pytest.fixture
def nurse(desk: Desk) -> Program:
    return Program(desk, "nurse", Role.NURSE)


def test_work_is_listed_page_after_page(desk: Desk, nurse: Program) -> None:
    late, new, visit = desk.lamp(ago=3 * HOUR), desk.lamp(), desk.visit()
    first = nurse.get("cases/tasks", limit="2").json()
    rest = nurse.get("cases/tasks", after=first["after"]).json()
    assert [row["code"] for row in (*first["items"], *rest["items"])] == [late.code, new.code, visit.code]
    assert [row["late"] for row in first["items"]] == [True, False] and rest["after"] is None
    assert rest["items"][0]["who"] == "王秀𠮷"
    assert nurse.get("cases/tasks", programme="test_visit").json()["items"][0]["code"] == visit.code
    waiting = nurse.get("cases/waiting").json()["items"]
    assert {"programme": "test_lamp", "state": "reported", "count": 2, "late": 1} in waiting
    assert nurse.get("cases/tasks", tab="all").status_code == 422
    assert nurse.get("cases/tasks", after="x").status_code == 422


def test_a_case_is_told_whole(desk: Desk, nurse: Program) -> None:
    case = desk.visit(why="old", _inner=1)
    told = nurse.get(f"cases/{case.code}").json()
    assert (told["state"], told["seq"], told["resident"]) == ("asked", 1, desk.patient.public_code)
    assert told["steps"] == ["plan", "cancel"] and told["facts"] == {"why": "old"}
    assert [line["action"] for line in told["timeline"]] == ["case.open"]
    stranger = Program(desk, "stranger", Role.NURSE, desk.elsewhere)
    missing, hidden = stranger.get("cases/K0000000000000"), stranger.get(f"cases/{case.code}")
    assert missing.status_code == hidden.status_code == 404 and missing.json() == hidden.json()


def test_a_step_goes_through_the_form_of_the_page(desk: Desk, nurse: Program) -> None:
    case = desk.visit()
    base = f"cases/{case.code}/steps"
    assert nurse.post(f"{base}/plan", {"seq": 7}).json()["code"] == "KQ-3006"
    key = "plan-1"
    first, again = nurse.post(f"{base}/plan", {"seq": 1}, key), nurse.post(f"{base}/plan", {"seq": 1}, key)
    assert first.json() == again.json() == {"code": case.code, "state": "planned", "seq": 2, "warnings": []}
    assert again.headers["Idempotent-Replay"] == "true"
    assert nurse.post(f"{base}/plan", {"seq": 2}, key).json()["code"] == "KQ-1006"
    for values in ({}, {"systolic": 1e999, "well": True}, {"systolic": 10**40, "well": True}, {"systolic": "a\0"}):
        answer = nurse.post(f"{base}/visit", json.dumps({"values": values}))
        assert answer.status_code == 422, values
    done = nurse.post(f"{base}/visit", {"values": {"systolic": 138, "well": True}})
    assert done.json()["state"] == "done"
    found = snapshot(case.id)
    assert found is not None and found.facts["systolic"] == 138
    assert nurse.post(f"{base}/fly").status_code == 404
    bare = nurse.client.post(f"/api/v1/{base}/plan", "{}", content_type="application/json", headers=nurse.headers)
    assert bare.json()["code"] == "KQ-1009"


def test_steps_together_are_each_for_themselves(desk: Desk, nurse: Program) -> None:
    lamps, visit = [desk.lamp() for _ in range(2)], desk.visit()
    far = desk.lamp(where=desk.other)
    steps = [
        {"case": lamps[0].code, "step": "look"},
        {"case": lamps[1].code.lower(), "step": "look", "seq": 9},
        {"case": visit.code, "step": "plan"},
        {"case": far.code, "step": "look"},
        {"case": "K1", "step": "look"},
        {"case": lamps[1].code, "step": "write_off"},
        {"case": visit.code, "step": "visit", "values": {"systolic": 5}},
    ]
    answers = nurse.post("cases/steps", {"steps": steps}).json()["items"]
    assert [each["code"] or each["state"] for each in answers] == [
        "looked_at", "KQ-3006", "planned", "KQ-1001", "KQ-1001", "KQ-1002", "KQ-3065",
    ]  # fmt: skip
    assert {each["field"] for each in answers[-1]["errors"]} == {"systolic", "well"}
    nonsense: tuple[Any, ...] = ([], steps * 200, [{"case": "K1"}], "x")
    for wrong in nonsense:
        assert nurse.post("cases/steps", {"steps": wrong}).status_code == 422


def test_a_thousand_steps_at_once(desk: Desk, nurse: Program) -> None:
    cases = [desk.lamp() for _ in range(20)]
    steps = [{"case": case.code, "step": "look"} for case in cases] + [{"case": "K1", "step": "look"}] * 980
    answers = nurse.post("cases/steps", {"steps": steps}).json()["items"]
    assert [each["status"] for each in answers] == ["taken"] * 20 + ["refused"] * 980


def test_what_else_is_done_with_a_case(desk: Desk, nurse: Program) -> None:
    case = desk.visit()
    base = f"cases/{case.code}"
    colleague = Program(desk, "colleague", Role.NURSE)
    assert nurse.post(f"{base}/claim").json()["holder"] == "nurse"
    assert colleague.post(f"{base}/claim").json()["code"] == "KQ-3003"
    assert nurse.post(f"{base}/hand-over", {"to": "nobody"}).status_code == 404
    assert nurse.post(f"{base}/hand-over", {"to": "colleague", "reason": "交班"}).json()["holder"] == "colleague"
    assert [row["code"] for row in colleague.get("cases/tasks", tab="mine").json()["items"]] == [case.code]
    assert colleague.post(f"{base}/let-go").json()["holder"] == ""
    assert nurse.post(f"{base}/suspend", {"reason": ""}).status_code == 422
    assert nurse.post(f"{base}/suspend", {"reason": "住院"}).status_code == 200
    assert nurse.post(f"{base}/steps/plan").json()["code"] == "KQ-3004"
    assert nurse.post(f"{base}/resume").status_code == 200
    assert nurse.post(f"{base}/steps/plan").json()["state"] == "planned"
    assert nurse.post(f"{base}/roll-back", {"reason": "点错"}).json()["state"] == "asked"


def test_search_and_opening(desk: Desk, nurse: Program) -> None:
    desk.visit(desk.stranger, where=desk.elsewhere)
    body = {"programme": "test_visit", "resident": desk.patient.public_code, "values": {"why": "old"}, "number": "V-1"}
    opened, again = nurse.post("cases", body, "open-1"), nurse.post("cases", body, "open-1")
    assert (opened.status_code, again.json()) == (201, opened.json())
    assert Case.objects.filter(programme="test_visit").count() == 2
    code = opened.json()["code"]
    assert [row["code"] for row in nurse.get("cases").json()["items"]] == [code]
    assert [row["code"] for row in nurse.get("cases", resident=desk.patient.public_code).json()["items"]] == [code]
    assert nurse.get("cases", **{"from": "2020-01-01", "to": "2020-01-02"}).json()["items"] == []
    assert nurse.get("cases", **{"from": "0001-01-01", "to": "9999-12-31"}).status_code == 200
    assert nurse.get("cases", resident=desk.stranger.public_code).status_code == 404
    wrong: dict[str, Any]
    for wrong in (
        {"values": {}},
        {"values": {"why": "x"}},
        {"resident": None},
        {"resident": desk.stranger.public_code},
    ):
        assert nurse.post("cases", {**body, **wrong}).status_code in (404, 422), wrong
    assert nurse.post("cases", {**body, "programme": "test_lamp"}).status_code == 404


def test_a_document_of_ten_megabytes_is_refused_and_a_small_one_kept(desk: Desk, nurse: Program) -> None:
    case = desk.visit()
    where = f"/api/v1/cases/{case.code}/documents"
    written = io.BytesIO()
    Image.new("RGB", (8, 6)).save(written, "PNG")
    for content, status in (
        (b"%PDF-" + bytes(10_000_000) + b"%%EOF", 413),
        (b"<html>", 422),
        (written.getvalue(), 201),
    ):
        sent = {"file": SimpleUploadedFile("a.png", content), "title": "伤口𠮷"}
        assert nurse.client.post(where, sent, headers=nurse.headers).status_code == status
    (kept,) = nurse.get(f"cases/{case.code}").json()["documents"]
    answer = nurse.get(f"cases/{case.code}/documents/{kept['id']}")
    assert answer.headers["Content-Type"] == "image/png" and answer.content[:4] == b"\x89PNG"
    assert nurse.get(f"cases/{case.code}/documents/{2**63 - 1}").status_code == 404
    assert nurse.get(f"cases/{desk.lamp().code}/documents/{kept['id']}").status_code == 404


def test_scopes_are_asked_for(desk: Desk) -> None:
    case = desk.lamp()
    reader = Program(desk, "reader", Role.NURSE, None, "cases.read")
    assert reader.get(f"cases/{case.code}").status_code == 200
    assert reader.post(f"cases/{case.code}/steps/look").json()["code"] == "KQ-1701"
    other = Program(desk, "other", Role.NURSE, None, "residents.read")
    assert other.get("cases/tasks").json()["code"] == "KQ-1701"


def test_every_write_describes_its_key() -> None:
    described = api().get_openapi_schema()["paths"]
    writes = {path: each["post"] for path, each in described.items() if "/cases" in path and "post" in each}
    assert len(writes) == 10
    for path, write in writes.items():
        named = {one["name"] for one in write.get("parameters", ())}
        assert ("Idempotency-Key" in named) is (not path.endswith("/documents")), path
    kinds = described["/api/v1/cases/{code}/documents/{number}"]["get"]["responses"][200]["content"]
    assert "image/png" in kinds
