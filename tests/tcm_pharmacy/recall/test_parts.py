"""From a bag's code back to the lots: who may, what is shown, that a look is traced."""

from __future__ import annotations

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast
from tests.tcm_pharmacy.line.test_stations import Floor
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.recall.test_recall import call_back
from tests.tcm_pharmacy.store.test_store import browser


def test_a_bag_leads_to_its_lots_and_each_to_where_else_it_went(floor: Floor) -> None:
    case = floor.prescription("RX-BAG")
    floor.dispensed(case)
    page = browser(floor.pharmacy, "manager").get(f"/c/tcm/parts/{case.code}")
    assert page.status_code == 200
    shown = page.content.decode()
    for lot in floor.lots.values():
        assert f"/c/tcm/lots/{lot.code}" in shown
    assert "黄芪" in shown and "RX-BAG" in shown and "批次已停用" not in shown
    look = TraceEntry.objects.get(action="tcm.lineage", object_id=case.id)
    assert (look.person_id, look.facts) == (case.person_id, {"found": 2})
    there = browser(floor.pharmacy, "manager").get(f"/c/tcm/lots/{floor.lots['黄芪'].code}").content.decode()
    assert f"/c/tcm/parts/{case.code}" in there


def test_each_time_it_was_made_stands_by_itself(floor: Floor) -> None:
    case = floor.prescription()
    floor.dispensed(case)
    call_back(floor)
    take_step(case.id, "scrap", by=floor.pharmacy.people["manager"], at=floor.at, values={"why": "召回"})
    floor.drawer("黄芪", "B2")
    floor.dispensed(case)
    shown = browser(floor.pharmacy, "pharmacist").get(f"/c/tcm/parts/{case.code}").content.decode()
    assert shown.index("第 2 次配方") < shown.index(">B2<") < shown.index("第 1 次配方") < shown.index("批次已停用")


@pytest.mark.parametrize("who", ["dispenser", "away"])
def test_others_are_not_shown_it(floor: Floor, who: str) -> None:
    cast.staff("away", Role.PHARMACY_MANAGER, floor.pharmacy.elsewhere, at=floor.pharmacy.now)
    case = floor.prescription()
    assert browser(floor.pharmacy, who).get(f"/c/tcm/parts/{case.code}").status_code in (403, 404)


def test_what_is_no_prescription_has_no_lots(floor: Floor) -> None:
    manager = browser(floor.pharmacy, "manager")
    floor.dispensed(floor.prescription())
    recalled = call_back(floor).case
    for code in (recalled.code, "K" + "0" * 13, "x", "K" * 400):
        assert manager.get(f"/c/tcm/parts/{code}").status_code == 404
    fresh = floor.prescription("RX-NEW")
    assert "还没有称过饮片" in manager.get(f"/c/tcm/parts/{fresh.code}").content.decode()


def test_what_is_scanned_leads_on(floor: Floor) -> None:
    manager, pharmacist = browser(floor.pharmacy, "manager"), browser(floor.pharmacy, "pharmacist")
    case, lot = floor.prescription(), floor.lots["黄芪"]
    assert (
        manager.get("/c/tcm/parts", {"code": f" {case.code.lower()} "}).headers["Location"]
        == f"/c/tcm/parts/{case.code}"
    )
    assert pharmacist.get("/c/tcm/parts", {"code": lot.code}).headers["Location"] == f"/c/tcm/lots/{lot.code}"
    for nothing in ("", "K", "𠮷", "R" * 5_000):
        assert "不是药袋" in manager.get("/c/tcm/parts", {"code": nothing}, follow=True).content.decode()
        assert pharmacist.get("/c/tcm/parts", {"code": nothing}, follow=True).status_code == 200
