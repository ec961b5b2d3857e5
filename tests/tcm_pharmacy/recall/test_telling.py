"""Whoever has recalled medicine is told exactly once, by the queue, whenever it is killed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.people.models import Person, Phone, Proxy
from kangqu.kernel.people.phones import phone_blind, seal_phone
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.models import HerbLot, RecallContact
from kangqu.systems.tcm_pharmacy.recall.reads import contacts_of, lines_of, progress
from kangqu.systems.tcm_pharmacy.recall.telling import tell
from kangqu.systems.tcm_pharmacy.tasks import tell_recalled
from tests.tcm_pharmacy.line.test_stations import Floor
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.recall.test_recall import END, call_back, pressed
from tests.tcm_pharmacy.store.test_store import browser


class Killed(Exception):
    pass


def somebody(number: int, at: datetime) -> Person:
    spelled = {"name": f"𠮷{number}", "name_pinyin": "ji", "name_initials": "j", "sex": "2"}
    return Person.objects.create(public_code=f"R{number:013d}", registered_at=at, changed_at=at, **spelled)


def out(floor: Floor, count: int) -> list[int]:
    """So many prescriptions, weighed of the lot and handed out, each to somebody else: the patients' numbers."""
    people = []
    for number in range(count):
        case = floor.prescription(f"RX-{number}")
        floor.dispensed(case)
        people.append(somebody(number, floor.at).pk)
        Case.objects.filter(pk=case.id).update(person_id=people[-1], state="handed_out")
    return people


def run(floor: Floor, recall_id: int, at_once: int = 500, batches: int | None = None) -> None:
    """Tell; killed at the beginning of the batch after ``batches``."""
    begun = 0

    def clock() -> datetime:
        nonlocal begun
        begun += 1
        if batches is not None and begun > batches:
            raise Killed
        return floor.at

    tell(recall_id, by=floor.pharmacy.people["manager"], clock=clock, at_once=at_once)


def told() -> list[int]:
    found = Notice.objects.filter(template="medicine_recalled").values_list("person_id", flat=True)
    return sorted(number for number in found if number is not None)


def test_killed_between_batches_everybody_is_told_exactly_once(floor: Floor) -> None:
    people = out(floor, 5)
    done = pressed(floor)
    assert (done.out, told(), RecallContact.objects.count()) == (5, [], 0)
    assert HerbLot.objects.get(herb="黄芪").blocked_at is not None
    with pytest.raises(Killed):
        run(floor, done.case.id, at_once=2, batches=2)
    far = progress(done.case)
    assert (len(told()), far.out, far.waiting) == (4, 4, 1)
    assert "已通知 4 / 5" in browser(floor.pharmacy, "manager").get(f"/c/tcm/recalls/{done.case.code}").content.decode()
    for _ in range(2):
        run(floor, done.case.id, at_once=2)
    assert told() == sorted(people) and RecallContact.objects.count() == 5
    assert TraceEntry.objects.filter(action="notice.write", person_id__in=people).count() == 5
    assert progress(done.case).waiting == 0


