"""The pharmacy's records: opened and closed by those whose they are, late ones told, tied to the batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.deadlines import act_on
from kangqu.kernel.cases.models import Alert
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from tests.tcm_pharmacy.cast import Pharmacy

K = "K0123456789ABC"
OPENINGS: dict[str, dict[str, Any]] = {
    "tcm_sample": {"prescription": K, "bags": 2, "place": "冰箱 1 层 2", "celsius": "4.5"},
    "tcm_cleaning": {"what": "pot", "name": "1号机", "kind": "disinfect", "agent": "含氯 500 mg/L", "minutes": 30},
    "tcm_calibration": {"kind": "scale", "name": "电子秤 3"},
    "tcm_complaint": {"prescription": K, "about": "bag", "stopped": True, "said": "漏了两袋"},
}


def opened(pharmacy: Pharmacy, code: str, **changed: Any) -> Snapshot:
    of = programme(code, 1)
    assert of.opening is not None
    answers = of.opening.read({**OPENINGS[code], **changed})
    person = pharmacy.patient.pk if of.about_person else None
    case, _ = open_case(
        code, key=f"{code}-1", institution_id=pharmacy.centre.pk, by=pharmacy.people["pharmacist"], at=pharmacy.now,
        person_id=person, facts=dict(answers.values),
    )  # fmt: skip
    return case


def go(pharmacy: Pharmacy, case: Snapshot, who: str, step: str, **values: Any) -> str:
    return take_step(case.id, step, by=pharmacy.people[who], at=pharmacy.now, values=values).state


def test_a_sample_is_kept_and_disposed_of(pharmacy: Pharmacy) -> None:
    case = opened(pharmacy, "tcm_sample")
    assert case.due_at == pharmacy.now + timedelta(days=7)
    assert go(pharmacy, case, "decocter", "look", looks="bad", finding="沉淀") == "kept"
    assert act_on(case.id, pharmacy.now + timedelta(days=8))
    assert Alert.objects.get().role == "pharmacy_manager"
    assert go(pharmacy, case, "decocter", "discard", how="按医疗废物处理") == "discarded"


def test_cleaning_is_confirmed_by_somebody_else(pharmacy: Pharmacy) -> None:
    case = opened(pharmacy, "tcm_cleaning")
    with pytest.raises(Refused):
        go(pharmacy, case, "decocter", "confirm")
    assert go(pharmacy, case, "manager", "again", why="内壁有残渣") == "done"
    assert go(pharmacy, case, "manager", "confirm") == "confirmed"


def test_a_machine_that_fails_is_mended_and_calibrated_again(pharmacy: Pharmacy) -> None:
    case = opened(pharmacy, "tcm_calibration")
    assert go(pharmacy, case, "manager", "fails", why="偏高 2 g") == "failed"
    assert go(pharmacy, case, "manager", "passes", standard="100", measured="100.05") == "passed"


def test_a_complaint_is_answered_and_rests_after_its_term(pharmacy: Pharmacy) -> None:
    case = opened(pharmacy, "tcm_complaint")
    assert (
        go(pharmacy, case, "pharmacist", "look_into", justified=True, recall=False, finding="封口机温度低") == "found"
    )
    assert go(pharmacy, case, "manager", "answer", answer="补发两袋") == "answered"
    assert act_on(case.id, pharmacy.now + timedelta(days=16))
    now = snapshot(case.id)
    assert now is not None and now.state == "closed"


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "no batch": ("tcm_complaint", {"prescription": ""}),
    "a code that is none": ("tcm_sample", {"prescription": "RX-1"}),
    "no disinfectant": ("tcm_cleaning", {"agent": ""}),
    "too many bags": ("tcm_sample", {"bags": 11}),
}


@pytest.mark.parametrize(("code", "changed"), WRONG.values(), ids=WRONG.keys())
def test_records_ask_for_what_they_need(code: str, changed: dict[str, Any]) -> None:
    of = programme(code, 1)
    assert of.opening is not None
    with pytest.raises(Refused):
        of.opening.read({**OPENINGS[code], **changed})


def test_what_is_unusual_is_warned_of() -> None:
    of = programme("tcm_sample", 1)
    assert of.opening is not None
    assert len(of.opening.read({**OPENINGS["tcm_sample"], "celsius": 12}).warnings) == 1
