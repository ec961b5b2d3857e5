"""The demo's pharmacy lives by the verbs people use, in its own time, and stands still when it is turned off."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.checks import check_trace
from kangqu.kernel.cases.models import Case, Document
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.demo import switch
from kangqu.systems.tcm_pharmacy.demo.player import play
from kangqu.systems.tcm_pharmacy.models import MachineTime, Pot, Prescription, Promise, Rating, Reading
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.store.test_store import browser

BY = the_house("operator")


@pytest.fixture
def lively(pharmacy: Pharmacy) -> Pharmacy:
    Institution.objects.update(demo=True)
    Person.objects.update(demo=True)
    return pharmacy


def pass_time(pharmacy: Pharmacy, minutes: int) -> int:
    rng = random.Random(4)
    return sum(play(pharmacy.now + timedelta(minutes=n), rng) for n in range(minutes))


@pytest.mark.slow
def test_a_new_pharmacy_is_at_work_at_once(lively: Pharmacy) -> None:
    switch.turn_on_first(by=BY, at=lively.now)
    assert play(lively.now, random.Random(4)) > 100
    cases = Case.objects.filter(programme="tcm_prescription")
    delivered = cases.filter(state="delivered")
    assert delivered.count() >= 3 and len(set(cases.values_list("state", flat=True))) >= 4
    kept = Prescription.objects.filter(case__in=delivered).first()
    assert kept is not None and kept.signature and kept.key is not None
    assert Document.objects.filter(case__in=delivered).count() == delivered.count()
    assert 1 <= Pot.objects.exclude(case=None).count() <= Pot.objects.count() == 6
    promises = Promise.objects.select_related("case").filter(case__closed_at=None)
    assert promises.exists() and all(each.round_id and each.case.due_at == each.promised_at for each in promises)
    assert {each.pharmacy_id for each in promises} == {lively.centre.pk}
    ratings = Rating.objects.select_related("case")
    assert ratings.exists() and all(each.rated_at > each.case.closed_at for each in ratings if each.case.closed_at)
    assert Reading.objects.filter(celsius__gte=97).exists() and Reading.objects.filter(celsius__lt=80).exists()
    assert MachineTime.objects.filter(what="boiling", case__in=delivered).count() >= delivered.count()
    assert list(check_trace()) == []
    assert pass_time(lively, 10) > 10


def test_nothing_moves_when_it_is_off(lively: Pharmacy) -> None:
    assert pass_time(lively, 5) == 0
    switch.turn_on_first(by=BY, at=lively.now)
    switch.turn(False, by=BY, at=lively.now)
    switch.turn(False, by=BY, at=lively.now)
    switch.turn_on_first(by=BY, at=lively.now)
    assert pass_time(lively, 5) == 0 and not Case.objects.exists()
    told = TraceEntry.objects.filter(action__startswith="tcm.demo.").order_by("position", "id")
    assert sorted(told.values_list("action", flat=True)) == ["tcm.demo.off", "tcm.demo.on"]


def test_a_city_without_a_demo_has_none(pharmacy: Pharmacy) -> None:
    switch.turn_on_first(by=BY, at=pharmacy.now)
    assert pass_time(pharmacy, 5) == 0


def test_the_operator_has_the_switch(lively: Pharmacy) -> None:
    cast.staff("operator", Role.SYSTEM_ADMIN, lively.hospital, at=lively.now)
    operator = browser(lively, "operator")
    assert operator.get("/a/system/pharmacy/on").status_code == 404, "a real city has no such switch"
    switch.turn_on_first(by=BY, at=lively.now)
    assert "演示药房" in operator.get("/a/system").content.decode()
    assert operator.post("/a/system/pharmacy/off").status_code == 302 and not switch.is_on()
    assert operator.post("/a/system/pharmacy/on").status_code == 302 and switch.is_on()
    assert operator.post("/a/system/pharmacy/maybe").status_code == 404
    assert browser(lively, "manager").post("/a/system/pharmacy/off").status_code == 403
