"""Deadlines and events: each happens once, however often workers look, die and are asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases import changes, keeping
from kangqu.kernel.cases.alerts import acknowledge
from kangqu.kernel.cases.deadlines import act_on, act_on_deadlines
from kangqu.kernel.cases.delivering import (
    deliver_again,
    deliver_due,
    forget_delivered,
    parked_events,
    waiting_since,
)
from kangqu.kernel.cases.listening import Heard, listen
from kangqu.kernel.cases.models import Alert, Case, Event, EventState
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.reads import timeline, unseen_alerts
from kangqu.kernel.cases.refusals import EVENT_GONE
from kangqu.kernel.cases.registry import _PROGRAMMES, declare
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.cases.versions import carry_over, remember_programmes, stranded
from tests.cases.conftest import House, again
from tests.cases.programmes import LAMP
from tests.conftest import NINE

HOUR = timedelta(hours=1)


def test_tiers_are_told_one_after_the_other_each_once(house: House) -> None:
    case = house.lamp()
    assert act_on_deadlines(NINE + HOUR - timedelta(seconds=1)) == 0
    assert [act_on_deadlines(NINE + HOUR) for _ in range(3)] == [1, 0, 0]
    assert act_on_deadlines(NINE + 7 * HOUR) == 1  # one at a time: the next look finds the next tier
    assert act_on_deadlines(NINE + 7 * HOUR) == 1
    assert act_on_deadlines(NINE + 99 * HOUR) == 0
    told = list(Alert.objects.order_by("tier").values_list("role", "institution_id"))
    ward, top = house.ward.pk, house.top.pk
    assert told == [("nurse", ward), ("institution_manager", ward), ("commission_officer", top)]
    assert [line.action for line in timeline(again(case))] == ["case.open"] + ["case.late"] * 3


def test_a_case_that_moved_is_late_anew(house: House) -> None:
    case = house.lamp()
    act_on_deadlines(NINE + HOUR)
    take_step(case.id, "look", by=house.nurse, at=NINE + HOUR, facts={"promised": (NINE + 2 * HOUR).isoformat()})
    assert act_on_deadlines(NINE + HOUR) == 0
    assert act_on_deadlines(NINE + 2 * HOUR) == 1
    take_step(case.id, "mend", by=house.nurse, at=NINE + 3 * HOUR)
    assert act_on_deadlines(NINE + 99 * HOUR) == 0
    assert Alert.objects.count() == 2


def test_the_house_takes_its_own_step_at_the_deadline(house: House) -> None:
    case = house.lamp()
    take_step(case.id, "look", by=house.nurse, at=NINE)
    take_step(case.id, "park", by=house.nurse, at=NINE)
    keeping.claim(case.id, by=house.nurse, at=NINE)
    assert act_on(case.id, NINE + 24 * HOUR)
    now = again(case)
    assert (now.state, now.closed_at) == ("expired", NINE + 24 * HOUR)
    assert not act_on(case.id, NINE + 25 * HOUR)


def test_a_suspended_case_is_not_late(house: House) -> None:
    case = house.lamp()
    take_step(case.id, "look", by=house.nurse, at=NINE, facts={"promised": (NINE + HOUR).isoformat()})
    keeping.suspend(case.id, by=house.nurse, at=NINE, reason="等料")
    assert act_on_deadlines(NINE + 99 * HOUR) == 0
    keeping.resume(case.id, by=house.nurse, at=NINE + 99 * HOUR)
    assert act_on_deadlines(NINE + 99 * HOUR) == 0
    assert act_on_deadlines(NINE + 100 * HOUR) == 1


def test_whoever_dies_while_telling_has_told_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.lamp()

    def dies(**_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Alert.objects, "create", dies)
        with pytest.raises(SystemExit):
            act_on_deadlines(NINE + HOUR)
    assert Case.objects.get().tier == 0
    assert act_on_deadlines(NINE + HOUR) == 1
    assert Alert.objects.count() == 1


def test_an_alert_is_acknowledged_once_by_those_it_was_for(house: House) -> None:
    house.lamp()
    act_on_deadlines(NINE + HOUR)
    (alert,) = unseen_alerts(["nurse"], [house.ward.pk])
    asked = {"roles": ["nurse"], "institution_ids": [house.ward.pk], "by": house.nurse, "at": NINE + HOUR}
    assert not acknowledge(alert.pk, **{**asked, "roles": ["doctor"]})  # type: ignore[arg-type]
    assert not acknowledge(alert.pk, **{**asked, "institution_ids": [house.other.pk]})  # type: ignore[arg-type]
    assert acknowledge(alert.pk, **asked)  # type: ignore[arg-type]
    assert not acknowledge(alert.pk, **asked)  # type: ignore[arg-type]
    assert unseen_alerts(["nurse"], [house.ward.pk]) == []


@pytest.fixture
def heard(no_listeners: None) -> list[Heard]:
    taken: list[Heard] = []
    listen("test.lamp.seen", "tests.register", taken.append)
    return taken


def test_what_a_step_tells_is_delivered_once_to_each_who_listens(house: House, heard: list[Heard]) -> None:
    others: list[Heard] = []
    listen("test.lamp.seen", "tests.others", others.append)
    case = house.lamp(colour="red")
    take_step(case.id, "look", by=house.nurse, at=NINE, facts={"bulbs": 2})
    assert deliver_due(NINE) == 2
    assert deliver_due(NINE + HOUR) == 0
    (first,) = heard
    assert (first.name, first.case_id, first.values) == ("test.lamp.seen", case.id, {"bulbs": 2})
    assert first.facts == {"colour": "red", "bulbs": 2}
    assert len(others) == 1 and others[0].id != first.id


def test_what_fails_is_tried_again_and_parked_at_last(house: House, no_listeners: None) -> None:
    tries: list[int] = []

    def stumbles(event: Heard) -> None:
        Case.objects.filter(pk=event.case_id).update(number="half done")
        tries.append(event.id)
        if len(tries) < 10:
            raise ValueError("secret of a patient")

    listen("test.lamp.seen", "tests.stumbles", stumbles)
    case = house.lamp()
    take_step(case.id, "look", by=house.nurse, at=NINE)
    at = NINE
    for _ in range(20):
        deliver_due(at)
        at += HOUR
    (parked,) = parked_events()
    assert (len(tries), parked.state, parked.last_error) == (8, EventState.PARKED, "ValueError")
    assert again(case).number == "", "what a listener began is undone with its failure"
    deliver_again(parked.pk, by=house.chief, at=at)
    with pytest.raises(Refused) as gone:
        deliver_again(parked.pk, by=house.chief, at=at)
    assert gone.value.why is EVENT_GONE
    assert waiting_since(at) > HOUR
    assert [deliver_due(at + n * HOUR) for n in range(3)] == [0, 1, 0]
    assert again(case).number == "half done"


def test_an_event_waits_longer_each_time(house: House, no_listeners: None) -> None:
    def stumbles(event: Heard) -> None:
        raise OSError

    listen("test.lamp.seen", "tests.stumbles", stumbles)
    take_step(house.lamp().id, "look", by=house.nurse, at=NINE)
    waits = []
    at = NINE
    for _ in range(4):
        deliver_due(at)
        due = Event.objects.get().due_at
        waits.append(due - at)
        at = due
    assert waits == [timedelta(seconds=10 * 2**n) for n in range(4)]


def test_an_event_whose_worker_died_comes_again(house: House, heard: list[Heard]) -> None:
    take_step(house.lamp().id, "look", by=house.nurse, at=NINE)
    event = Event.objects.get()
    event.attempts, event.due_at = 1, NINE + timedelta(seconds=60)
    event.save()  # claimed, and then nothing
    assert deliver_due(NINE + timedelta(seconds=59)) == 0
    assert deliver_due(NINE + timedelta(seconds=60)) == 1
    assert len(heard) == 1


def test_a_listener_that_is_gone_is_seen(house: House, heard: list[Heard]) -> None:
    from kangqu.kernel.cases import listening

    take_step(house.lamp().id, "look", by=house.nurse, at=NINE)
    listening._LISTENERS.clear()
    assert deliver_due(NINE) == 0
    assert Event.objects.get().last_error == "LookupError"


def test_delivered_events_are_forgotten_in_time(house: House, heard: list[Heard]) -> None:
    take_step(house.lamp().id, "look", by=house.nurse, at=NINE)
    deliver_due(NINE)
    assert forget_delivered(NINE + timedelta(days=29)) == 0
    assert forget_delivered(NINE + timedelta(days=31)) == 1


def test_two_who_listen_under_one_name_are_a_mistake(no_listeners: None) -> None:
    one: list[Heard] = []
    listen("test.lamp.seen", "tests.one", one.append)
    with pytest.raises(ValueError, match="twice"):
        listen("test.lamp.seen", "tests.one", one.remove)


# Versions


@pytest.fixture
def lamps_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests declare of lamps is forgotten after them."""
    monkeypatch.setitem(_PROGRAMMES, "test_lamp", {1: LAMP})


