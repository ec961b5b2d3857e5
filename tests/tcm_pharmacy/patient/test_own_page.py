"""The patient follows her pot: what was done and when, in plain words; she and her family alone."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client

from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.people.families import ConsentBy, grant_proxy
from kangqu.kernel.people.models import Person, Proxy
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.line.hand import Post
from kangqu.systems.tcm_pharmacy.models import Promise, PromiseMove
from kangqu.web.formats import show_time
from tests.access import cast
from tests.tcm_pharmacy.line.test_stations import Floor
from tests.tcm_pharmacy.patient.conftest import TO_THE_DOOR, Family, boiled, client_of, handed_over


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_each_stage_in_plain_words(floor: Floor, family: Family) -> None:
    case = boiled(floor)
    said = text_of(family.patient, f"/h/tcm/{case.code}")
    for sentence in (
        "做好了，可以来取", "泡了 32 分钟（规定至少 30 分钟）", "在 1号机煎", "头煎 21 分钟（规定至少 20 分钟）", "二煎 15 分钟",
        "煮沸后锅里 96～100 ℃", "装了 14 袋", "14 袋，每袋 200 毫升", "饭后温服", "每天 2 次",
    ):  # fmt: skip
        assert sentence in said, sentence
    assert "second" in said and "decocter" in said, "who reviewed it, who boiled it"
    assert "评一评" not in said, "not before it is in her hands"
    assert text_of(family.daughter, f"/h/tcm/{case.code}").count("王秀英") == 1
    looks = TraceEntry.objects.filter(stream="look", person_id=floor.pharmacy.patient.pk, action="case.look")
    assert looks.count() == 2


def test_nobody_else_sees_it(floor: Floor, family: Family) -> None:
    case = boiled(floor)
    for path in (f"/h/tcm/{case.code}", f"/h/tcm/{case.code}/rate", f"/h/tcm/{case.code}/complain", "/h/tcm/K%00"):
        assert family.stranger.get(path).status_code in (404, 422), path
    assert family.patient.get("/h/tcm/K0000000000000").status_code == 404
    assert client_of(floor.pharmacy, "manager").get(f"/h/tcm/{case.code}").status_code == 403
    assert Client().get(f"/h/tcm/{case.code}").status_code == 302


def test_who_may_not_read_reports_is_told_what_she_may_and_how_she_is_let(floor: Floor, family: Family) -> None:
    case = boiled(floor)
    patient = floor.pharmacy.patient
    son = cast.resident("王小明", at=floor.at)
    Person.objects.filter(pk=son.pk).update(birth_date="1990-05-02")
    cast.resident_account(son, at=floor.pharmacy.now)
    earlier = floor.at - timedelta(hours=5)
    grant_proxy(
        patient.pk, son.pk, relation="子女", rights=("code",), consent=ConsentBy.DESK, by=the_house(), at=earlier
    )
    client, page = client_of(floor.pharmacy, f"r{son.pk}"), f"/h/tcm/{case.code}"
    for path in (page, f"{page}/rate", f"{page}/complain", f"{page}/complaint"):
        answer = client.get(path)
        shown = answer.content.decode()
        assert answer.status_code == 403 and "还没有让您看报告" in shown and "打开“看报告”" in shown, path
        for secret in ("做好了", "黄芪", "RX-1", "14 袋"):
            assert secret not in shown, secret
    assert f"/h/family/for/{patient.public_code}" in shown
    assert client.get(f"/h/family/for/{patient.public_code}").status_code == 200
    looked = TraceEntry.objects.filter(action="case.look", person_id=patient.pk, stream="look", result="refused")
    assert looked.count() == 4
    assert client.get("/h/tcm/K0000000000000").status_code == 404
    Proxy.objects.filter(agent_id=son.pk).update(rights=["code", "reports"])
    assert "做好了" in text_of(client, page)
    Proxy.objects.filter(agent_id=son.pk).update(revoked_at=floor.at)
    assert client.get(page).status_code == 404
    Proxy.objects.filter(agent_id=son.pk).update(revoked_at=None, rights=["code"])
    Person.objects.filter(pk=patient.pk).update(status="deceased", deceased_on="2026-01-01")
    assert client.get(page).status_code == 404


def test_a_case_of_another_kind_is_not_found(floor: Floor, family: Family) -> None:
    from kangqu.kernel.cases.opening import open_case

    other, _ = open_case(
        "tcm_complaint", key="x", institution_id=floor.pharmacy.centre.pk, person_id=floor.pharmacy.patient.pk,
        by=floor.pharmacy.people["pharmacist"], at=floor.at, facts={"about": "late", "said": "晚"},
    )  # fmt: skip
    assert family.patient.get(f"/h/tcm/{other.code}").status_code == 404
    assert family.patient.get(f"/h/cases/{other.code}").status_code == 200


def test_what_was_promised_and_its_moves_with_the_reason(floor: Floor, family: Family) -> None:
    case = floor.prescription()
    first, later = floor.at + timedelta(hours=3), floor.at + timedelta(hours=4)
    promise = Promise.objects.create(
        case_id=case.id, pharmacy=floor.pharmacy.centre, promised_at=later, first_promised_at=first, stages=[],
        quoted_at=floor.at, broken_at=floor.at, expected_at=later + timedelta(minutes=20),
    )  # fmt: skip
    PromiseMove.objects.create(
        promise=promise, promised_before=first, promised_at=later, reason="2 号机停电", at=floor.at
    )
    said = text_of(family.patient, f"/h/tcm/{case.code}")
    assert "2 号机停电" in said and "可能要晚：预计" in said
    assert show_time(first) in said and show_time(later) in said


def test_on_the_way_and_who_signed(floor: Floor, family: Family) -> None:
    case = boiled(floor, delivery=TO_THE_DOOR)
    assert "做好了，等快递员来取" in text_of(family.patient, f"/h/tcm/{case.code}")
    floor.scan(Post.COURIER, "courier", case.code)
    said = text_of(family.patient, f"/h/tcm/{case.code}")
    assert "正在送来的路上" in said and f"{show_time(floor.at)} 出发" in said and "送药上门" in said
    by = floor.pharmacy.people["courier"]
    take_step(case.id, "deliver", by=by, at=floor.at, facts={"received_by": "signature"}, desk=True)
    said = text_of(family.patient, f"/h/tcm/{case.code}")
    assert "已送到" in said and "收药人手写签名" in said and "评一评" in said


def test_what_was_scrapped_is_told_as_made_anew(floor: Floor, family: Family) -> None:
    case = boiled(floor)
    take_step(case.id, "scrap", by=floor.pharmacy.people["manager"], at=floor.at, values={"why": "糊锅"})
    said = text_of(family.patient, f"/h/tcm/{case.code}")
    assert "正在称药" in said and "质量不合格，重新做" in said
    assert "糊锅" not in said and "泡了" not in said


def test_what_was_returned_says_why(floor: Floor, family: Family) -> None:
    case = floor.prescription()
    why = {"ground": "dose", "reason": "黄芪剂量请再核对"}
    take_step(case.id, "return_to_doctor", by=floor.pharmacy.people["second"], at=floor.at, values=why)
    said = text_of(family.patient, f"/h/tcm/{case.code}")
    assert "药师请医生改方" in said and "黄芪剂量请再核对" in said and "不再办" in said


def test_her_messages_and_her_cases_lead_there(floor: Floor, family: Family) -> None:
    case = handed_over(floor)
    deliver_due(floor.at + timedelta(minutes=1))
    path = f'href="/h/tcm/{case.code}"'
    assert path in family.patient.get("/h/messages").content.decode()
    assert path in family.patient.get("/h/cases").content.decode()
    who = floor.pharmacy.patient.public_code
    assert path in family.daughter.get(f"/h/cases?for={who}").content.decode()


def test_every_state_of_every_kind_has_words(floor: Floor, family: Family) -> None:
    from kangqu.kernel.cases.models import Case
    from kangqu.systems.tcm_pharmacy.programme import PRESCRIPTION

    case = handed_over(floor)
    for delivery in ("fetch", "courier", "ward"):
        for decocted in (True, False):
            facts = Case.objects.get(pk=case.id).facts | {"delivery": delivery, "decocted": decocted}
            for state in PRESCRIPTION.states:
                Case.objects.filter(pk=case.id).update(state=state.code, facts=facts)
                assert family.patient.get(f"/h/tcm/{case.code}").status_code == 200, (delivery, decocted, state.code)
