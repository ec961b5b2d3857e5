"""A complaint: made by the patient or written down for her, tied to the lots, looked into in time, answered to her."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.notices.actions import values_of
from kangqu.kernel.notices.models import Notice
from kangqu.systems.tcm_pharmacy.labels.model import NARROW, SampleLabel
from kangqu.systems.tcm_pharmacy.labels.words import words
from kangqu.systems.tcm_pharmacy.records.complaints import complain_of, lots_behind
from kangqu.systems.tcm_pharmacy.store import printing
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.tcm_pharmacy.line.test_stations import Floor, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.store.test_store import browser

SAID = {"about": "taste", "said": "有霉味，𠮷"}


def phone(floor: Floor, person: Any) -> Any:
    """The phone of a resident, signed in."""
    from django.test import Client

    account = cast.resident_account(person, at=floor.at)
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=floor.at).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


def complained(floor: Floor, number: str = "RX-1") -> tuple[Snapshot, Case]:
    case = ready(floor, number=number)
    by = floor.pharmacy.people["pharmacist"]
    made, fresh = complain_of(case, **SAID, stopped=True, by=by, at=floor.at)
    assert fresh
    return case, Case.objects.get(pk=made.id)


def test_the_patient_complains_from_her_page_and_hears_the_answer(floor: Floor) -> None:
    case = ready(floor)
    client = phone(floor, floor.pharmacy.patient)
    assert f"/h/tcm/{case.code}/complaint" in client.get(f"/h/tcm/{case.code}").content.decode()
    for _ in range(2):
        sent = client.post(f"/h/tcm/{case.code}/complaint", SAID)
        assert sent.status_code == 302, "sent twice it is one"
    made = Case.objects.get(programme="tcm_complaint")
    assert (made.parent_id, made.person_id, made.institution_id) == (
        case.id, floor.pharmacy.patient.pk, floor.pharmacy.centre.pk,
    )  # fmt: skip
    assert made.due_at is not None and made.due_at - made.opened_at == timedelta(hours=24)
    people = floor.pharmacy.people
    found = {"justified": True, "recall": True, "finding": "库房返潮"}
    take_step(made.pk, "look_into", by=people["pharmacist"], at=floor.at, values=found)
    take_step(made.pk, "answer", by=people["manager"], at=floor.at, values={"answer": "换新的七剂，原药召回"})
    for _ in range(2):
        deliver_due(floor.at + timedelta(minutes=1))
    notice = Notice.objects.get(template="complaint_answered")
    assert notice.person_id == floor.pharmacy.patient.pk
    assert values_of(notice)["answer"] == "换新的七剂，原药召回"
    own = client.get(f"/h/tcm/complaints/{made.code}").content.decode()
    assert "换新的七剂" in own and "有霉味" in own and "库房返潮" not in own, "the finding is the pharmacy's"
    assert f"/h/cases/{made.code}/steps/accept" in own and f"/h/cases/{made.code}/steps/disagree" in own
    assert f"/h/tcm/complaints/{made.code}" in client.get(f"/h/tcm/{case.code}").content.decode()


def test_a_neighbour_neither_complains_nor_reads(floor: Floor) -> None:
    case, made = complained(floor)
    client = phone(floor, cast.resident("邻居", at=floor.at))
    assert client.post(f"/h/tcm/{case.code}/complaint", SAID).status_code == 404
    assert client.get(f"/h/tcm/complaints/{made.code}").status_code == 404
    assert client.get(f"/h/tcm/complaints/{case.code}").status_code == 404
    assert browser(floor.pharmacy, "courier").get("/c/tcm/complaints").status_code == 403


@pytest.mark.parametrize(
    "given", [{"about": "fine", "said": "x"}, {"about": "bag", "said": " "}, {"about": "bag", "said": "长" * 501}]
)
def test_a_complaint_that_says_nothing_is_refused(floor: Floor, given: dict[str, str]) -> None:
    case = ready(floor)
    assert phone(floor, floor.pharmacy.patient).post(f"/h/tcm/{case.code}/complaint", given).status_code == 422
    assert not Case.objects.filter(programme="tcm_complaint").exists()


def test_staff_write_it_down_by_the_barcode_on_the_bags(floor: Floor) -> None:
    case = ready(floor)
    client = browser(floor.pharmacy, "dispenser")
    for code in ("", "x", "K0000000000000", "𠮷" * 30):
        assert client.post("/c/tcm/complaints/new", {**SAID, "prescription": code}).status_code == 422
    assert client.post("/c/tcm/complaints/new", {**SAID, "prescription": case.code, "stopped": "on"}).status_code == 302
    made = Case.objects.get(programme="tcm_complaint")
    assert made.facts["stopped"] is True
    cast.staff("away", Role.PHARMACIST, floor.pharmacy.elsewhere, at=floor.at)
    away = browser(floor.pharmacy, "away")
    assert away.post("/c/tcm/complaints/new", {**SAID, "prescription": case.code}).status_code == 422
    assert away.get(f"/c/tcm/complaints/{made.code}").status_code == 404
    assert made.code not in away.get("/c/tcm/complaints").content.decode()


def test_the_page_names_the_lots_and_who_else_complained_of_them(floor: Floor) -> None:
    one, _first = complained(floor, "RX-1")
    _two, second = complained(floor, "RX-2")
    assert {(lot.herb, lot.others) for lot in lots_behind(one.id)} == {("黄芪", 1), ("当归", 1)}
    open_case(
        "tcm_sample", key="s", institution_id=floor.pharmacy.centre.pk, by=floor.pharmacy.people["decocter"],
        at=floor.at, facts={"prescription": _two.code, "bags": 2, "place": "冰箱 1 层", "celsius": "4"},
    )  # fmt: skip
    page = browser(floor.pharmacy, "manager").get(f"/c/tcm/complaints/{second.code}").content.decode()
    assert "另有 1 张被投诉" in page and "黄芪" in page and "冰箱 1 层" in page
    listed = browser(floor.pharmacy, "pharmacist").get("/c/tcm/complaints").content.decode()
    assert "RX-1" in listed and "RX-2" in listed
    Case.objects.filter(pk=second.pk).update(due_at=floor.at - timedelta(hours=1))
    assert "超时" in browser(floor.pharmacy, "manager").get("/c/tcm/complaints?all=1").content.decode()


def sample(floor: Floor) -> Snapshot:
    case = ready(floor, number="RX-S")
    facts = {"prescription": case.code, "bags": 2, "place": "冰箱 1 层 2", "celsius": "4.5"}
    made, _ = open_case(
        "tcm_sample", key="sample", institution_id=floor.pharmacy.centre.pk, by=floor.pharmacy.people["decocter"],
        at=floor.at, facts=facts,
    )  # fmt: skip
    return made


def test_a_sample_has_its_page_and_its_label(floor: Floor) -> None:
    made = sample(floor)
    label = printing.of_sample(made)
    assert (label.bags, label.place, label.keeper) == (2, "冰箱 1 层 2", "decocter")
    assert label.keep_until - label.kept_at == timedelta(days=7)
    told = words(label)
    assert told["banner"] == "留样" and ("袋数", "2 袋") in told["rows"][0] and NARROW[SampleLabel].width == 58
    client = browser(floor.pharmacy, "decocter")
    assert "冰箱 1 层 2" in client.get(f"/c/tcm/samples/{made.code}").content.decode()
    assert "冰箱 1 层 2" in client.get("/c/tcm/samples").content.decode()
    printed = client.get(f"/c/tcm/labels/sample/{made.code}")
    assert printed.status_code in (200, 409), "409 where the machine has no Chinese font"
    assert client.get(f"/c/tcm/labels/sample/{made.facts['prescription']}").status_code in (404, 409)
    cast.staff("away", Role.DECOCTION_WORKER, floor.pharmacy.elsewhere, at=floor.at)
    assert browser(floor.pharmacy, "away").get(f"/c/tcm/samples/{made.code}").status_code == 404
    assert Decimal(made.facts["celsius"]) == Decimal("4.5")
