"""A lot is followed to every patient and back, and called back: once, everywhere, before it does more harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.models import Person, Phone
from kangqu.kernel.people.phones import phone_blind, seal_phone
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post
from kangqu.systems.tcm_pharmacy.models import HerbLot, RecallContact, RecallTry
from kangqu.systems.tcm_pharmacy.recall.actions import Recalled, recall
from kangqu.systems.tcm_pharmacy.recall.calling import note
from kangqu.systems.tcm_pharmacy.recall.holding import hold
from kangqu.systems.tcm_pharmacy.recall.lineage import parts_of, uses_of
from kangqu.systems.tcm_pharmacy.recall.reads import held_in, open_contacts, progress, uses_in
from kangqu.systems.tcm_pharmacy.recall.telling import tell
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.line.test_stations import Floor, code_of, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.store.test_store import browser


def call_back(floor: Floor, reason: str = "重金属超标") -> Recalled:
    manager = floor.pharmacy.people["manager"]
    done = pressed(floor, reason)
    hold(done.case.id, by=manager, clock=lambda: floor.at)
    tell(done.case.id, by=manager, clock=lambda: floor.at)
    return done


def pressed(floor: Floor, reason: str = "重金属超标") -> Recalled:
    """The recall as it is before the queue has held anything or told anybody."""
    return recall(
        floor.lots["黄芪"].pk, institution_id=floor.pharmacy.centre.pk, reason=reason,
        by=floor.pharmacy.people["manager"], at=floor.at,
    )  # fmt: skip


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
    assert (done.fresh, done.lots, done.held, done.out) == (True, 1, 1, 1)
    assert HerbLot.objects.get(herb="黄芪").blocked_at is not None
    floor.scan(Post.CHECK, "pharmacist", on_the_line.code)
    floor.refuses("KQ-3237", Post.CHECK, "pharmacist", "KQ-CONFIRM")
    told = Notice.objects.get(channel=Channel.IN_APP)
    assert told.person_id == floor.pharmacy.patient.pk
    now = snapshot(untouched.id)
    assert now is not None and "recalled" not in now.facts
    assert floor.state(out) == "handed_out"
    uses = uses_in(done.case)
    far = progress(done.case)
    assert (far.told, far.held, far.out, far.open, far.bags) == (1, 1, 1, 1, 7) and len(uses) == 2


def test_a_recall_asked_for_again_tells_nobody_twice(floor: Floor) -> None:
    give_phone(floor)
    handed_out(floor, "RX-OUT")
    first, again = call_back(floor), call_back(floor, "又一次")
    assert (again.fresh, again.case.id, again.held) == (False, first.case.id, 0)
    assert Notice.objects.count() == 1 and RecallContact.objects.count() == 1


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


def received_at(floor: Floor, institution: Institution, **changed: Any) -> HerbLot:
    """The recalled lot as another pharmacy receives it."""
    lot = floor.lots["黄芪"]
    given = {
        "number": lot.number,
        "maker": lot.maker,
        "expires_on": lot.expires_on,
        "grams": lot.grams_received,
        **changed,
    }
    return stock.receive_lot(institution.pk, herb="黄芪", **given, by=floor.pharmacy.people["manager"], at=floor.at)


def test_what_arrives_after_its_recall_is_blocked_and_says_so(floor: Floor) -> None:
    case = call_back(floor).case
    lot = received_at(floor, floor.pharmacy.elsewhere)
    assert lot.blocked_at == floor.at
    entry = TraceEntry.objects.get(action="tcm.lot.receive", object_id=lot.pk)
    assert entry.facts["recall"] == case.code
    assert received_at(floor, floor.pharmacy.elsewhere, number="A2").blocked_at is None
    other = cast.institution("2号", "decoction_centre", floor.pharmacy.centre.region)
    assert received_at(floor, other, maker="另一家").blocked_at is None


def test_its_manager_reads_that_the_lot_is_called_back(floor: Floor) -> None:
    call_back(floor)
    cast.staff("away", Role.PHARMACY_MANAGER, floor.pharmacy.elsewhere, at=floor.pharmacy.now)
    away, lot = browser(floor.pharmacy, "away"), floor.lots["黄芪"]
    given = {"herb": "黄芪", "number": lot.number, "maker": lot.maker, "grams": "500", "expires_on": "2199-01-01"}
    assert "已被召回" in away.post("/c/tcm/store/lot", given, follow=True).content.decode()


def test_makers_of_one_beginning_are_two_lots(floor: Floor) -> None:
    there = (floor.pharmacy.centre, "甲"), (floor.pharmacy.elsewhere, "乙")
    first, second = (received_at(floor, at, number="9" * 40, maker="长" * 90 + end) for at, end in there)
    done = recall(
        first.pk, institution_id=floor.pharmacy.centre.pk, reason="错", by=floor.pharmacy.people["manager"], at=floor.at
    )
    assert done.lots == 1
    assert HerbLot.objects.get(pk=second.pk).blocked_at is None


def the_line(floor: Floor) -> tuple[Snapshot, RecallContact]:
    """A recall with one prescription out, and its line."""
    handed_out(floor, "RX-OUT")
    case = call_back(floor).case
    return case, RecallContact.objects.get()


def at_line(floor: Floor, who: str, case: Snapshot, line: RecallContact, **given: Any) -> Any:
    """What the page of the line answers to what is sent; ``refused`` for its code when it is refused."""
    client = browser(floor.pharmacy, who)
    return client.post(f"/c/tcm/recalls/{case.code}/{line.pk}", given)


END = {"cause": "quality", "summary": "已收回"}


def test_a_line_stays_open_until_somebody_is_reached(floor: Floor) -> None:
    give_phone(floor)
    case, line = the_line(floor)
    shown = browser(floor.pharmacy, "pharmacist").get(f"/c/tcm/recalls/{case.code}").content.decode()
    assert "13800000001" in shown and "王秀英" in shown and "RX-OUT" in shown
    for outcome in ("no_answer", "wrong_number"):
        assert at_line(floor, "pharmacist", case, line, outcome=outcome).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.tries) == ("open", 2)
    with pytest.raises(Refused) as refused:
        take_step(case.id, "end", by=floor.pharmacy.people["manager"], at=floor.at, values=END)
    assert refused.value.why.code == "KQ-3238"
    asked = at_line(floor, "pharmacist", case, line, outcome="reached")
    assert asked.status_code == 422 and "没有服填 0" in asked.content.decode()
    too_many = at_line(floor, "pharmacist", case, line, outcome="reached", took=3, returned=5)
    assert too_many.status_code == 422 and "KQ-3340" in too_many.content.decode()
    assert at_line(floor, "pharmacist", case, line, outcome="reached", took=3, returned=0).status_code == 302
    again = at_line(floor, "manager", case, line, outcome="reached", took=3)
    assert again.status_code == 422, "it was settled: only bags can come back"
    assert at_line(floor, "manager", case, line, outcome="returned", returned=4, note="女儿送回").status_code == 302
    far = progress(case)
    assert (far.open, far.reached, far.took, far.returned, far.unknown) == (0, 1, 3, 4, 0)
    assert [each.outcome for each in RecallTry.objects.order_by("pk")] == [
        "no_answer", "wrong_number", "reached", "returned",
    ]  # fmt: skip
    assert TraceEntry.objects.filter(action="tcm.recall.try").count() == 4
    ended = take_step(case.id, "end", by=floor.pharmacy.people["manager"], at=floor.at + timedelta(hours=1), values=END)
    assert ended.state == "ended"
    assert at_line(floor, "manager", case, line, outcome="returned", returned=1).status_code == 422


def test_nobody_reached_is_settled_by_the_manager_with_a_reason(floor: Floor) -> None:
    case, line = the_line(floor)
    assert "没有电话" in browser(floor.pharmacy, "manager").get(f"/c/tcm/recalls/{case.code}").content.decode()
    assert at_line(floor, "pharmacist", case, line, outcome="given_up", note="迁走").status_code == 422
    wordless = at_line(floor, "manager", case, line, outcome="given_up", note=" ")
    assert wordless.status_code == 422 and "KQ-3341" in wordless.content.decode()
    assert at_line(floor, "manager", case, line, outcome="given_up", note="已迁走，𠮷村委会证明").status_code == 302
    line.refresh_from_db()
    assert (line.state, line.reason) == ("given_up", "已迁走，𠮷村委会证明") and open_contacts(case.id) == 0
    for nonsense in (
        {"outcome": ""},
        {"outcome": "fine"},
        {"outcome": "reached", "took": "9" * 30},
        {"outcome": "reached", "took": -1},
    ):
        assert at_line(floor, "manager", case, line, **nonsense).status_code == 422
    assert browser(floor.pharmacy, "manager").get(f"/c/tcm/recalls/{case.code}/{10**30}").status_code == 404
    assert at_line(floor, "manager", case, line, outcome="no_answer").status_code == 422
    assert at_line(floor, "pharmacist", case, line, outcome="visited", took=7).status_code == 302, "she came after all"
    assert progress(case).reached == 1


def test_a_recall_does_not_end_while_something_is_held(floor: Floor) -> None:
    on_the_line = floor.prescription("RX-LINE")
    floor.dispensed(on_the_line)
    case = call_back(floor).case
    manager = floor.pharmacy.people["manager"]
    assert [each.number for each in held_in(case, {floor.pharmacy.centre.pk})] == ["RX-LINE"]
    with pytest.raises(Refused) as refused:
        take_step(case.id, "end", by=manager, at=floor.at, values=END)
    assert refused.value.why.code == "KQ-3342"
    take_step(on_the_line.id, "scrap", by=manager, at=floor.at, values={"why": "召回"})
    floor.drawer("黄芪", "B2")
    floor.dispensed(on_the_line)
    assert take_step(case.id, "end", by=manager, at=floor.at, values=END).state == "ended"


def test_the_dead_are_not_written_to_but_their_family_is_phoned(floor: Floor) -> None:
    handed_out(floor, "RX-OUT")
    Person.objects.filter(pk=floor.pharmacy.patient.pk).update(status="deceased", deceased_on="2026-01-01")
    done = call_back(floor)
    assert (done.out, RecallContact.objects.count()) == (1, 1) and not Notice.objects.exists()


def test_a_pharmacy_sees_its_own_lines_and_the_officer_all_without_phones(floor: Floor) -> None:
    give_phone(floor)
    case, line = the_line(floor)
    pharmacy = floor.pharmacy
    top = Institution.objects.get(name="卫健委")
    cast.staff("officer", Role.COMMISSION_OFFICER, top, at=pharmacy.now)
    cast.staff("away", Role.PHARMACY_MANAGER, pharmacy.elsewhere, at=pharmacy.now)
    officer, away = browser(pharmacy, "officer"), browser(pharmacy, "away")
    listed = officer.get("/c/tcm/recalls").content.decode()
    assert "黄芪" in listed and "0 / 1" in listed
    shown = officer.get(f"/c/tcm/recalls/{case.code}").content.decode()
    assert "1号中药煎配中心" in shown and "13800000001" not in shown and "王秀英" not in shown and "RX-OUT" in shown
    assert officer.post(f"/c/tcm/recalls/{case.code}/{line.pk}", {"outcome": "reached", "took": 0}).status_code == 403
    assert "黄芪" not in away.get("/c/tcm/recalls").content.decode()
    assert away.get(f"/c/tcm/recalls/{case.code}").status_code == 404
    assert browser(pharmacy, "dispenser").get("/c/tcm/recalls").status_code == 403
    stock.receive_lot(
        pharmacy.elsewhere.pk, herb="黄芪", number="A1", grams=Decimal(10), expires_on=date(2199, 1, 1),
        by=pharmacy.people["manager"], at=floor.at,
    )  # fmt: skip
    there = away.get(f"/c/tcm/recalls/{case.code}").content.decode()
    assert "RX-OUT" not in there, "the lot is hers too; the patient is another's"
    assert away.post(f"/c/tcm/recalls/{case.code}/{line.pk}", {"outcome": "reached", "took": 0}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_what_is_received_while_it_is_called_back_is_blocked(pharmacy: Pharmacy) -> None:
    floor = Floor(pharmacy)
    floor.drawer("黄芪")
    done = all_at_once([lambda: pressed(floor).fresh, lambda: received_at(floor, pharmacy.elsewhere).pk])
    assert len(done) == 2
    assert not HerbLot.objects.filter(blocked_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_settle_a_line_at_once_one_does(pharmacy: Pharmacy) -> None:
    floor = Floor(pharmacy)
    floor.drawer("黄芪")
    floor.drawer("当归")
    _case, line = the_line(floor)
    by = pharmacy.people["pharmacist"]

    def settle(took: int) -> Callable[[], object]:
        places = {pharmacy.centre.pk}
        return lambda: note(line.pk, "reached", institution_ids=places, by=by, at=floor.at, took=took)

    assert all_at_once([settle(took) for took in range(4)]) == {"None": 1, "tcm_recall_settled": 3}
    assert RecallTry.objects.count() == 1


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
