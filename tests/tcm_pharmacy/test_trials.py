"""Trying the pharmacy's policies on what it did, held against counts made by hand; and how fast."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from kangqu.kernel.basis.clock import city_day, system_clock
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.policies import refusals as no
from kangqu.kernel.policies import trying
from kangqu.kernel.policies.counting import counts_of
from kangqu.kernel.policies.models import PolicyTrial
from kangqu.kernel.policies.tasks import run_trial, sweep
from kangqu.kernel.policies.trials import BATCH
from kangqu.kernel.rules.policy import Policy, adopt
from kangqu.kernel.rules.source import Source
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Rating, Weighing

pytestmark = pytest.mark.django_db
HER = Actor(71, "commission_officer", 5)
GRAMS = ("105.00", "95.00", "100.00", "103.00", "103.01", "97.00", "96.99", "104.99")
"""What was weighed where 100 g were asked: of eight, three per cent refuses 105, 103.01 and 104.99 as too heavy, 95 and 96.99 as too light."""


@pytest.fixture
def case(pharmacy):
    assert pharmacy.send(pharmacy.order()).status_code == 201
    return Case.objects.get(programme="tcm_prescription")


@pytest.fixture
def weighed(pharmacy, case):
    lot = stock.receive_lot(
        pharmacy.centre.pk, herb="黄芪", number="A1", grams=Decimal(5000), expires_on=date(2199, 1, 1),
        by=the_house(), at=pharmacy.now, rng=random.Random(3),
    )  # fmt: skip
    rows = [
        Weighing(
            case=case,
            place=place,
            herb="黄芪",
            lot=lot,
            grams_asked=Decimal(100),
            grams=Decimal(grams),
            at=pharmacy.now,
        )
        for place, grams in enumerate(GRAMS)
    ]
    Weighing.objects.bulk_create(rows)
    return rows


def tried(pharmacy, policy, value, *, paths=None, batch=BATCH, days=0):
    today = city_day(pharmacy.now)
    row = trying.ask(
        policy,
        value,
        today - timedelta(days=days),
        today,
        paths=paths or [pharmacy.centre.path],
        by=HER,
        at=pharmacy.now,
    )
    trying.run(row.pk, system_clock, batch=batch)
    row.refresh_from_db()
    assert row.state == "done"
    return counts_of(row.found)


@pytest.mark.parametrize("batch", [1, 3, 8, 100])
def test_a_narrower_tolerance_on_weighings_counted_by_hand(pharmacy, weighed, batch):
    counts = tried(pharmacy, "tcm.line.tolerance", 3, batch=batch)
    assert counts.pairs == {"within": {"within": 3, "over": 3, "short": 2}}
    assert (counts.cases, counts.different, counts.missing) == (8, 5, {})
    heavy = counts.examples["within>over"]
    assert {each["now"] for each in heavy} == {f"{grams} g（97–103 g）" for grams in ("105", "103.01", "104.99")}
    assert {each["code"] for each in heavy} == {Case.objects.get(programme="tcm_prescription").code}


def test_the_value_of_the_day_is_what_it_is_held_against(pharmacy, weighed):
    adopt([Policy("tcm.line.tolerance", "", 4, city_day(pharmacy.now), Source("x"))], edition=9)
    try:
        counts = tried(pharmacy, "tcm.line.tolerance", 5)
    finally:
        adopt((), edition=0)
    assert counts.pairs == {"within": {"within": 5}, "over": {"within": 2}, "short": {"within": 1}}


def test_a_trial_sees_only_what_lies_below_the_post(pharmacy, weighed):
    assert tried(pharmacy, "tcm.line.tolerance", 3, paths=[pharmacy.elsewhere.path]).cases == 0
    both = [pharmacy.elsewhere.path, pharmacy.centre.path]
    assert tried(pharmacy, "tcm.line.tolerance", 3, paths=both).cases == 8


def test_reviews_not_made_are_missing_and_not_counted_as_in_time(pharmacy, case):
    counts = tried(pharmacy, "tcm.line.review", 5)
    assert (counts.cases, counts.pairs, counts.missing) == (1, {}, {"undecided": 1})
    Case.objects.update(opened_at=pharmacy.now - timedelta(minutes=21))
    record(HER.did("case.step", at=pharmacy.now, object_type="case", object_id=case.pk, facts={"step": "approve"}))
    assert tried(pharmacy, "tcm.line.review", 20, days=1).pairs == {"in_time": {"late": 1}}
    assert tried(pharmacy, "tcm.line.review", 21, days=1).pairs == {"in_time": {"in_time": 1}}


def decocted(case, pharmacy, drawn=None, **minutes):
    """The case as it stands when each of these happened so many minutes after it came."""
    at = {name: (pharmacy.now + timedelta(minutes=after)).isoformat() for name, after in minutes.items()}
    case.facts |= {"decocted": True, "category": "GENERAL", "heat_minutes": 10} | at
    case.save(update_fields=["facts"])
    if drawn is not None:
        facts = {"step": "draw_off"}
        at = pharmacy.now + timedelta(minutes=drawn)
        record(HER.did("case.step", at=at, object_type="case", object_id=case.pk, facts=facts))


@pytest.mark.parametrize(("least", "now"), [(35, "enough"), (36, "short")])
def test_soaking_counted_by_hand(pharmacy, case, least, now):
    decocted(case, pharmacy, soak_from=5, boil_from=40)
    assert tried(pharmacy, "tcm.line.soak", least).pairs == {"enough": {now: 1}}


@pytest.mark.parametrize(
    ("happened", "minutes"),
    [
        ({"boil_from": 40, "drawn": 75}, 25),  # ten minutes of heating
        ({"boil_from": 40, "boils_since": 43, "drawn": 75}, 32),  # the machine told
        ({"boil_from": 40, "boil_again_from": 72, "drawn": 90}, 22),
        ({"boil_from": 40, "first_at": 0, "rest_from": 60, "drawn": 90}, 30),
    ],
)
def test_boiling_counted_by_hand(pharmacy, case, happened, minutes):
    decocted(case, pharmacy, **happened)
    assert tried(pharmacy, "tcm.line.boil.GENERAL", minutes).pairs == {"enough": {"enough": 1}}
    counts = tried(pharmacy, "tcm.line.boil.GENERAL", minutes + 1)
    assert counts.pairs == {"enough": {"short": 1}}
    assert [each["now"] for each in counts.examples["enough>short"]] == [f"{minutes}.0 分钟，至少 {minutes + 1} 分钟"]
    assert tried(pharmacy, "tcm.line.boil.TONIC", 45).cases == 0, "of another class"


def test_what_did_not_come_so_far_is_missing(pharmacy, case):
    case.facts |= {"decocted": False}
    case.save(update_fields=["facts"])
    assert tried(pharmacy, "tcm.line.soak", 40).cases == 0
    decocted(case, pharmacy, soak_from=5)
    for policy in ("tcm.line.soak", "tcm.line.boil.GENERAL"):
        assert tried(pharmacy, policy, 40).missing == {"not_done": 1}
    assert tried(pharmacy, "tcm.line.first", 20).cases == 0, "nothing is boiled first"
    case.facts |= {"first_minutes": 15, "boil_from": case.facts["soak_from"]}
    case.facts["rest_from"] = (pharmacy.now + timedelta(minutes=32)).isoformat()
    case.save(update_fields=["facts"])
    assert tried(pharmacy, "tcm.line.first", 18).pairs == {"enough": {"short": 1}}


def test_ratings(pharmacy, case):
    Rating.objects.create(
        case=case,
        person=pharmacy.patient,
        pharmacy=pharmacy.centre,
        stars=3,
        rated_at=pharmacy.now,
        changed_at=pharmacy.now,
    )
    assert tried(pharmacy, "tcm.rating.low", 3).pairs == {"not_low": {"low": 1}}


def test_killed_between_it_goes_on_where_it_was_and_counts_nothing_twice(pharmacy, weighed):
    today = city_day(pharmacy.now)
    row = trying.ask("tcm.line.tolerance", 3, today, today, paths=[pharmacy.centre.path], by=HER, at=pharmacy.now)
    assert trying.advance(row.pk, system_clock, batch=3)
    row.refresh_from_db()
    assert row.state == "running" and counts_of(row.found).cases == 3
    assert trying.advance(row.pk, system_clock, batch=3)
    PolicyTrial.objects.update(changed_at=pharmacy.now - timedelta(hours=1))
    sweep(0)
    run_trial(row.pk)
    row.refresh_from_db()
    assert row.state == "done" and counts_of(row.found).cases == 8
    assert not trying.advance(row.pk, system_clock)


def test_stopped_it_stays_stopped(pharmacy, weighed):
    today = city_day(pharmacy.now)
    row = trying.ask("tcm.line.tolerance", 3, today, today, paths=["/"], by=HER, at=pharmacy.now)
    trying.stop(row.pk, by=HER, at=pharmacy.now)
    run_trial(row.pk)
    with pytest.raises(Refused):
        trying.stop(row.pk, by=HER, at=pharmacy.now)
    assert PolicyTrial.objects.get().found == {}


def test_so_many_at_once_and_in_a_range(pharmacy):
    today = city_day(pharmacy.now)

    def ask(since=today, until=today, value=3, policy="tcm.line.tolerance") -> None:
        trying.ask(policy, value, since, until, paths=["/"], by=HER, at=pharmacy.now)

    for wrong in ((today, today + timedelta(days=1)), (today, today - timedelta(days=1)), (date.min, today)):
        with pytest.raises(Refused) as refused:
            ask(*wrong)
        assert refused.value.why is no.TRIAL_RANGE
    for more, why in (({"value": 99}, no.OUT_OF_BOUNDS), ({"policy": "people.adult_age"}, no.NO_TRIAL)):
        with pytest.raises(Refused) as refused:
            ask(**more)
        assert refused.value.why is why
    for _ in range(trying.AT_ONCE):
        ask()
    with pytest.raises(Refused) as refused:
        ask()
    assert refused.value.why is no.TRIALS_AT_ONCE
