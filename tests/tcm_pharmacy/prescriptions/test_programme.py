"""The way of a prescription: who takes which step, what must be true before it, the worked examples of the norm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from tests.tcm_pharmacy.cast import Pharmacy


def received(pharmacy: Pharmacy, **changed: Any) -> Snapshot:
    order = pharmacy.parsed(**changed)
    signed = Signed(order.model_dump_json().encode(), "", None)
    return take(
        order, signed=signed, hospital_id=pharmacy.hospital.pk, by=pharmacy.people["doctor"], at=pharmacy.now,
        prescriber_id=pharmacy.people["doctor"].account_id,
    ).case  # fmt: skip


class Line:
    """A prescription that is walked along by name of person and step, the minutes counted."""

    def __init__(self, pharmacy: Pharmacy, case: Snapshot) -> None:
        self.pharmacy, self.case, self.at = pharmacy, case, pharmacy.now

    def go(self, who: str, step: str, after: float = 0, **facts: Any) -> str:
        self.at += timedelta(minutes=after)
        by = self.pharmacy.people[who]
        return take_step(
            self.case.id, step, by=by, at=self.at, facts=facts, desk=True, values=VALUES.get(step, {})
        ).state

    def refuses(self, code: str, who: str, step: str, after: float = 0, **facts: Any) -> str:
        with pytest.raises(Refused) as refused:
            self.go(who, step, after, **facts)
        assert refused.value.why.code == code, refused.value.sentence("zh")
        return refused.value.sentence("zh")

    def dispensed_and_checked(self) -> None:
        self.go("pharmacist", "approve")
        self.go("dispenser", "dispense")
        self.go("pharmacist", "check")


VALUES = {
    "return_to_doctor": {"ground": "other", "reason": "x"},
    "first_sign": {"why": "病情需要"},
    "scrap": {"why": "糊底"},
}


def test_a_prescription_goes_from_the_doctor_to_the_door(pharmacy: Pharmacy) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    line = Line(pharmacy, received(pharmacy, delivery=delivery))
    line.dispensed_and_checked()
    line.refuses("KQ-3206", "decocter", "pack")
    line.go("decocter", "soak", 5)
    assert "2 分钟" in line.refuses("KQ-3203", "decocter", "boil", 28)
    line.go("decocter", "boil", 2)
    line.refuses("KQ-3204", "decocter", "boil_again", 10 + 19)
    line.refuses("KQ-3205", "decocter", "draw_off", 1)
    line.go("decocter", "boil_again", 0)
    line.refuses("KQ-3204", "decocter", "draw_off", 13)
    line.go("decocter", "draw_off", 1)
    line.go("decocter", "pack")
    line.go("pharmacist", "release_bags")
    line.refuses("KQ-3207", "dispenser", "hand_out")
    line.go("courier", "take_along")
    assert line.go("courier", "deliver") == "delivered"
    now = snapshot(line.case.id)
    assert now is not None and now.closed_at == line.at


BOILING = {"GENERAL": 20, "EXTERIOR": 15, "TONIC": 40}


@pytest.mark.parametrize(("category", "least"), BOILING.items())
def test_each_category_boils_its_time(pharmacy: Pharmacy, category: str, least: int) -> None:
    line = Line(pharmacy, received(pharmacy, category=category, once=True))
    line.dispensed_and_checked()
    line.go("decocter", "soak")
    line.go("decocter", "boil", 30)
    line.refuses("KQ-3204", "decocter", "draw_off", 10 + least - 1)
    assert line.go("decocter", "draw_off", 1) == "drawn_off"


def test_herbs_to_take_home_are_not_boiled(pharmacy: Pharmacy) -> None:
    line = Line(pharmacy, received(pharmacy, decoct=False))
    line.dispensed_and_checked()
    line.refuses("KQ-3202", "decocter", "soak")
    line.go("dispenser", "pack")
    line.go("pharmacist", "release_bags")
    line.refuses("KQ-3208", "courier", "take_along")
    assert line.go("dispenser", "hand_out") == "handed_out"


def test_nobody_reviews_or_checks_her_own_work(pharmacy: Pharmacy) -> None:
    line = Line(pharmacy, received(pharmacy))
    own = pharmacy.people["pharmacist"]
    pharmacy.people["doctor"] = own
    mine = Line(pharmacy, received(pharmacy, number="RX-2"))
    mine.refuses("KQ-3171", "pharmacist", "approve")
    line.go("second", "approve")
    line.go("pharmacist", "dispense")
    line.refuses("KQ-3201", "pharmacist", "check")
    line.go("second", "check")


def test_a_feared_pair_needs_two_pharmacists(pharmacy: Pharmacy) -> None:
    herbs = [{"name": "丁香", "grams": 3}, {"name": "郁金", "grams": 9}]
    line = Line(pharmacy, received(pharmacy, herbs=herbs))
    line.refuses("KQ-3173", "pharmacist", "approve")
    line.go("pharmacist", "first_sign")
    line.refuses("KQ-3175", "pharmacist", "second_sign")
    assert line.go("second", "second_sign") == "released"
    plain = Line(pharmacy, received(pharmacy, number="RX-2"))
    plain.refuses("KQ-3174", "pharmacist", "first_sign")


def test_what_is_blocked_goes_back(pharmacy: Pharmacy) -> None:
    line = Line(pharmacy, received(pharmacy, herbs=[{"name": "贝母", "grams": 10}]))
    line.refuses("KQ-3172", "pharmacist", "approve")
    line.refuses("KQ-3172", "pharmacist", "first_sign")
    assert line.go("pharmacist", "return_to_doctor") == "returned"


def test_a_prescription_is_in_force_until_its_last_day(pharmacy: Pharmacy) -> None:
    line = Line(pharmacy, received(pharmacy, extension_days=3))
    late = Line(pharmacy, received(pharmacy, number="RX-2", extension_days=3))
    line.at = late.at = pharmacy.now + timedelta(days=3)
    assert line.go("pharmacist", "approve") == "released"
    late.at += timedelta(days=1)
    late.refuses("KQ-3176", "pharmacist", "approve")


def test_a_burnt_pot_is_made_anew(pharmacy: Pharmacy) -> None:
    line = Line(pharmacy, received(pharmacy))
    line.dispensed_and_checked()
    line.go("decocter", "soak")
    line.go("decocter", "boil", 30)
    line.refuses("KQ-1002", "decocter", "scrap")
    assert line.go("manager", "scrap") == "released"


@pytest.mark.parametrize("who", ["dispenser", "decocter", "courier", "doctor", "manager"])
def test_only_pharmacists_review(pharmacy: Pharmacy, who: str) -> None:
    Line(pharmacy, received(pharmacy)).refuses("KQ-1002", who, "approve")