def test_killed_within_a_batch_nothing_of_it_stays(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    out(floor, 2)
    done = pressed(floor)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(RecallContact.objects, "bulk_create", killed)
        with pytest.raises(Killed):
            run(floor, done.case.id)
    assert told() == []
    run(floor, done.case.id)
    assert len(told()) == 2


def test_pressed_twice_before_anybody_is_told(floor: Floor) -> None:
    people = out(floor, 2)
    first, again = pressed(floor), pressed(floor)
    assert (again.fresh, again.case.id, again.out) == (False, first.case.id, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args, lock FROM procrastinate_jobs WHERE task_name = 'tcm.recall.tell' ORDER BY id")
        jobs = cursor.fetchall()
    assert [lock for _args, lock in jobs] == [f"recall {first.case.id}"] * 2
    for args, _lock in jobs:
        tell_recalled(**(args if isinstance(args, dict) else json.loads(args)))
    assert told() == sorted(people)
    manager = floor.pharmacy.people["manager"]
    assert set(TraceEntry.objects.filter(action="notice.write").values_list("actor_id", flat=True)) == {
        manager.account_id
    }


def test_it_does_not_end_before_everybody_was_written_to(floor: Floor) -> None:
    out(floor, 1)
    done = pressed(floor)
    with pytest.raises(Refused) as refused:
        take_step(done.case.id, "end", by=floor.pharmacy.people["manager"], at=floor.at, values=END)
    assert (refused.value.why.code, refused.value.facts["count"]) == ("KQ-3238", 1)


def test_the_dead_have_a_line_only_and_who_was_two_is_told_once(floor: Floor) -> None:
    dead, one, two = out(floor, 3)
    done = pressed(floor)
    Person.objects.filter(pk=dead).update(status="deceased", deceased_on="2026-01-01")
    Person.objects.filter(pk=two).update(status="merged", merged_into=one)
    run(floor, done.case.id, at_once=1)
    assert told() == [one] and RecallContact.objects.count() == 3


def test_who_was_two_is_told_once_wherever_the_merge_falls(floor: Floor) -> None:
    """Merged between two batches, into either of the two: the batch after it writes to nobody who was written to."""
    one, two, three, four = out(floor, 4)
    mother = somebody(90, floor.at)
    for person in (one, two):
        _stands(mother.pk, person, floor)
    done = pressed(floor)
    with pytest.raises(Killed):
        run(floor, done.case.id, at_once=1, batches=1)
    assert told() == sorted([one, mother.pk])
    Person.objects.filter(pk=one).update(status="merged", merged_into=two)
    Person.objects.filter(pk=three).update(status="merged", merged_into=four)
    run(floor, done.case.id, at_once=1)
    assert told() == sorted([one, mother.pk, four]) and RecallContact.objects.count() == 4


def _stands(agent: int, person: int, floor: Floor) -> None:
    Proxy.objects.create(
        person_id=person, agent_id=agent, kind="guardian", relation="母亲", rights=[], consent="desk",
        starts_at=floor.at - timedelta(days=1), ends_at=floor.at + timedelta(days=99),
    )  # fmt: skip


def test_the_list_knows_who_was_two_by_one_name_and_every_phone(floor: Floor) -> None:
    one, two, other = out(floor, 3)
    Phone.objects.create(
        person_id=two, sealed=seal_phone("+8613800000002"), blind=phone_blind("+8613800000002"),
        shown="138****0002", recorded_at=floor.at,
    )  # fmt: skip
    daughter = somebody(91, floor.at)
    _stands(daughter.pk, two, floor)
    done = pressed(floor)
    Person.objects.filter(pk=two).update(status="merged", merged_into=one)
    run(floor, done.case.id)
    assert told() == sorted([one, daughter.pk, other])
    rows = list(contacts_of(done.case.id, {floor.pharmacy.centre.pk}))
    lines = {each.contact.case.number: each for each in lines_of(rows, at=floor.at)}
    assert [lines[number].others for number in ("RX-0", "RX-1", "RX-2")] == [("RX-1",), ("RX-0",), ()]
    assert {lines[number].name for number in ("RX-0", "RX-1")} == {"𠮷0"}
    assert ("self", "13800000002") in lines["RX-0"].phones
    shown = browser(floor.pharmacy, "pharmacist").get(f"/c/tcm/recalls/{done.case.code}").content.decode()
    assert "同一人还有 RX-1" in shown and "𠮷1" not in shown
    line = browser(floor.pharmacy, "pharmacist").get(f"/c/tcm/recalls/{done.case.code}/{lines['RX-1'].contact.pk}")
    assert "同一人还有 RX-0" in line.content.decode()


def test_nobody_writes_to_the_dead_by_another_record_or_to_a_dead_agent(floor: Floor) -> None:
    one, two, three = out(floor, 3)
    gone = somebody(92, floor.at)
    _stands(gone.pk, three, floor)
    Person.objects.filter(pk__in=(one, gone.pk)).update(status="deceased", deceased_on="2026-01-01")
    Person.objects.filter(pk=two).update(status="merged", merged_into=one)
    done = pressed(floor)
    run(floor, done.case.id)
    assert told() == [three]


def test_what_was_scrapped_and_made_anew_is_nobodys_to_bring_back(floor: Floor) -> None:
    case = floor.prescription()
    floor.dispensed(case)
    done = call_back(floor)
    take_step(case.id, "scrap", by=floor.pharmacy.people["manager"], at=floor.at, values={"why": "召回"})
    floor.drawer("黄芪", "B2")
    floor.dispensed(case)
    Case.objects.filter(pk=case.id).update(state="handed_out")
    assert progress(done.case).waiting == 0


def test_a_batch_takes_as_many_statements_for_many_as_for_one(floor: Floor) -> None:
    out(floor, 1)
    done = pressed(floor)
    with CaptureQueriesContext(connection) as one:
        run(floor, done.case.id)
    HerbLot.objects.update(blocked_at=None)
    for number in range(4):
        case = floor.prescription(f"RX-M{number}")
        floor.dispensed(case)
        Case.objects.filter(pk=case.id).update(person_id=somebody(10 + number, floor.at).pk, state="handed_out")
    with CaptureQueriesContext(connection) as many:
        run(floor, done.case.id)
    assert len(told()) == 5 and len(many) == len(one)
