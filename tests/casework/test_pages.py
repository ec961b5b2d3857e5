"""Casework through its pages: who may see and do what, and that nothing is done twice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.deadlines import act_on_deadlines
from kangqu.kernel.cases.models import Alert, Case
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.models import TraceEntry
from tests.casework.conftest import Desk

HOUR = timedelta(hours=1)


def now(case: Snapshot) -> Snapshot:
    found = snapshot(case.id)
    assert found is not None
    return found


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def codes(page: str) -> list[str]:
    """The cases of a list, in its order."""
    return list(dict.fromkeys(re.findall(r'name="pick" value="(K\w+)"', page)))


# The work list


def test_the_list_is_in_the_order_of_harm_and_says_what_is_late(desk: Desk, nurse: Client) -> None:
    late, new, visit = desk.lamp(ago=3 * HOUR), desk.lamp(), desk.visit()
    page = text(nurse, "/c/tasks")
    assert codes(page) == [late.code, new.code, visit.code]
    assert "超时 2 小时" in page and "王秀𠮷" in page and "修灯" in page
    assert codes(text(nurse, "/c/tasks?programme=test_visit")) == [visit.code]
    assert codes(text(nurse, "/c/tasks?programme=test_lamp&state=reported")) == [late.code, new.code]
    assert codes(text(nurse, "/c/tasks?programme=nothing&state=x")) == []
    assert TraceEntry.objects.filter(action="case.list", stream="look").count() == 4


def test_the_list_is_paged_by_key(desk: Desk, nurse: Client) -> None:
    made = [desk.lamp(ago=timedelta(minutes=number)).code for number in range(53)]
    first = text(nurse, "/c/tasks")
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = text(nurse, onward.group(1).replace("&amp;", "&"))
    assert codes(first) + codes(second) == made[::-1]
    assert 'rel="next"' not in second
    for broken in ("x", "W10", "eyJhdCI6IDF9"):
        assert nurse.get("/c/tasks", {"after": broken}).status_code == 422


def test_each_post_sees_its_own_work(desk: Desk) -> None:
    lamp, visit = desk.lamp(), desk.visit()
    chief = desk.staff("chief", Role.INSTITUTION_MANAGER)
    assert codes(text(chief, "/c/tasks")) == [lamp.code]
    for role, where in ((Role.NURSE, desk.other), (Role.NURSE, desk.elsewhere), (Role.AUDIT_ADMIN, desk.top)):
        page = text(desk.staff(f"{role}-{where.pk}", role, where), "/c/tasks")
        assert codes(page) == [] and visit.code not in page


def test_chosen_ones_are_claimed_and_done_together(desk: Desk, nurse: Client) -> None:
    cases = [desk.lamp() for _ in range(3)]
    desk.staff("colleague", Role.NURSE)
    keeping.claim(cases[2].id, by=desk.actor("colleague"), at=desk.now)
    answer = nurse.post("/c/tasks/together", {"pick": [case.code for case in cases], "do": "claim"}, follow=True)
    page = answer.content.decode()
    assert "办好 2 件" in page and f"{cases[2].code}：" in page and "KQ-3003" in page
    assert codes(text(nurse, "/c/tasks?tab=mine")) == [cases[0].code, cases[1].code]
    where = "/c/tasks/together?programme=test_lamp&state=reported"
    page = nurse.post(where, {"pick": [case.code for case in cases[:2]], "do": "look"}, follow=True).content.decode()
    assert "办好 2 件" in page
    assert [now(case).state for case in cases] == ["looked_at", "looked_at", "reported"]
    page = nurse.post(where, {"pick": [cases[0].code, "K1", "\0"], "do": "look"}, follow=True).content.decode()
    assert "KQ-3001" in page and "KQ-1001" in page


@pytest.mark.parametrize(("step", "code"), [("write_off", "KQ-3032"), ("pass_on", "KQ-3032"), ("fly", "KQ-3032")])
def test_what_asks_something_is_not_done_by_the_handful(desk: Desk, nurse: Client, step: str, code: str) -> None:
    case = desk.lamp()
    answer = nurse.post("/c/tasks/together?programme=test_lamp&state=reported", {"pick": case.code, "do": step})
    assert answer.status_code == 422 and code in answer.content.decode()
    assert now(case).seq == 1


def test_nothing_chosen_says_so(desk: Desk, nurse: Client) -> None:
    assert "KQ-3033" in nurse.post("/c/tasks/together", {"do": "claim"}, follow=True).content.decode()


def test_what_one_was_told_stands_on_top_until_one_knows(desk: Desk, nurse: Client) -> None:
    case = desk.lamp(ago=90 * timedelta(minutes=1))
    act_on_deadlines(desk.now)
    page = text(nurse, "/c/tasks")
    assert "1 条超时提醒" in page and case.code in page
    alert = Alert.objects.get()
    other = desk.staff("other", Role.NURSE, desk.other)
    other.post(f"/c/tasks/alerts/{alert.pk}")
    assert Alert.objects.get().seen_at is None
    assert nurse.post(f"/c/tasks/alerts/{alert.pk}").status_code == 302
    assert Alert.objects.get().seen_by == desk.accounts["nurse"].pk
    assert "条超时提醒" not in text(nurse, "/c/tasks")
    assert nurse.post(f"/c/tasks/alerts/{2**70}").status_code == 302


# One box for every code


def test_a_scan_opens_a_case(desk: Desk, nurse: Client) -> None:
    case = desk.lamp(number="RX-1001")
    for typed in (case.code, case.code.lower(), f" {case.code} ", "RX-1001"):
        assert nurse.post("/c/find", {"q": typed}).headers["Location"] == f"/c/cases/{case.code}"
    assert nurse.post("/c/find", {"q": desk.patient.public_code}).headers["Location"].endswith(desk.patient.public_code)
    twin = desk.lamp(number="RX-1001")
    page = nurse.post("/c/find", {"q": "RX-1001"}).content.decode()
    assert case.code in page and twin.code in page
    for nothing in ("RX-1002", "x" * 300, "\0", "王秀", "370302190001010001"):
        answer = nurse.post("/c/find", {"q": nothing})
        assert answer.status_code == 200 and case.code not in answer.content.decode()
    stranger = desk.staff("stranger", Role.NURSE, desk.elsewhere)
    assert stranger.post("/c/find", {"q": case.code}).status_code == 404
    assert case.code not in stranger.post("/c/find", {"q": "RX-1001"}).content.decode()
    assert desk.staff("doctor", Role.DOCTOR).post("/c/find", {"q": case.code}).status_code == 404


def test_the_code_of_a_step_leads_to_it(desk: Desk, nurse: Client) -> None:
    case = desk.lamp()
    sheet = text(nurse, f"/c/cases/{case.code}/sheet")
    assert "查看" in sheet and "<svg" in sheet
    page = nurse.post("/c/find", {"q": f"{case.code}.LOOK"}, follow=True).content.decode()
    assert 'data-result="ok"' in page and now(case).state == "looked_at"
    page = nurse.post("/c/find", {"q": f"{case.code}.LOOK"}, follow=True).content.decode()
    assert 'data-result="bad"' in page and "KQ-3001" in page and now(case).seq == 2
    for step in ("WRITE-OFF", "FLY", "\0", "%2F..", "x" * 60, "已"):
        assert nurse.post("/c/find", {"q": f"{case.code}.{step}"}, follow=True).status_code in (200, 404), step
    assert now(case).seq == 2


def test_the_code_of_a_step_that_asks_something_leads_to_its_page(desk: Desk) -> None:
    case = desk.lamp()
    chief = desk.staff("chief", Role.INSTITUTION_MANAGER)
    answer = chief.post("/c/find", {"q": f"{case.code}.WRITE-OFF"})
    assert answer.headers["Location"] == f"/c/cases/{case.code}/steps/write_off"
    assert now(case).seq == 1
    stranger = desk.staff("stranger", Role.NURSE, desk.other)
    assert stranger.post("/c/find", {"q": f"{case.code}.LOOK"}).status_code == 404


# The page of a case


def test_the_page_tells_what_it_is_and_what_can_be_done(desk: Desk, nurse: Client) -> None:
    case = desk.visit(why="wound", _secret="unsaid")
    page = text(nurse, f"/c/cases/{case.code}")
    for words in ("上门访视", "待安排", "王秀𠮷", "为什么上门", "换药", "安排", "取消访视", "领办", "受理"):
        assert words in page, words
    assert "unsaid" not in page
    assert TraceEntry.objects.filter(action="case.look", object_id=case.id).count() == 1


def test_a_step_is_taken_once_however_often_it_is_pressed(desk: Desk, nurse: Client) -> None:
    case = desk.visit()
    press = {"kq-seq": "1"}
    answer = nurse.post(f"/c/cases/{case.code}/steps/plan", press, follow=True)
    assert "已办：安排" in answer.content.decode()
    again = nurse.post(f"/c/cases/{case.code}/steps/plan", press)
    assert again.status_code == 422 and "KQ-3001" in again.content.decode()
    assert (now(case).state, now(case).seq) == ("planned", 2)


def test_a_form_is_read_and_what_is_wrong_is_said(desk: Desk, nurse: Client) -> None:
    case = desk.visit()
    nurse.post(f"/c/cases/{case.code}/steps/plan", {"kq-seq": "1"})
    where = f"/c/cases/{case.code}/steps/visit"
    page = text(nurse, where)
    assert 'name="systolic"' in page and now(case).state == "planned"
    for wrong in ({}, {"systolic": "999", "well": "1"}, {"systolic": "\0", "well": "1"}, {"systolic": "120", "x": "1"}):
        answer = nurse.post(where, {"kq-seq": "2", **wrong})
        assert answer.status_code == 422, wrong
    assert nurse.post(where, {"kq-seq": "2", "systolic": "138", "well": "1"}).status_code == 302
    page = text(nurse, f"/c/cases/{case.code}")
    assert "138 mmHg" in page and "收缩压" in page and "已办结" in page
    assert now(case).facts["systolic"] == 138


def test_a_grave_step_is_asked_twice(desk: Desk) -> None:
    case = desk.lamp()
    chief = desk.staff("chief", Role.INSTITUTION_MANAGER)
    page = text(chief, f"/c/cases/{case.code}")
    assert f'href="/c/cases/{case.code}/steps/write_off"' in page
    assert "确实要" in text(chief, f"/c/cases/{case.code}/steps/write_off")
    assert now(case).state == "reported"


def test_a_step_may_send_the_case_to_another_institution(desk: Desk, nurse: Client) -> None:
    case = desk.lamp()
    where = f"/c/cases/{case.code}/steps/pass_on"
    for nowhere in ("G0000000000", "12345678901"):
        assert nurse.post(where, {"kq-seq": "1", "kq-to": nowhere}).status_code == 422
    assert nurse.post(where, {"kq-seq": "1", "kq-to": desk.other.code}).status_code == 302
    assert now(case).institution_id == desk.other.pk


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [
        (Role.DOCTOR, "clinic", 404),
        (Role.NURSE, "other", 404),
        (Role.NURSE, "elsewhere", 404),
        (Role.COMMISSION_OFFICER, "top", 200),
        (Role.AUDIT_ADMIN, "top", 404),
    ],
)
def test_who_may_open_a_case(desk: Desk, role: Role, where: str, status: int) -> None:
    case = desk.lamp()
    client = desk.staff("somebody", role, getattr(desk, where))
    missing = client.get("/c/cases/K0000000000000")
    answer = client.get(f"/c/cases/{case.code}")
    assert (answer.status_code, missing.status_code) == (status, 404)
    if status == 404:
        assert "修灯" not in answer.content.decode() and "KQ-1001" in answer.content.decode()
        for path in ("sheet", "steps/look", "claim", "hand-over", "suspend", "roll-back", "documents", "documents/1"):
            assert client.post(f"/c/cases/{case.code}/{path}", {"kq-seq": "1"}).status_code == 404, path
    assert now(case).seq == 1


def test_a_wrong_role_sees_the_case_and_takes_no_step(desk: Desk) -> None:
    case = desk.visit()
    chief = desk.staff("chief", Role.INSTITUTION_MANAGER)
    page = text(chief, f"/c/cases/{case.code}")
    assert "steps/plan" not in page and "王**" in page and "王秀" not in page
    answer = chief.post(f"/c/cases/{case.code}/steps/plan", {"kq-seq": "1"})
    assert answer.status_code == 422 and "KQ-1002" in answer.content.decode()
    assert now(case).seq == 1


def test_claimed_let_go_handed_over(desk: Desk, nurse: Client) -> None:
    case = desk.lamp()
    colleague = desk.staff("colleague", Role.NURSE)
    base = f"/c/cases/{case.code}"
    assert nurse.post(f"{base}/claim").status_code == 302
    assert now(case).holder_id == desk.accounts["nurse"].pk
    assert "steps/look" not in text(colleague, base) and "nurse" in text(colleague, base)
    assert "KQ-3003" in colleague.post(f"{base}/claim", follow=True).content.decode()
    page = text(nurse, f"{base}/hand-over")
    assert "colleague" in page
    to = desk.accounts["colleague"].pk
    assert nurse.post(f"{base}/hand-over", {"kq-to": "1"}).status_code == 422
    assert nurse.post(f"{base}/hand-over", {"kq-to": to, "kq-reason": "交班"}).status_code == 302
    assert now(case).holder_id == to
    assert nurse.get(f"{base}/hand-over").status_code == 403
    assert colleague.post(f"{base}/let-go").status_code == 302
    assert now(case).holder_id is None
    assert "交班" in text(nurse, base) and "→ colleague" in text(nurse, base)


def test_rests_and_goes_on_and_is_taken_back_with_a_reason(desk: Desk, nurse: Client) -> None:
    case = desk.visit()
    base = f"/c/cases/{case.code}"
    assert nurse.post(f"{base}/suspend", {"kq-reason": ""}).status_code == 422
    assert nurse.post(f"{base}/suspend", {"kq-reason": "住院"}).status_code == 302
    assert now(case).suspended_at is not None and "已暂停" in text(nurse, base)
    assert nurse.post(f"{base}/resume").status_code == 302
    assert "KQ-3008" in nurse.post(f"{base}/resume", follow=True).content.decode()
    nurse.post(f"{base}/steps/plan", {"kq-seq": "3"})
    assert now(case).state == "planned"
    assert nurse.post(f"{base}/roll-back", {"kq-reason": " "}).status_code == 422
    assert nurse.post(f"{base}/roll-back", {"kq-reason": "点错"}).status_code == 302
    assert now(case).state == "asked" and "点错" in text(nurse, base)


def test_parents_and_children_are_shown_to_whom_they_are_open(desk: Desk, nurse: Client) -> None:
    parent, child, far = desk.lamp(), desk.visit(), desk.visit(where=desk.other)
    Case.objects.filter(pk__in=(child.id, far.id)).update(parent_id=parent.id)
    page = text(nurse, f"/c/cases/{parent.code}")
    assert child.code in page and far.code not in page
    assert parent.code in text(nurse, f"/c/cases/{child.code}")


# Search


def test_search_by_programme_state_time_place_and_person(desk: Desk, nurse: Client) -> None:
    lamp, visit = desk.lamp(), desk.visit()
    far = desk.visit(where=desk.other)
    desk.visit(desk.stranger, where=desk.elsewhere)

    def found(query: str, client: Client = nurse) -> set[str]:
        return set(re.findall(r"/c/cases/(K\w+)", text(client, f"/c/cases?{query}")))

    assert found("") == {lamp.code, visit.code}
    assert found("programme=test_visit") == {visit.code}
    assert found("programme=test_lamp&state=looked_at") == set()
    assert found("since=2020-01-01&until=2020-02-01") == set()
    assert found(f"person={desk.patient.public_code}") == {visit.code}
    assert found(f"person={desk.stranger.public_code}") == set()
    assert found(f"place={desk.clinic.code}") == {lamp.code, visit.code}
    assert found("opened=on") == {lamp.code, visit.code}
    top = desk.staff("top", Role.NURSE, desk.top)
    assert found("programme=test_visit", top) == {visit.code, far.code}
    assert found(f"place={desk.other.code}", top) == {far.code}
    for odd in ("place=G1", "person=R1", "since=x", "person=" + "9" * 400, "state=%F0%A0%AE%B7"):
        assert nurse.get(f"/c/cases?{odd}").status_code == 200
    assert nurse.get("/c/cases?person=%00").status_code == 422


# Opening by hand


def test_a_case_is_opened_by_hand_once(desk: Desk, nurse: Client) -> None:
    where = "/c/open/test_visit"
    page = text(nurse, where)
    key = re.search(r'name="kq-key" value="(\w+)"', page)
    assert key is not None and 'name="why"' in page
    sent = {"kq-key": key.group(1), "kq-person": desk.patient.public_code, "why": "old", "wish": "𠮷日"}
    first, second = nurse.post(where, sent), nurse.post(where, sent)
    assert first.status_code == 302 and first.headers["Location"] == second.headers["Location"]
    assert Case.objects.get().facts == {"why": "old", "wish": "𠮷日"}
    for wrong in ({"why": ""}, {"kq-person": ""}, {"kq-person": desk.stranger.public_code}, {"wish": "\0"}):
        assert nurse.post(where, {**sent, "kq-key": "k2", **wrong}).status_code == 422, wrong
    assert Case.objects.count() == 1


def test_a_scanned_resident_is_shown_before_her_case_is_opened(desk: Desk, nurse: Client) -> None:
    page = text(nurse, f"/c/open/test_visit?person={desk.patient.public_code}")
    assert "王秀𠮷" in page and f'name="kq-person" value="{desk.patient.public_code}"' in page
    for other in (desk.stranger.public_code, "R1", "x" * 300):
        page = text(nurse, f"/c/open/test_visit?person={other}")
        assert "没有找到这位居民" in page and "赵刚" not in page


def test_who_may_open_by_hand(desk: Desk) -> None:
    chief = desk.staff("chief", Role.INSTITUTION_MANAGER)
    assert chief.get("/c/open/test_visit").status_code == 403
    assert chief.get("/c/open/test_lamp").status_code == 404
    assert chief.get("/c/open/nothing").status_code == 404
    assert "没有要手工受理" in text(chief, "/c/open")
    registrar = desk.staff("registrar", Role.REGISTRAR)
    assert registrar.get("/c/open").headers["Location"] == "/c/open/test_visit"


def test_a_step_moved_by_somebody_else_meanwhile_is_not_taken(desk: Desk, nurse: Client) -> None:
    case = desk.lamp()
    page = text(nurse, f"/c/cases/{case.code}")
    assert 'name="kq-seq" value="1"' in page
    desk.staff("colleague", Role.NURSE)
    take_step(case.id, "pass_on", by=desk.actor("colleague"), at=desk.now, to_institution_id=desk.clinic.pk)
    answer = nurse.post(f"/c/cases/{case.code}/steps/look", {"kq-seq": "1"})
    assert answer.status_code == 422 and "KQ-3006" in answer.content.decode()
    assert now(case).state == "reported"
