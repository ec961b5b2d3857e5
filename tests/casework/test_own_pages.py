"""A resident's own cases: hers, her family's where they let her read reports, and nobody else's."""

from __future__ import annotations

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.trace.models import TraceEntry
from tests.casework.conftest import Desk


def test_she_follows_her_cases_and_takes_her_own_step(desk: Desk) -> None:
    case, lamp = desk.visit(why="old", _inner="不给看"), desk.lamp()
    her = desk.resident(desk.patient)
    page = her.get("/h/cases").content.decode()
    assert "上门访视" in page and case.code in page and lamp.code not in page and "等您办" not in page
    page = her.get(f"/h/cases/{case.code}").content.decode()
    assert (
        "待安排" in page
        and "您可以办" in page
        and "行动不便" in page
        and "不给看" not in page
        and "steps/cancel" in page
    )
    assert "steps/plan" not in page
    for step in ("plan", "visit", "fly"):
        assert her.post(f"/h/cases/{case.code}/steps/{step}", {"kq-seq": "1"}).status_code == 404, step
    assert "确实要" in her.get(f"/h/cases/{case.code}/steps/cancel").content.decode()
    assert her.post(f"/h/cases/{case.code}/steps/cancel", {"kq-seq": "1"}).status_code == 302
    found = snapshot(case.id)
    assert found is not None and found.state == "cancelled"
    answer = her.post(f"/h/cases/{case.code}/steps/cancel", {"kq-seq": "1"}, follow=True)
    assert "已经办过" in answer.content.decode()
    entry = TraceEntry.objects.get(action="case.step", object_id=case.id)
    assert (entry.actor_role, entry.purpose) == ("resident", "self")


def test_no_name_of_the_staff_is_shown_to_her(desk: Desk) -> None:
    nurse = desk.staff("护士长老周", Role.NURSE)
    case = desk.visit()
    nurse.post(f"/c/cases/{case.code}/steps/plan", {"kq-seq": "1"})
    page = desk.resident(desk.patient).get(f"/h/cases/{case.code}").content.decode()
    assert "护士" in page and "柳沟村卫生室" in page and "护士长老周" not in page


def test_family_needs_the_right_to_reports(desk: Desk) -> None:
    case, code = desk.visit(), desk.patient.public_code
    daughter = desk.resident(desk.daughter)
    assert daughter.get(f"/h/cases?for={code}").status_code == 404
    desk.grant(desk.patient, desk.daughter, "code", "book")
    assert daughter.get(f"/h/cases?for={code}").status_code == 404
    assert daughter.get(f"/h/cases/{case.code}").status_code == 404
    assert "王秀𠮷" not in daughter.get("/h/cases").content.decode()


def test_family_with_the_right_follows_and_acts(desk: Desk) -> None:
    case, code = desk.visit(), desk.patient.public_code
    desk.grant(desk.patient, desk.daughter, "reports")
    daughter = desk.resident(desk.daughter)
    assert f"/h/cases?for={code}" in daughter.get("/h/cases").content.decode()
    assert case.code in daughter.get(f"/h/cases?for={code}").content.decode()
    assert "王秀𠮷" in daughter.get(f"/h/cases/{case.code}").content.decode()
    assert daughter.post(f"/h/cases/{case.code}/steps/cancel", {"kq-seq": "1"}).status_code == 302


def test_nobody_else_sees_anything(desk: Desk) -> None:
    case, lamp = desk.visit(), desk.lamp()
    stranger = desk.resident(desk.stranger)
    for path in (f"/h/cases/{case.code}", f"/h/cases/{lamp.code}", "/h/cases/K0000000000000", "/h/cases?for=R1"):
        assert stranger.get(path).status_code == 404, path
    assert case.code not in stranger.get("/h/cases").content.decode()
    assert desk.staff("nurse", Role.NURSE).get("/h/cases").status_code == 403
    assert desk.resident(desk.patient).get(f"/c/cases/{case.code}").status_code == 403


def test_her_home_leads_there(desk: Desk) -> None:
    assert 'href="/h/cases"' in desk.resident(desk.patient).get("/h").content.decode()


def test_her_list_is_paged(desk: Desk) -> None:
    made = {desk.visit().code for _ in range(23)}
    her = desk.resident(desk.patient)
    first = her.get("/h/cases").content.decode()
    onward = first.split('href="/h/cases?after=')[1].split('"')[0]
    second = her.get(f"/h/cases?after={onward}").content.decode()
    seen = {code for code in made if code in first or code in second}
    assert seen == made and sum(code in second for code in made) == 3
