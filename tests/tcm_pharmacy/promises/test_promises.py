"""What is promised is what the floor can do; what will not be kept is marked, and moved only with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.models import Event
from kangqu.kernel.cases.reads import timeline
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Floor, Pot, Promise, PromiseMove
from kangqu.systems.tcm_pharmacy.promises import keeping
from kangqu.systems.tcm_pharmacy.promises.keeping import Kept, keep_promises, look_after_promises
from kangqu.systems.tcm_pharmacy.promises.moving import move_promise
from tests.access import cast
from tests.tcm_pharmacy.promises.conftest import Promises, clock

LISTENER = "tcm_pharmacy.promise"


def test_a_promise_is_given_at_release_from_what_the_floor_can_do(promises: Promises) -> None:
    promise = promises.released("RX-1")
    # Released 09:00: dispensed 6 min, checked 2, soaked 30, in the pot 3 + 10 + 20 + 1 + 8 + 14 + 1, packed 5, handed out 1.
    assert [row[0] for row in promise.stages] == ["DISPENSE", "CHECK", "SOAK", "DECOCT", "PACK", "HAND_OUT"]
    assert clock(datetime.fromisoformat(promise.stages[-1][2])) == "23 10:41"
    assert clock(promise.promised_at) == "23 10:55", "10 % slack, rounded up to 5 minutes"
    case = promises.now(promise)
    assert case.due_at == promise.promised_at == promise.first_promised_at
    assert case.facts["promised_at"] == promise.promised_at.isoformat()
    assert [each.action for each in timeline(case)] == ["case.open", "case.step", "tcm.promise"]
    take_step(case.id, "dispense", by=promises.pharmacy.people["dispenser"], at=promises.at, desk=True)
    assert promises.now(promise).due_at == promise.promised_at


def test_without_a_floor_nothing_is_promised_and_the_policy_says_when(promises: Promises) -> None:
    Floor.objects.all().delete()
    case = promises.received("RX-1")
    promises.approve(case)
    deliver_due(promises.at)
    assert not Promise.objects.exists() and case.institution_id == promises.pharmacy.centre.pk
    assert Event.objects.get(listener=LISTENER).state == "done"


def test_the_third_waits_for_a_pot(promises: Promises) -> None:
    ready = [clock(promises.released(f"RX-{number}").promised_at) for number in range(3)]
    assert ready[0] < ready[1] < ready[2]
    first, third = (Promise.objects.order_by("pk")[number] for number in (0, 2))
    assert third.promised_at - first.promised_at > timedelta(hours=1), "only two pots"


def test_an_express_one_goes_before_ordinary_ones_that_are_not_promised_yet(promises: Promises) -> None:
    for number in range(6):
        promises.received(f"RX-{number}")
    express = promises.released("RX-X", priority="express")
    assert clock(express.promised_at) == "23 10:55", "as though it were alone"
    assert clock(promises.released("RX-6").promised_at) > "23 14"


def test_an_express_one_does_not_break_promises(promises: Promises) -> None:
    given = [promises.released(f"RX-{number}") for number in range(5)]
    promises.released("RX-X", priority="express")
    keep_promises(promises.at)
    assert not Promise.objects.exclude(broken_at=None).exists()
    assert [Promise.objects.get(pk=each.pk).promised_at for each in given] == [each.promised_at for each in given]


def test_in_the_evening_it_is_promised_for_the_next_day_of_the_city(promises: Promises) -> None:
    promises.at = datetime(2026, 11, 23, 23, 50, tzinfo=CITY)
    assert clock(promises.released("RX-1").promised_at)[:2] == "24"
    promises.at = datetime(2026, 11, 24, 0, 10, tzinfo=CITY)
    assert clock(promises.released("RX-2", issued_on="2026-11-24").promised_at)[:2] == "24"
    promises.at = datetime(2026, 11, 28, 19, 30, tzinfo=CITY)
    late = promises.released("RX-3", issued_on="2026-11-28")
    assert clock(late.promised_at)[:2] == "30", "closed on Sunday"


def test_a_shift_over_midnight_is_one_shift(promises: Promises) -> None:
    promises.floor(promises.pharmacy.centre, 0, hours=((1200, 1800),) * 7)
    promises.at = datetime(2026, 11, 23, 23, 30, tzinfo=CITY)
    assert clock(promises.released("RX-1").promised_at) == "24 01:25"
    promises.at = datetime(2026, 11, 24, 0, 30, tzinfo=CITY)
    assert clock(promises.released("RX-2", issued_on="2026-11-24").promised_at) == "24 02:35", (
        "it began on Monday; the first is dispensed before it"
    )


def test_it_goes_where_it_is_made_first(promises: Promises) -> None:
    other = cast.institution(
        "2号中药煎配中心", "decoction_centre", promises.pharmacy.centre.region, promises.pharmacy.hospital.parent
    )
    promises.floor(other, 6, hands=3)
    busy = [promises.received(f"RX-{number}") for number in range(7)]
    assert {case.institution_id for case in busy} == {other.pk, promises.pharmacy.centre.pk}
    assert sum(case.institution_id == other.pk for case in busy) > 3
    large = promises.received("RX-L", herbs=[{"name": "黄芪", "grams": 200}], doses=9)
    assert large.institution_id in {other.pk, promises.pharmacy.centre.pk}
    Floor.objects.filter(institution=other).update(takes_outside=False)
    assert promises.received("RX-O").institution_id == promises.pharmacy.centre.pk


def test_a_parcel_is_promised_for_when_it_arrives(promises: Promises) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    promises.round(12 * 60, [("370303", 40), ("370304", 90)], parcels=1)
    promises.round(17 * 60, [("370303", 40)])
    near = promises.released("RX-1", delivery={**delivery, "district": "370303"})
    assert clock(near.promised_at) == "23 12:50" and near.round is not None and near.round.name == "720"
    full = promises.released("RX-2", delivery={**delivery, "district": "370303"})
    assert full.round is not None and full.round.name == "1020"
    unknown = promises.released("RX-3", delivery=delivery)
    assert unknown.round is not None and unknown.round.name == "1020"
    assert Promise.objects.count() == 3
    case = promises.received("RX-4", delivery={**delivery, "district": "370999"})
    promises.approve(case)
    deliver_due(promises.at)
    assert not Promise.objects.filter(case_id=case.id).exists(), "no round goes there"


def test_the_clock_leaves_out_what_was_planned_a_moment_ago(promises: Promises) -> None:
    promises.approve(promises.received("RX-1"))
    assert look_after_promises(promises.at) == Kept(given=1)
    assert look_after_promises(promises.at + timedelta(seconds=29)) is None
    assert look_after_promises(promises.at + timedelta(seconds=60)) == Kept()


def test_where_many_are_open_those_released_together_share_a_plan(
    promises: Promises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_MANY", 1)
    first, second, third = (promises.received(f"RX-{number}") for number in range(3))
    for case in (first, second):
        promises.approve(case)
        deliver_due(promises.at)
    assert [each.case_id for each in Promise.objects.all()] == [first.id], "two were open when it was planned"
    assert look_after_promises(promises.at) == Kept(given=1)
    promises.at += timedelta(seconds=11)
    promises.approve(third)
    deliver_due(promises.at)
    assert Promise.objects.filter(case_id=third.id).exists(), "the last plan is not young any more"


def fail(promises: Promises, pot: Pot) -> None:
    centre = promises.pharmacy.centre.pk
    stock.pot_fails(
        pot.pk, institution_id=centre, by=promises.pharmacy.people["manager"], at=promises.at, reason="不热"
    )


def test_a_pot_fails_and_what_will_be_late_is_marked_not_moved(promises: Promises) -> None:
    pots = list(Pot.objects.order_by("name"))
    given = [promises.released(f"RX-{number}") for number in range(4)]
    promises.boiling(given[0], pots[0])
    keep_promises(promises.at)
    fail(promises, pots[0])
    assert look_after_promises(promises.at) is not None, "a failure wants a plan at once"
    marked = Promise.objects.get(pk=given[0].pk)
    assert marked.broken_at == promises.at and marked.expected_at is not None
    assert marked.expected_at > marked.promised_at == given[0].promised_at
    assert promises.now(marked).due_at == given[0].promised_at
    assert [each.action for each in timeline(promises.now(marked))][-1] == "tcm.promise.late"
    keep_promises(promises.at)
    assert TraceEntry.objects.filter(action="tcm.promise.late", object_id=marked.case_id).count() == 1
    stock.pot_mended(
        pots[0].pk,
        institution_id=promises.pharmacy.centre.pk,
        by=promises.pharmacy.people["manager"],
        at=promises.at,
    )
    assert look_after_promises(promises.at) is not None
    mended = Promise.objects.get(pk=given[0].pk)
    assert mended.broken_at is None and mended.expected_at is None
    assert [each.action for each in timeline(promises.now(marked))][-1] == "tcm.promise.holds"


def test_a_promise_is_moved_with_a_reason_and_the_old_one_is_kept(promises: Promises) -> None:
    given = promises.released("RX-1")
    manager = promises.pharmacy.people["manager"]
    with pytest.raises(Refused) as refused:
        move_promise(given.case_id, reason="x", by=manager, at=promises.at)
    assert refused.value.why.code == "KQ-3241"
    promises.at += timedelta(hours=3)
    assert keep_promises(promises.at).broken == 1
    moved = move_promise(given.case_id, reason="停电", by=manager, at=promises.at)
    assert (moved.promised_before, moved.reason) == (given.promised_at, "停电")
    now = Promise.objects.get()
    assert now.promised_at == moved.promised_at > given.promised_at == now.first_promised_at
    assert now.broken_at is None and promises.now(now).due_at == now.promised_at
    last = timeline(promises.now(now))[-1]
    assert (last.action, last.reason) == ("tcm.promise.move", "停电")
    assert keep_promises(promises.at).broken == 0 and PromiseMove.objects.count() == 1


def test_what_waits_at_the_window_breaks_no_promise(promises: Promises) -> None:
    promise = promises.released("RX-1", decoct=False)
    people = promises.pharmacy.people
    for who, step in (
        ("dispenser", "dispense"),
        ("pharmacist", "check"),
        ("dispenser", "pack"),
        ("pharmacist", "release_bags"),
    ):
        take_step(promise.case_id, step, by=people[who], at=promises.at, desk=True)
    promises.at += timedelta(days=2)
    assert keep_promises(promises.at).broken == 0


def test_a_listener_that_is_killed_promises_once(promises: Promises, monkeypatch: pytest.MonkeyPatch) -> None:
    case = promises.received("RX-1")
    promises.approve(case)
    with monkeypatch.context() as dying:
        dying.setattr(Promise.objects, "bulk_create", lambda rows: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            deliver_due(promises.at)
    assert not Promise.objects.exists() and "promised_at" not in promises.now(Promise(case_id=case.id)).facts
    later = promises.at + timedelta(hours=1)
    deliver_due(later)
    assert deliver_due(later + timedelta(hours=1)) == 0
    assert Promise.objects.get().quoted_at == later, "not promised for the past"
    assert TraceEntry.objects.filter(action="tcm.promise").count() == 1


def test_the_api_tells_the_promise_and_quotes_before_sending(promises: Promises) -> None:
    pharmacy = promises.pharmacy
    promises.floor(pharmacy.centre, 0, hours=((0, 1440),) * 7)
    body = pharmacy.order(patient={})
    quoted = pharmacy.post("tcm/quote", body)
    assert quoted.status_code == 200, quoted.content
    assert quoted.json()["pharmacy"] == pharmacy.centre.code
    assert not Promise.objects.exists() and not Event.objects.exists()
    assert pharmacy.send(pharmacy.order()).json()["promised_at"] is None
    case_id = Promises(pharmacy).now(Promise(case_id=_case())).id
    take_step(case_id, "approve", by=pharmacy.people["second"], at=pharmacy.now + timedelta(minutes=1))
    deliver_due(pharmacy.now + timedelta(minutes=1))
    told = pharmacy.get("tcm/prescriptions/RX-1").json()
    assert datetime.fromisoformat(told["promised_at"]) == Promise.objects.get().promised_at
    assert told["due_at"] and [each["step"] for each in told["history"]] == ["open", "approve"]


def _case() -> int:
    from kangqu.kernel.cases.models import Case

    return Case.objects.get().pk


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"doses": 90, "herbs": [{"name": "黄芪", "grams": 900}]}, "KQ-3245"),
        ({"delivery": {"how": "courier", "district": "370303"}}, "KQ-3246"),
        ({"delivery": {"how": "courier", "district": "x"}}, "KQ-1005"),
        ({"doses": 10**30}, "KQ-1005"),
        ({"pharmacy": "I0"}, "KQ-3156"),
    ],
)
def test_a_quote_that_cannot_be_says_why(promises: Promises, changed: dict[str, Any], code: str) -> None:
    answer = promises.pharmacy.post("tcm/quote", promises.pharmacy.order(**changed))
    assert 400 <= answer.status_code < 500 and answer.json()["code"] == code, answer.content


def test_without_any_floor_a_quote_is_refused(promises: Promises) -> None:
    Floor.objects.all().delete()
    assert promises.pharmacy.post("tcm/quote", promises.pharmacy.order()).json()["code"] == "KQ-3240"
