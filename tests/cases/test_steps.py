"""Steps, and everything else that is done with a case: once, by whom it is for, with its trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.refusals import KEY_REUSED, NOT_FOUND, NOT_YOURS, Refusal, Refused
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.models import Case, Event
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.reads import timeline
from kangqu.kernel.cases.refusals import (
    CANNOT_PAUSE,
    CANNOT_ROLL_BACK,
    CLOSED,
    HELD,
    MEANWHILE,
    NO_MOVE,
    NO_PROGRAMME,
    NO_SUCH_STEP,
    NOT_SUSPENDED,
    NOT_TO_HAND_OVER,
    REASON_NEEDED,
    SUSPENDED,
    WRONG_STATE,
)
from kangqu.kernel.cases.steps import Asked, take_step, take_steps
from kangqu.kernel.trace.actor import Actor
from tests.cases.conftest import House, again
from tests.cases.programmes import NO_BULB
from tests.conftest import NINE

TEN = NINE + timedelta(hours=1)


def refused(why: Refusal, call: Any, *given: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as raised:
        call(*given, **named)
    assert raised.value.why is why
    return raised.value


def test_a_case_is_opened_once_for_its_key(house: House) -> None:
    case = house.lamp(key="L-1")
    same, fresh = open_case("test_lamp", key="L-1", institution_id=house.ward.pk, by=house.nurse, at=TEN)
    assert (same.id, fresh, same.state, same.seq) == (case.id, False, "reported", 1)
    refused(KEY_REUSED, open_case, "test_lamp", key="L-1", institution_id=house.other.pk, by=house.nurse, at=TEN)
    refused(NO_PROGRAMME, open_case, "nothing", key="L-1", institution_id=house.ward.pk, by=house.nurse, at=TEN)
    assert Case.objects.count() == 1
    assert [line.action for line in timeline(same)] == ["case.open"]


def test_a_step_moves_the_case_its_deadline_and_leaves_a_trace(house: House) -> None:
    promised = (TEN + timedelta(hours=5)).isoformat()
    case = house.lamp()
    outcome = take_step(case.id, "look", by=house.nurse, at=TEN, facts={"promised": promised, "who": "𠮷"})
    now = again(case)
    assert (outcome.state, outcome.seq) == (now.state, now.seq) == ("looked_at", 2)
    assert now.due_at == TEN + timedelta(hours=5)
    assert Case.objects.get(pk=case.id).rank_at == TEN + timedelta(hours=3)
    assert now.facts == {"promised": promised, "who": "𠮷"}
    line = timeline(now)[-1]
    assert (line.action, line.actor, line.role) == ("case.step", "nurse", "nurse")
    assert line.facts["step"] == "look" and line.facts["from"] == "reported" and line.facts["to"] == "looked_at"
    take_step(case.id, "mend", by=house.colleague, at=TEN)
    over = again(case)
    assert over.closed_at == TEN and over.due_at is None


@pytest.mark.parametrize("who", ["chief", "stranger"])
def test_a_step_is_for_its_roles(house: House, who: str) -> None:
    case = house.lamp()
    refused(NOT_YOURS, take_step, case.id, "look", by=getattr(house, who), at=TEN)
    assert again(case).seq == 1


def test_a_step_not_possible_here_says_where_the_case_stands(house: House) -> None:
    case = house.lamp()
    no = refused(WRONG_STATE, take_step, case.id, "mend", by=house.nurse, at=TEN)
    assert "已报修" in no.sentence("zh") and "Reported" in no.sentence("en")
    refused(NO_SUCH_STEP, take_step, case.id, "fly", by=house.nurse, at=TEN)
    refused(NOT_FOUND, take_step, 7, "look", by=house.nurse, at=TEN)
    refused(NOT_YOURS, take_step, case.id, "expire", by=house.nurse, at=TEN)
    refused(MEANWHILE, take_step, case.id, "look", by=house.nurse, at=TEN, seq=5)
    refused(NO_MOVE, take_step, case.id, "look", by=house.nurse, at=TEN, to_institution_id=house.other.pk)
    take_step(case.id, "write_off", by=house.chief, at=TEN)
    refused(CLOSED, take_step, case.id, "look", by=house.nurse, at=TEN)


def test_a_guard_refuses_and_nothing_is_done(house: House) -> None:
    case = house.lamp(bulbs=0)
    take_step(case.id, "look", by=house.nurse, at=TEN)
    refused(NO_BULB, take_step, case.id, "mend", by=house.nurse, at=TEN)
    assert again(case).state == "looked_at"
    assert len(timeline(again(case))) == 2


def test_a_case_is_handed_to_another_institution_with_a_step(house: House) -> None:
    case = house.lamp()
    take_step(case.id, "pass_on", by=house.nurse, at=TEN, to_institution_id=house.other.pk)
    now = again(case)
    assert (now.institution_id, now.origin_id) == (house.other.pk, house.ward.pk)


def test_steps_of_a_batch_are_each_for_themselves(house: House) -> None:
    cases = [house.lamp() for _ in range(4)]
    take_step(cases[1].id, "write_off", by=house.chief, at=TEN)
    asked = [Asked(case_id=case.id, step="look") for case in (*cases, cases[0])]
    asked += [Asked(case_id=77, step="look"), Asked(case_id=cases[2].id, step="mend")]
    outcomes = take_steps(asked, by=house.nurse, at=TEN)
    said = [each.refused.why if each.refused else each.state for each in outcomes]
    assert said == ["looked_at", CLOSED, "looked_at", "looked_at", WRONG_STATE, NOT_FOUND, "mended"]
    assert [again(case).seq for case in cases] == [2, 2, 3, 2]


def test_a_thousand_at_once_and_no_more(house: House) -> None:
    from kangqu.kernel.cases.refusals import BATCH_TOO_LARGE

    refused(BATCH_TOO_LARGE, take_steps, [Asked(case_id=1, step="look")] * 1001, by=house.nurse, at=TEN)
    assert take_steps([], by=house.nurse, at=TEN) == []


def test_who_claims_a_case_has_it(house: House) -> None:
    case = house.lamp()
    keeping.claim(case.id, by=house.nurse, at=TEN)
    keeping.claim(case.id, by=house.nurse, at=TEN)
    refused(HELD, keeping.claim, case.id, by=house.colleague, at=TEN)
    refused(HELD, take_step, case.id, "look", by=house.colleague, at=TEN)
    refused(HELD, keeping.let_go, case.id, by=house.colleague, at=TEN)
    refused(NOT_YOURS, keeping.claim, case.id, by=house.stranger, at=TEN)
    keeping.hand_over(case.id, to_account_id=house.accounts["colleague"].pk, by=house.nurse, at=TEN)
    assert again(case).holder_id == house.accounts["colleague"].pk
    take_step(case.id, "look", by=house.colleague, at=TEN)
    assert again(case).holder_id is None
    assert [line.action for line in timeline(again(case))] == [
        "case.open", "case.claim", "case.hand_over", "case.step",
    ]  # fmt: skip


def test_a_case_is_handed_only_to_those_who_work_on_it(house: House) -> None:
    case = house.lamp()
    for name in ("stranger",):
        to = house.accounts[name].pk
        refused(NOT_TO_HAND_OVER, keeping.hand_over, case.id, to_account_id=to, by=house.nurse, at=TEN)
    refused(NOT_TO_HAND_OVER, keeping.hand_over, case.id, to_account_id=1, by=house.nurse, at=TEN)
    keeping.claim(case.id, by=house.colleague, at=TEN)
    to = house.accounts["nurse"].pk
    refused(HELD, keeping.hand_over, case.id, to_account_id=to, by=house.nurse, at=TEN)
    keeping.hand_over(case.id, to_account_id=to, by=house.chief, at=TEN, manages=True)
    keeping.let_go(case.id, by=house.nurse, at=TEN)
    assert again(case).holder_id is None


def test_a_suspended_case_rests_and_its_deadline_with_it(house: House) -> None:
    case = house.lamp()
    refused(CANNOT_PAUSE, keeping.suspend, case.id, by=house.nurse, at=TEN, reason="等")
    promised = (TEN + timedelta(hours=5)).isoformat()
    take_step(case.id, "look", by=house.nurse, at=TEN, facts={"promised": promised})
    refused(REASON_NEEDED, keeping.suspend, case.id, by=house.nurse, at=TEN, reason=" ")
    refused(NOT_YOURS, keeping.suspend, case.id, by=house.chief, at=TEN, reason="等料")
    keeping.suspend(case.id, by=house.nurse, at=TEN + timedelta(hours=1), reason="等料")
    refused(SUSPENDED, take_step, case.id, "mend", by=house.nurse, at=TEN)
    refused(SUSPENDED, keeping.suspend, case.id, by=house.nurse, at=TEN, reason="等料")
    assert Case.objects.get(pk=case.id).act_at is None
    keeping.resume(case.id, by=house.nurse, at=TEN + timedelta(hours=4))
    refused(NOT_SUSPENDED, keeping.resume, case.id, by=house.nurse, at=TEN)
    assert again(case).due_at == TEN + timedelta(hours=8)
    assert Case.objects.get(pk=case.id).act_at == TEN + timedelta(hours=8)
    take_step(case.id, "mend", by=house.nurse, at=TEN + timedelta(hours=4))


def test_the_step_just_taken_is_taken_back_once(house: House) -> None:
    case = house.lamp()
    refused(CANNOT_ROLL_BACK, keeping.roll_back, case.id, by=house.chief, at=TEN, reason="误点")
    take_step(case.id, "look", by=house.nurse, at=TEN)
    refused(NOT_YOURS, keeping.roll_back, case.id, by=house.nurse, at=TEN, reason="误点")
    refused(REASON_NEEDED, keeping.roll_back, case.id, by=house.chief, at=TEN, reason="")
    keeping.roll_back(case.id, by=house.chief, at=TEN, reason="误点")
    now = again(case)
    assert (now.state, now.seq, now.due_at) == ("reported", 3, TEN + timedelta(hours=1))
    refused(CANNOT_ROLL_BACK, keeping.roll_back, case.id, by=house.chief, at=TEN, reason="误点")
    assert timeline(now)[-1].reason == "误点"


def test_nobody_listens_and_nothing_waits(house: House) -> None:
    take_step(house.lamp().id, "look", by=house.nurse, at=TEN)
    assert not Event.objects.exists()


def test_the_house_takes_no_step_of_a_person(house: House) -> None:
    case = house.lamp()
    refused(NOT_YOURS, take_step, case.id, "look", by=Actor(account_id=None, role="clock"), at=TEN)