def newer(**changed: object) -> None:
    states = tuple(replace(each, code="seen") if each.code == "looked_at" else each for each in LAMP.states)
    steps = tuple(
        replace(
            each,
            sources=tuple("seen" if source == "looked_at" else source for source in each.sources),
            target="seen" if each.target == "looked_at" else each.target,
        )
        for each in LAMP.steps
    )
    given = {"version": 2, "states": states, "steps": steps, "pause": None, "roll_back": None, **changed}
    declare(replace(LAMP, **given))  # type: ignore[arg-type]


def test_a_running_case_goes_on_under_its_own_version(house: House, lamps_only: None) -> None:
    old = house.lamp()
    newer()
    take_step(old.id, "look", by=house.nurse, at=NINE)
    new, _ = open_case("test_lamp", key="new", institution_id=house.ward.pk, by=house.nurse, at=NINE)
    take_step(new.id, "look", by=house.nurse, at=NINE)
    assert [(again(each).version, again(each).state) for each in (old, new)] == [(1, "looked_at"), (2, "seen")]
    take_step(old.id, "mend", by=house.nurse, at=NINE)
    assert list(stranded()) == []


def test_running_cases_are_carried_over_where_the_new_version_says_how(house: House, lamps_only: None) -> None:
    cases = [house.lamp() for _ in range(3)]
    for case in cases[:2]:
        take_step(case.id, "look", by=house.nurse, at=NINE, facts={"promised": (NINE + HOUR).isoformat()})
    take_step(cases[1].id, "park", by=house.nurse, at=NINE)
    newer(moved={"looked_at": "seen", "reported": "reported"})
    assert [carry_over(NINE, 1), carry_over(NINE, 1), carry_over(NINE, 1)] == [1, 1, 0]
    stand = [(again(case).version, again(case).state) for case in cases]
    assert stand == [(2, "seen"), (1, "parked"), (2, "reported")]
    assert again(cases[0]).due_at == NINE + HOUR
    assert act_on(cases[0].id, NINE + HOUR)
    take_step(cases[0].id, "mend", by=house.nurse, at=NINE)
    assert timeline(again(cases[0]))[2].action == "case.carry_over"


def test_cases_that_code_would_strand_are_found(house: House, lamps_only: None) -> None:
    remember_programmes(NINE)
    remember_programmes(NINE)
    case = house.lamp()
    assert list(stranded()) == []
    _PROGRAMMES["test_lamp"] = {1: replace(LAMP, steps=LAMP.steps[:-1])}
    ((code, version, why),) = stranded()
    assert (code, version) == ("test_lamp", 1) and "raise the version" in why
    _PROGRAMMES["test_lamp"] = {}
    ((_, _, why),) = stranded()
    assert "no declaration" in why
    _PROGRAMMES["test_lamp"] = {1: LAMP}
    changes.write([])
    take_step(case.id, "write_off", by=house.chief, at=NINE)
    _PROGRAMMES["test_lamp"] = {}
    assert list(stranded()) == [], "a case that is over needs no programme"
