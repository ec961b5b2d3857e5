"""What an excursion holds, whom it touched, and how it ends."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.vaccination.cold_chain.keeping import change_fridge
from kangqu.systems.vaccination.cold_chain.models import Excursion
from kangqu.systems.vaccination.cold_chain.touched import touched_by
from kangqu.systems.vaccination.cold_chain.watching import Note, note, watch_silent
from kangqu.systems.vaccination.models import OpenVial, VialStock
from kangqu.systems.vaccination.stock.actions import move, open_vial, receive
from kangqu.systems.vaccination.stock.checks import check_stock
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.vaccination.cold_chain.conftest import Chain, make_chain
from tests.vaccination.records.conftest import NOW, refused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + 40 * MINUTE


def names(excursion: Excursion) -> list[str]:
    return [each.person.name for each in touched_by(excursion)]


def test_from_the_reading_that_makes_it_an_excursion_nothing_of_the_fridge_is_given(chain: Chain) -> None:
    chain.clinic.inject("前", at=NOW - 5 * MINUTE)
    chain.read(5.0, 9.0, 9.0, 9.0, since=NOW - 10 * MINUTE)
    chain.clinic.inject("𠮷中", at=NOW + 25 * MINUTE)
    assert chain.excursions() == [], "twenty minutes outside are borne"
    chain.read(9.5, since=NOW + 30 * MINUTE)
    (found,) = chain.excursions()
    assert (found.kind, found.begins_at, found.ends_at, found.extreme) == ("warm", NOW, None, 95)
    assert chain.clinic.refused("后", at=LATER) == "cold_vials_held"
    assert names(found) == ["𠮷中"]
    assert snapshot(found.case_id or 0) is not None
    doing: dict[str, Any] = {"institution_id": chain.clinic.place.pk, "by": chain.clinic.nurse, "at": LATER}
    lot = chain.clinic.lots["A"]
    assert refused(lambda: receive(lot, fridge="1", vials=1, key="r", **doing)) == "cold_out_of_range"
    chain.clinic.stock("B", doses=2)
    VialStock.objects.filter(lot__number="B").update(fridge="2")
    chain.clinic.inject("后", "B", at=LATER)


def test_a_late_reading_moves_the_beginning_back_and_more_people_are_touched(chain: Chain) -> None:
    chain.read(5.0, since=NOW - 60 * MINUTE)
    chain.clinic.inject("早", at=NOW - 20 * MINUTE)
    chain.read(9.0, 9.0, 9.0, 9.0)
    (found,) = chain.excursions()
    assert names(found) == []
    chain.read(9.0, 9.0, 9.0, since=NOW - 30 * MINUTE)
    (found,) = chain.excursions()
    assert found.begins_at == NOW - 30 * MINUTE
    assert names(found) == ["早"]
    chain.read(5.0, since=NOW - 5 * MINUTE)
    assert VialStock.objects.get().holds, "a late reading inside frees nothing"


def test_any_order_and_any_number_of_times_make_the_same(chain: Chain) -> None:
    rows = [
        Note(chain.fridge.pk, NOW + 10 * place * MINUTE, celsius)
        for place, celsius in enumerate([50, 90, 90, 95, 90, 50, 50])
    ]
    random.Random(5).shuffle(rows)
    answers = note([*rows, *rows], by=chain.clinic.nurse, at=NOW + 61 * MINUTE)
    assert answers == [True] * 7 + [False] * 7
    assert [(each.kind, each.begins_at, each.ends_at, each.extreme) for each in chain.excursions()] == [
        ("warm", NOW + 10 * MINUTE, NOW + 50 * MINUTE, 95)
    ]
    assert VialStock.objects.get().holds == 1


@pytest.mark.parametrize(
    ("minutes", "tenths", "name"),
    [(0, 601, "cold_reading_absurd"), (0, -901, "cold_reading_absurd"), (6, 50, "cold_reading_when"), (-36 * 1440, 50, "cold_reading_when")],
)  # fmt: skip
def test_what_cannot_be_is_refused_alone(chain: Chain, minutes: int, tenths: int, name: str) -> None:
    good = Note(chain.fridge.pk, NOW, 40)
    answer, other = note([Note(chain.fridge.pk, NOW + minutes * MINUTE, tenths), good], by=chain.clinic.nurse, at=NOW)
    assert isinstance(answer, Refused) and answer.why.name == name
    assert other is True
    (again,) = note([Note(chain.fridge.pk, NOW, 41)], by=chain.clinic.nurse, at=NOW)
    assert isinstance(again, Refused) and again.why.name == "cold_reading_differs"


def test_vials_moved_out_are_held_where_they_are_and_their_doses_touched(chain: Chain) -> None:
    clinic = chain.clinic
    doing: dict[str, Any] = {"institution_id": clinic.place.pk, "by": clinic.nurse}
    chain.read(5.0, 9.0, 9.0, since=NOW - 10 * MINUTE)
    stock = VialStock.objects.get()
    move(stock.pk, 2, fridge="2", key="m", at=NOW + 11 * MINUTE, **doing)
    move(stock.pk, 2, fridge="2", key="m", at=NOW + 11 * MINUTE, **doing)
    clinic.inject("甲", at=NOW + 12 * MINUTE)
    chain.read(9.0, 9.0, since=NOW + 20 * MINUTE)
    (found,) = chain.excursions()
    assert sorted(VialStock.objects.values_list("fridge", "vials", "holds")) in (
        [("1", 2, 1), ("2", 2, 1)],
        [("1", 3, 1), ("2", 1, 1)],
    )
    assert names(found) == ["甲"]
    move(stock.pk, 1, fridge="3", key="n", at=LATER, **doing)
    assert VialStock.objects.get(fridge="3").holds == 1, "held vials stay held wherever they are put"
    assert refused(lambda: move(stock.pk, 1, fridge="1", key="o", at=LATER, **doing)) == "bad_input"
    assert not list(check_stock())


def test_opened_vials_are_held_and_none_is_opened(chain: Chain) -> None:
    clinic = chain.clinic
    clinic.stock("M", vials=2, doses=2)
    clinic.inject("一", "M", at=NOW + MINUTE)
    chain.read(9.0, 9.0, 9.0, 9.0)
    assert OpenVial.objects.get().holds == 1
    assert clinic.refused("二", "M", at=LATER) == "cold_vials_held"
    stock = VialStock.objects.get(lot__number="M")
    said = refused(lambda: open_vial(stock.pk, key="k", institution_id=clinic.place.pk, by=clinic.nurse, at=LATER))
    assert said == "cold_vials_held"


def decide(chain: Chain, excursion: Excursion, step: str) -> None:
    at = NOW + timedelta(hours=3)
    account = Account.objects.filter(username="cdc").first() or cast.staff(
        "cdc", Role.CDC_OFFICER, chain.clinic.place, at=NOW
    )
    by = Actor(account.pk, str(Role.CDC_OFFICER), chain.clinic.place.pk, purpose="public_health")
    case = snapshot(excursion.case_id or 0)
    assert case is not None
    take_step(case.id, step, values={"basis": "生产企业稳定性资料"}, seq=case.seq, by=by, at=at)
    deliver_due(at)


@pytest.mark.parametrize(("step", "vials"), [("free", 5), ("destroy", 0)])
def test_a_decision_frees_or_destroys_once_it_is_over(chain: Chain, step: str, vials: int) -> None:
    chain.read(9.0, 9.0, 9.0, 9.0)
    (found,) = chain.excursions()
    assert refused(lambda: decide(chain, found, step)) == "cold_still_out"
    chain.read(5.0, since=LATER)
    decide(chain, found, step)
    stock = VialStock.objects.get()
    assert (stock.vials, stock.holds) == (vials, 0)
    found.refresh_from_db()
    assert found.decided_how == {"free": "freed", "destroy": "destroyed"}[step]
    assert not list(check_stock())
    if step == "free":
        chain.clinic.inject("后", at=NOW + timedelta(hours=4))


def test_what_two_excursions_hold_is_free_when_both_are_decided(chain: Chain) -> None:
    chain.read(9.0, 9.0, 9.0, 9.0, 5.0, 1.0, 1.0, 1.0, 1.0, 5.0)
    warm, cold = chain.excursions()
    assert (warm.kind, cold.kind, VialStock.objects.get().holds) == ("warm", "cold", 2)
    decide(chain, warm, "free")
    assert VialStock.objects.get().holds == 1


def test_a_silent_logger_holds_what_is_there_until_it_is_decided(chain: Chain) -> None:
    chain.read(5.0)
    assert watch_silent(by=the_house(), at=NOW + 60 * MINUTE) == 0
    assert watch_silent(by=the_house(), at=NOW + 61 * MINUTE) == 1
    assert watch_silent(by=the_house(), at=NOW + 71 * MINUTE) == 1
    (found,) = chain.excursions()
    assert (found.kind, found.ends_at, VialStock.objects.get().holds) == ("silent", None, 1)
    chain.read(5.0, since=NOW + 80 * MINUTE)
    (found,) = chain.excursions()
    assert found.ends_at == NOW + 80 * MINUTE


def test_a_fridge_with_vaccine_stays_in_use(chain: Chain) -> None:
    doing: dict[str, Any] = {"institution_id": chain.clinic.place.pk, "by": chain.clinic.nurse, "at": NOW}
    assert refused(lambda: change_fridge(chain.fridge.pk, device="", active=False, **doing)) == "cold_fridge_full"
    VialStock.objects.update(vials=0)
    assert not change_fridge(chain.fridge.pk, device="SN2", active=False, **doing).active


@pytest.mark.django_db(transaction=True)
def test_a_dose_and_a_hold_at_once() -> None:
    chain = make_chain()
    for name in "一二三四":
        chain.clinic.girl(name)
    chain.read(9.0, 9.0, 9.0)
    works = [lambda name=name: str(chain.clinic.inject(name, at=NOW + 29 * MINUTE).fresh) for name in "一二三四"]
    said = all_at_once([*works, lambda: str(chain.read(9.0, since=NOW + 30 * MINUTE)[0])])
    assert chain.excursions(), said
    (found,) = chain.excursions()
    given = said.get("True", 0) - 1
    assert given + said.get("cold_vials_held", 0) == 4
    assert len(names(found)) == given
    with transaction.atomic():
        assert VialStock.objects.get().vials == 5 - given
