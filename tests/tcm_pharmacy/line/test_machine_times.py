"""What machines tell of times: kept once, and the minutes of boiling count from the boil they tell of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.reads import timeline
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.line.hand import Post
from kangqu.systems.tcm_pharmacy.models import MachineTime, Pot
from kangqu.systems.tcm_pharmacy.store import keys
from kangqu.systems.tcm_pharmacy.store.machines import ReportIn, keep
from kangqu.systems.tcm_pharmacy.store.messages import take, topic_of
from tests.tcm_pharmacy.line.test_stations import HEAT, Floor, floor

__all__ = ["floor"]


def tells(floor: Floor, what: str, at: datetime | None = None, pot: str = "1号机") -> dict[str, int]:
    said = {"times": [{"pot": floor.pots[pot].code, "at": (at or floor.at).isoformat(), "what": what}]}
    return keep(ReportIn.model_validate(said), floor.pharmacy.centre.pk, floor.at)


def charged(floor: Floor, **changed: Any) -> Snapshot:
    case = floor.prescription(**changed)
    floor.soaking(case)
    floor.minutes += 30
    floor.scan(Post.BOIL, "decocter", case.code, floor.pots["1号机"].code)
    return case


def facts(case: Snapshot) -> Any:
    now = snapshot(case.id)
    assert now is not None
    return now.facts


def test_boiling_counts_from_when_the_machine_told(floor: Floor) -> None:
    case, pot = charged(floor, once=True), floor.pots["1号机"].code
    tells(floor, "heating")
    floor.minutes += 17  # it heats slowly
    assert tells(floor, "boiling") == {"kept": 1, "repeated": 0}
    floor.minutes += HEAT + 9
    assert "1 分钟" in floor.refuses("KQ-3204", Post.BOIL, "decocter", pot)
    floor.minutes += 1
    floor.scan(Post.BOIL, "decocter", pot)
    assert floor.state(case) == "drawn_off"
    now = snapshot(case.id)
    assert now is not None
    assert [each.action for each in timeline(now)].count("tcm.machine.boils") == 1
    assert [row.what for row in MachineTime.objects.filter(case_id=case.id).order_by("at")] == ["heating", "boiling"]


def test_said_again_or_later_it_counts_from_the_first(floor: Floor) -> None:
    case = charged(floor)
    floor.minutes += 6
    first = floor.at
    for _ in range(3):
        tells(floor, "boiling", first)
    floor.minutes += 5
    tells(floor, "boiling")
    assert facts(case)["boils_since"] == first.isoformat()
    assert MachineTime.objects.count() == 2


def test_the_second_water_has_a_boil_of_its_own(floor: Floor) -> None:
    case, pot = charged(floor), floor.pots["1号机"].code
    tells(floor, "boiling", floor.at + timedelta(seconds=30))
    floor.minutes += 21
    floor.scan(Post.BOIL, "decocter", pot)
    floor.minutes += 8
    tells(floor, "boiling")
    floor.minutes += 13
    floor.refuses("KQ-3204", Post.BOIL, "decocter", pot)
    floor.minutes += 1
    floor.scan(Post.BOIL, "decocter", pot)
    assert floor.state(case) == "drawn_off"


def test_what_was_told_before_the_pot_was_charged_is_of_nothing_in_it(floor: Floor) -> None:
    before = floor.at
    case = charged(floor)
    tells(floor, "boiling", before)
    assert "boils_since" not in facts(case) or facts(case)["boils_since"] is None
    assert MachineTime.objects.get().case_id is None
    tells(floor, "boiling", pot="2号机")  # empty
    assert facts(case)["boils_since"] is None


def test_made_anew_it_boils_anew(floor: Floor) -> None:
    case = charged(floor)
    tells(floor, "boiling")
    manager = floor.pharmacy.people["manager"]
    take_step(case.id, "scrap", by=manager, at=floor.at, values={"why": "锅坏了"})
    tells(floor, "boiling", floor.at + timedelta(minutes=1))
    Pot.objects.update(case=None)
    floor.minutes += 5
    floor.soaking(case)
    floor.minutes += 30
    floor.scan(Post.BOIL, "decocter", case.code, floor.pots["1号机"].code)
    assert facts(case)["boils_since"] is None


def test_a_broker_brings_times_too(floor: Floor) -> None:
    case, pot, centre = charged(floor), floor.pots["1号机"], floor.pharmacy.centre
    secret = keys.give_key(pot.pk, institution_id=centre.pk, by=floor.pharmacy.people["manager"], at=floor.at)
    body = f'{{"times": [{{"pot": "{pot.code}", "at": "{floor.at.isoformat()}", "what": "boiling"}}]}}'.encode()
    for kept in (1, 0):
        assert take(topic_of(centre.code, pot.code), keys.signed(body, secret).encode(), at=floor.at).kept == kept
    assert facts(case)["boils_since"] == floor.at.isoformat()
    other = body.replace(pot.code.encode(), floor.pots["2号机"].code.encode())
    refused = take(topic_of(centre.code, pot.code), keys.signed(other, secret).encode(), at=floor.at)
    assert refused.why is not None and refused.why.code == "KQ-3334"


@pytest.mark.parametrize("said", [{}, {"times": []}, {"times": [{"pot": "P1", "at": "x", "what": "boiling"}]}])
def test_a_report_of_nothing_is_none(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ReportIn.model_validate(said)


def test_times_to_come_are_refused_whole(floor: Floor) -> None:
    with pytest.raises(Refused) as refused:
        tells(floor, "boiling", floor.at + timedelta(minutes=3))
    assert refused.value.why.code == "KQ-3236" and not MachineTime.objects.exists()
