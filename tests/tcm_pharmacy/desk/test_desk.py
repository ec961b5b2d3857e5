"""The review desk through its pages: the order of the queue, signatures, returns, what is said of a review, who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.desk.conftest import FEUDING, TOO_MUCH, Browser, received

SIXTY = [{"name": name, "grams": 3} for name in ("黄芪", "当归", "白术", "茯苓", "陈皮", "桔梗") for _ in range(10)]


def sheet(code: str) -> str:
    return f"/c/tcm/review/{code}"


def state(case_id: int) -> str:
    found = snapshot(case_id)
    assert found is not None
    return found.state


def test_the_gravest_comes_first_and_the_late_before_it(pharmacy: Pharmacy, at_desk: Browser) -> None:
    plain, late = received(pharmacy, "RX-PLAIN"), received(pharmacy, "RX-LATE")
    received(pharmacy, "RX-GRAVE", herbs=FEUDING)
    Case.objects.filter(pk=late.id).update(due_at=pharmacy.now - timedelta(hours=1))
    page = at_desk("pharmacist").get("/c/tcm/review").content.decode()
    assert page.index("RX-LATE") < page.index("RX-GRAVE") < page.index("RX-PLAIN")
    assert "拦截" in page and "待审 3 张" in page and "超时 1 张" in page
    assert f'href="{sheet(late.code)}" data-key="F8"' in page
    assert plain.code in page


def test_a_signature_releases_it_and_opens_the_next(pharmacy: Pharmacy, at_desk: Browser) -> None:
    first, second = received(pharmacy, "RX-1"), received(pharmacy, "RX-2")
    client = at_desk("pharmacist")
    shown = client.get(sheet(first.code)).content.decode()
    assert "未知" in shown and "规则从不判断" in shown and "有出处" not in shown.split("Rp.")[0]
    answer = client.post(sheet(first.code), {"step": "approve", "seq": 1, "opinion": "可"})
    assert (answer.status_code, answer["Location"]) == (302, sheet(second.code))
    assert state(first.id) == "released"
    answer = client.post(sheet(second.code), {"step": "approve", "seq": 1})
    assert answer["Location"] == "/c/tcm/review"
    assert "已签字：RX-2" in client.get(answer["Location"]).content.decode()


def test_a_look_is_traced(pharmacy: Pharmacy, at_desk: Browser) -> None:
    case = received(pharmacy)
    at_desk("pharmacist").get(sheet(case.code))
    looked = TraceEntry.objects.filter(
        stream="look", object_id=case.id, actor_id=pharmacy.people["pharmacist"].account_id
    )
    assert looked.filter(person_id=pharmacy.patient.pk).exists()


def test_a_blocked_one_can_only_be_returned(pharmacy: Pharmacy, at_desk: Browser) -> None:
    case = received(pharmacy, herbs=FEUDING)
    client = at_desk("pharmacist")
    page = client.get(sheet(case.code)).content.decode()
    assert "只能退回医生" in page and 'id="sign"' not in page
    form = client.get(f"{sheet(case.code)}/return").content.decode()
    assert '<option value="incompatible" selected>' in form and "附子" in form
    refused = client.post(f"{sheet(case.code)}/return", {"seq": 1, "ground": "incompatible", "reason": ""})
    assert refused.status_code == 422 and "请填写具体说明" in refused.content.decode()
    client.post(f"{sheet(case.code)}/return", {"seq": 1, "ground": "incompatible", "reason": "附子与法半夏"})
    now = snapshot(case.id)
    assert now is not None and now.state == "returned" and now.facts["ground"] == "incompatible"
    assert client.post(sheet(case.code), {"step": "approve", "seq": 2}).status_code == 422


def test_two_pharmacists_sign_what_is_over_the_dose(pharmacy: Pharmacy, at_desk: Browser) -> None:
    case = received(pharmacy, herbs=TOO_MUCH)
    first, second = at_desk("pharmacist"), at_desk("second")
    refused = first.post(sheet(case.code), {"step": "first_sign", "seq": 1, "why": " "})
    assert refused.status_code == 422 and "请填写双签理由" in refused.content.decode()
    first.post(sheet(case.code), {"step": "first_sign", "seq": 1, "why": "病情需要"})
    assert "等另一名药师" in first.get("/c/tcm/review").content.decode()
    assert "第二签必须由另一名药师签" in first.get(sheet(case.code)).content.decode()
    shown = second.get(sheet(case.code)).content.decode()
    assert "pharmacist 已签第一签" in shown and "病情需要" in shown
    own = first.post(sheet(case.code), {"step": "second_sign", "seq": 2})
    assert own.status_code == 422 and "KQ-3175" in own.content.decode()
    second.post(sheet(case.code), {"step": "second_sign", "seq": 2})
    assert state(case.id) == "released"


def test_the_second_of_two_at_once_is_told(pharmacy: Pharmacy, at_desk: Browser) -> None:
    case = received(pharmacy)
    at_desk("second").post(sheet(case.code), {"step": "approve", "seq": 1})
    late = at_desk("pharmacist").post(sheet(case.code), {"step": "approve", "seq": 1})
    page = late.content.decode()
    assert late.status_code == 422 and "待调配" in page and "KQ-" in page and 'id="sign"' not in page


@pytest.mark.parametrize("step", ["withdraw", "dispense", "x", ""])
def test_no_other_step_is_taken_here(pharmacy: Pharmacy, at_desk: Browser, step: str) -> None:
    case = received(pharmacy)
    assert at_desk("pharmacist").post(sheet(case.code), {"step": step, "seq": 1}).status_code == 422
    assert state(case.id) == "received"


@pytest.mark.parametrize("seq", ["", "0", "x", str(2**63), "99"])
def test_a_change_nobody_saw_is_refused(pharmacy: Pharmacy, at_desk: Browser, seq: str) -> None:
    case = received(pharmacy)
    assert at_desk("pharmacist").post(sheet(case.code), {"step": "approve", "seq": seq}).status_code == 422
    assert state(case.id) == "received"


def test_nobody_reviews_her_own(pharmacy: Pharmacy, at_desk: Browser) -> None:
    case = received(pharmacy, prescriber="pharmacist")
    client = at_desk("pharmacist")
    assert "本人开方，不能审" in client.get("/c/tcm/review").content.decode()
    assert 'id="sign"' not in client.get(sheet(case.code)).content.decode()
    refused = client.post(sheet(case.code), {"step": "approve", "seq": 1})
    assert "KQ-3171" in refused.content.decode() and state(case.id) == "received"


def test_only_pharmacists_of_the_pharmacy_see_it(pharmacy: Pharmacy, at_desk: Browser) -> None:
    case = received(pharmacy, pharmacy=pharmacy.elsewhere.code)
    client = at_desk("pharmacist")
    for path in (sheet(case.code), f"{sheet(case.code)}/return", sheet("K0000000000000"), sheet("x" * 300)):
        assert client.get(path).status_code == 404
    assert case.number not in client.get("/c/tcm/review").content.decode()
    for who in ("dispenser", "doctor", "manager"):
        assert at_desk(who).get("/c/tcm/review").status_code == 403


def test_sixty_herbs_rare_names_and_written_names(pharmacy: Pharmacy, at_desk: Browser) -> None:
    Person.objects.filter(pk=pharmacy.patient.pk).update(name="李𠮷祥")
    herbs = [{"name": "双花", "grams": 4.5, "handling": ["LATE"]}, *SIXTY[:58], {"name": "贝母", "grams": 6}]
    case = received(pharmacy, herbs=herbs, patient={"name": "李𠮷祥"})
    page = at_desk("pharmacist").get(sheet(case.code)).content.decode()
    assert "李𠮷祥" in page and "金银花" in page and "（后下）" in page and "药名没有认定" in page
    assert "4.5<i>g</i>" in page and page.count('<span class="g num">') == 60


def test_an_earlier_version_stands_beside_it(pharmacy: Pharmacy, at_desk: Browser) -> None:
    first = received(pharmacy, "RX-9", herbs=FEUDING)
    client = at_desk("pharmacist")
    client.post(f"{sheet(first.code)}/return", {"seq": 1, "ground": "incompatible", "reason": "请改方"})
    second = received(pharmacy, "RX-9", version=2)
    page = client.get(sheet(second.code)).content.decode()
    assert "第 2 版" in page and "同号的前几版" in page and "配伍禁忌" in page and "请改方" in page


def test_the_day_after_it_is_reviewed_anew(pharmacy: Pharmacy, at_desk: Browser) -> None:
    yesterday = f"{pharmacy.now - timedelta(days=2):%F}"
    case = received(pharmacy, issued_on=yesterday, extension_days=3)
    page = at_desk("pharmacist").get(sheet(case.code)).content.decode()
    assert "现在再审" not in page  # the same day's review says the same
    Case.objects.filter(pk=case.id).update(facts={**case.facts, "valid_until": yesterday})
    page = at_desk("pharmacist").get(sheet(case.code)).content.decode()
    assert "已过有效期" in page


def test_nobody_reviews_her_own_over_the_api_either(pharmacy: Pharmacy, at_desk: Browser) -> None:
    own = received(pharmacy, prescriber="pharmacist")
    until = pharmacy.now + timedelta(days=1)

    def approve(who: str) -> Any:
        account = Account.objects.get(pk=pharmacy.people[who].account_id or 0)
        SecondFactor.objects.get_or_create(
            account=account, defaults={"secret_sealed": b"x", "confirmed_at": pharmacy.now}
        )
        token = cast.token_of(account, "cases.write", until=until)
        key = {"Idempotency-Key": f"approve-{who}"}
        return pharmacy.post(f"cases/{own.code}/steps/approve", {"values": {}, "seq": 1}, token=token, **key)

    refused = approve("pharmacist")
    assert (refused.status_code, refused.json()["code"]) == (403, "KQ-3171")
    assert approve("doctor").status_code == 403 and state(own.id) == "received"
    assert approve("second").status_code == 200 and state(own.id) == "released"
