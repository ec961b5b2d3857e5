"""A lot is followed to every patient and back, and called back: once, everywhere, before it does more harm."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.models import Phone
from kangqu.kernel.people.phones import phone_blind, seal_phone
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post
from kangqu.systems.tcm_pharmacy.models import HerbLot
from kangqu.systems.tcm_pharmacy.recall.actions import recall
from kangqu.systems.tcm_pharmacy.recall.lineage import parts_of, uses_of
from kangqu.systems.tcm_pharmacy.recall.reads import calls_open, progress, uses_in
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.line.test_stations import Floor, code_of, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.store.test_store import browser


def call_back(floor: Floor, reason: str = "重金属超标"):
    manager = floor.pharmacy.people["manager"]
    return recall(
        floor.lots["黄芪"].pk, institution_id=floor.pharmacy.centre.pk, reason=reason, by=manager, at=floor.at
    )


def handed_out(floor: Floor, number: str) -> Snapshot:
    case = ready(floor, number=number)
    floor.scan(Post.HAND_OUT, "dispenser", case.code, code_of(floor, floor.pharmacy.patient))
    return case


def give_phone(floor: Floor) -> None:
    Phone.objects.create(
        person=floor.pharmacy.patient, sealed=seal_phone("+8613800000001"), blind=phone_blind("+8613800000001"),
        shown="138****0001", recorded_at=floor.at,
    )  # fmt: skip


def test_a_lot_leads_to_every_prescription_and_each_back_to_its_lots(floor: Floor) -> None:
    one, two = floor.prescription("RX-1"), floor.prescription("RX-2")
    floor.dispensed(one)
    floor.scan(Post.DISPENSE, "dispenser", two.code, floor.lots["黄芪"].code, "105")
    uses = uses_of([floor.lots["黄芪"].pk])
    assert [(use.number, use.state, use.grams) for use in uses] == [
        ("RX-1", "dispensed", Decimal(105)),
        ("RX-2", "released", Decimal(105)),
    ]
    assert [use.number for use in uses_of([floor.lots["当归"].pk])] == ["RX-1"]
    assert [(part.herb, part.number) for part in parts_of(one.id)] == [("黄芪", "A1"), ("当归", "A1")]
    assert uses_of([]) == []


def test_a_recall_blocks_holds_and_tells(floor: Floor) -> None:
    give_phone(floor)
    out = handed_out(floor, "RX-OUT")
    on_the_line = floor.prescription("RX-LINE")
    floor.dispensed(on_the_line)
    untouched = floor.prescription("RX-NEW")
    done = call_back(floor)
    assert (done.fresh, done.lots, done.held, done.told, done.calls) == (True, 1, 1, 1, 1)
    assert HerbLot.objects.get(herb="黄芪").blocked_at is not None
    floor.scan(Post.CHECK, "pharmacist", on_the_line.code)
    floor.refuses("KQ-3237", Post.CHECK, "pharmacist", "KQ-CONFIRM")
    told = Notice.objects.get(channel=Channel.IN_APP)
    assert told.person_id == floor.pharmacy.patient.pk
    now = snapshot(untouched.id)
    assert now is not None and "recalled" not in now.facts
    assert floor.state(out) == "handed_out"
    uses = uses_in(done.case)
    assert progress(done.case, uses).open == 1 and len(uses) == 2


def test_a_recall_asked_for_again_tells_nobody_twice(floor: Floor) -> None:
    give_phone(floor)
    handed_out(floor, "RX-OUT")
    first, again = call_back(floor), call_back(floor, "又一次")
    assert (again.fresh, again.case.id, again.held) == (False, first.case.id, 0)
    assert Notice.objects.count() == 2


def test_what_was_held_is_scrapped_and_made_of_another_lot(floor: Floor) -> None:
    case = floor.prescription()
    floor.dispensed(case)
    call_back(floor)
    take_step(case.id, "scrap", by=floor.pharmacy.people["manager"], at=floor.at, values={"why": "召回"})
    floor.refuses("KQ-3220", Post.DISPENSE, "dispenser", case.code, floor.lots["黄芪"].code)
    floor.drawer("黄芪", "B2")
    floor.dispensed(case)
    assert floor.state(case) == "dispensed"
    floor.scan(Post.CHECK, "pharmacist", case.code, "KQ-CONFIRM")
    assert [part.number for part in parts_of(case.id) if part.herb == "黄芪"] == ["A1", "B2"]


def test_what_was_half_weighed_is_weighed_anew(floor: Floor) -> None:
    case = floor.prescription()
    floor.scan(Post.DISPENSE, "dispenser", case.code, floor.lots["黄芪"].code, "105")
    call_back(floor)
    answer = floor.scan(Post.DISPENSE, "dispenser", case.code, floor.lots["当归"].code, "70")
    assert "重称" in answer.said.zh and floor.state(case) == "released"
    floor.drawer("黄芪", "B2")
    floor.dispensed(case)
    assert floor.state(case) == "dispensed"
    assert floor.hand == Hand()


def test_a_lot_is_called_back_at_every_pharmacy(floor: Floor) -> None:
    lot = floor.lots["黄芪"]
    other = cast.institution("2号", "decoction_centre", floor.pharmacy.centre.region)
    elsewhere = stock.receive_lot(
        other.pk, herb="黄芪", number=lot.number, grams=lot.grams_received, expires_on=lot.expires_on,
        by=floor.pharmacy.people["manager"], at=floor.at,
    )  # fmt: skip
    assert call_back(floor).lots == 2
    assert HerbLot.objects.get(pk=elsewhere.pk).blocked_at is not None


def test_a_recall_ends_when_everybody_was_phoned(floor: Floor) -> None:
    give_phone(floor)
    handed_out(floor, "RX-OUT")
    case = call_back(floor).case
    manager = floor.pharmacy.people["manager"]
    values = {"bags_back": 3, "cause": "quality", "summary": "已收回"}
    with pytest.raises(Refused) as refused:
        take_step(case.id, "end", by=manager, at=floor.at, values=values)
    assert refused.value.why.code == "KQ-3238"
    client = browser(floor.pharmacy, "manager")
    page = client.get(f"/c/tcm/recalls/{case.code}").content.decode()
    assert "+8613800000001" in page.replace(" ", "") or "13800000001" in page.replace(" ", "")
    call = Notice.objects.get(channel=Channel.CALL_LIST)
    assert client.post(f"/c/tcm/recalls/{case.code}", {"call": call.pk, "outcome": "reached"}).status_code == 302
    assert client.post(f"/c/tcm/recalls/{case.code}", {"call": call.pk, "outcome": "reached"}).status_code == 409
    for nonsense in ({"call": "x"}, {"call": "9" * 30, "outcome": "reached"}, {"call": call.pk, "outcome": "fine"}):
        assert client.post(f"/c/tcm/recalls/{case.code}", nonsense).status_code in (404, 409, 422)
    assert calls_open(case.id) == 0
    assert take_step(case.id, "end", by=manager, at=floor.at + timedelta(hours=1), values=values).state == "ended"


def test_the_pages_are_the_pharmacys(floor: Floor) -> None:
    case = floor.prescription()
    floor.dispensed(case)
    lot = floor.lots["黄芪"].code
    pharmacy: Pharmacy = floor.pharmacy
    shown = browser(pharmacy, "manager").get(f"/c/tcm/lots/{lot}").content.decode()
    assert "RX-1" in shown and "召回" in shown
    assert "RX-1" in browser(pharmacy, "pharmacist").get(f"/c/tcm/lots/{lot}").content.decode()
    assert browser(pharmacy, "pharmacist").post(f"/c/tcm/lots/{lot}/recall", {"reason": "x"}).status_code == 403
    cast.staff("away", Role.PHARMACY_MANAGER, pharmacy.elsewhere, at=pharmacy.now)
    assert browser(pharmacy, "away").get(f"/c/tcm/lots/{lot}").status_code == 404
    assert browser(pharmacy, "dispenser").get(f"/c/tcm/lots/{lot}").status_code == 403
    assert browser(pharmacy, "manager").get("/c/tcm/lots/L0000000000000").status_code == 404
    assert browser(pharmacy, "manager").post(f"/c/tcm/lots/{lot}/recall", {"reason": ""}).status_code == 422
    begun = browser(pharmacy, "manager").post(f"/c/tcm/lots/{lot}/recall", {"reason": "抽检不合格"})
    assert begun.status_code == 302 and "/c/tcm/recalls/K" in begun["Location"]
