"""What lies in a pharmacy leaves it no more from the press of the button on; it is marked once, by the queue, whenever it is killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.line.hand import Post
from kangqu.systems.tcm_pharmacy.recall.holding import hold
from kangqu.systems.tcm_pharmacy.recall.reads import progress
from kangqu.systems.tcm_pharmacy.recall.telling import tell
from kangqu.systems.tcm_pharmacy.tasks import hold_recalled
from tests.cases.test_at_once import all_at_once
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.line.test_stations import Floor, code_of, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.recall.test_recall import END, pressed
from tests.tcm_pharmacy.recall.test_telling import Killed
from tests.tcm_pharmacy.store.test_store import browser


def on_the_line(floor: Floor, count: int, first: int = 0) -> list[Snapshot]:
    cases = [floor.prescription(f"RX-{number}") for number in range(first, first + count)]
    for case in cases:
        floor.dispensed(case)
    return cases


def run(floor: Floor, recall_id: int, at_once: int = 500, batches: int | None = None) -> int:
    """Hold; killed at the beginning of the batch after ``batches``."""
    begun = 0

    def clock() -> datetime:
        nonlocal begun
        begun += 1
        if batches is not None and begun > batches:
            raise Killed
        return floor.at

    return hold(recall_id, by=floor.pharmacy.people["manager"], clock=clock, at_once=at_once)


def marks() -> int:
    return TraceEntry.objects.filter(action="tcm.recall.hold").count()


def jobs(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [name])
        return int(cursor.fetchone()[0])


def test_nothing_leaves_between_the_press_and_the_mark(floor: Floor) -> None:
    to_fetch = ready(floor, number="RX-READY")
    (dispensed,) = on_the_line(floor, 1)
    patient = code_of(floor, floor.pharmacy.patient)
    done = pressed(floor)
    assert (done.held, marks(), jobs("tcm.recall.hold")) == (2, 0, 1)
    floor.refuses("KQ-3237", Post.HAND_OUT, "dispenser", to_fetch.code, patient)
    sentence = floor.refuses("KQ-3237", Post.CHECK, "pharmacist", dispensed.code, "KQ-CONFIRM")
    assert done.case.code in sentence
    run(floor, done.case.id)
    assert floor.refuses("KQ-3237", Post.CHECK, "pharmacist", dispensed.code, "KQ-CONFIRM") == sentence
    assert floor.state(to_fetch) == "ready"


def test_a_lot_that_is_only_blocked_stops_nothing_that_was_weighed(floor: Floor) -> None:
    (case,) = on_the_line(floor, 1)
    manager, lot = floor.pharmacy.people["manager"], floor.lots["黄芪"]
    stock.block_lot(lot.pk, institution_id=floor.pharmacy.centre.pk, by=manager, at=floor.at, reason="盘点")
    floor.scan(Post.CHECK, "pharmacist", case.code, "KQ-CONFIRM")
    assert floor.state(case) == "checked"


def test_killed_between_batches_each_is_marked_exactly_once(floor: Floor) -> None:
    on_the_line(floor, 5)
    done = pressed(floor)
    with pytest.raises(Killed):
        run(floor, done.case.id, at_once=2, batches=2)
    far = progress(done.case)
    assert (marks(), far.held, far.holding, far.at_work) == (4, 4, 1, True)
    shown = browser(floor.pharmacy, "manager").get(f"/c/tcm/recalls/{done.case.code}").content.decode()
    assert "已暂扣 4 / 5" in shown
    assert [run(floor, done.case.id, at_once=2) for _ in range(2)] == [1, 0]
    far = progress(done.case)
    assert (marks(), far.held, far.holding, far.at_work) == (5, 5, 0, False)


def test_killed_within_a_batch_nothing_of_it_stays(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_line(floor, 2)
    done = pressed(floor)
    write: Callable[..., set[int]] = changes.write

    def killed(planned: list[object]) -> set[int]:
        write(planned)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(changes, "write", killed)
        with pytest.raises(Killed):
            run(floor, done.case.id)
    assert marks() == 0
    assert run(floor, done.case.id) == 2


def test_who_left_before_her_mark_is_told(floor: Floor) -> None:
    """Handed out by a scan that was planned before the press."""
    (case,) = on_the_line(floor, 1)
    done = pressed(floor)
    Case.objects.filter(pk=case.id).update(state="handed_out", closed_at=floor.at, act_at=None)
    assert (done.out, run(floor, done.case.id), jobs("tcm.recall.tell")) == (0, 0, 1)
    tell(done.case.id, by=floor.pharmacy.people["manager"], clock=lambda: floor.at)
    assert Notice.objects.filter(template="medicine_recalled").count() == 1


def test_it_does_not_end_before_everything_is_marked(floor: Floor) -> None:
    on_the_line(floor, 1)
    done = pressed(floor)
    with pytest.raises(Refused) as refused:
        take_step(done.case.id, "end", by=floor.pharmacy.people["manager"], at=floor.at, values=END)
    assert (refused.value.why.code, refused.value.facts["count"]) == ("KQ-3342", 1)


def test_what_was_made_anew_of_another_lot_is_not_held_when_asked_again(floor: Floor) -> None:
    (case,) = on_the_line(floor, 1)
    done = pressed(floor)
    run(floor, done.case.id)
    take_step(case.id, "scrap", by=floor.pharmacy.people["manager"], at=floor.at, values={"why": "召回"})
    floor.drawer("黄芪", "B2")
    floor.dispensed(case)
    again = pressed_first(floor, done.case)
    assert (again, run(floor, done.case.id)) == (0, 0)
    floor.scan(Post.CHECK, "pharmacist", case.code, "KQ-CONFIRM")


def pressed_first(floor: Floor, recall: Snapshot) -> int:
    """How many the button would hold, pressed again for the lot that was recalled."""
    floor.lots["黄芪"] = floor.lots["黄芪 A1"]
    done = pressed(floor)
    assert done.case.id == recall.id
    return done.held


def test_the_page_asks_again_until_the_queue_is_through(floor: Floor) -> None:
    on_the_line(floor, 1)
    done = pressed(floor)
    manager, page = browser(floor.pharmacy, "manager"), f"/c/tcm/recalls/{done.case.code}"
    assert "进行中" in manager.get("/c/tcm/recalls").content.decode()
    whole = manager.get(page).content.decode()
    looks = TraceEntry.objects.filter(action="tcm.recall.look").count()
    part = manager.get(page, headers={"HX-Request": "true"})
    for shown in (whole, part.content.decode()):
        assert f'hx-get="{page}" hx-trigger="every' in shown and "已暂扣 0 / 1" in shown
    assert "<html" not in part.content.decode() and "HX-Refresh" not in part.headers
    run(floor, done.case.id)
    last = manager.get(page, headers={"HX-Request": "true"})
    assert last.headers["HX-Refresh"] == "true" and "hx-get" not in last.content.decode()
    assert TraceEntry.objects.filter(action="tcm.recall.look").count() == looks
    assert "hx-get" not in manager.get(page).content.decode()
    stranger = browser(floor.pharmacy, "dispenser").get(page, headers={"HX-Request": "true"})
    assert stranger.status_code == 403


def test_a_batch_takes_as_many_statements_for_many_as_for_one(floor: Floor) -> None:
    on_the_line(floor, 1)
    done = pressed(floor)
    with CaptureQueriesContext(connection) as one:
        run(floor, done.case.id)
    marked = Case.objects.get(number="RX-0")
    assert marked.facts["recalled"] == done.case.code
    Case.objects.filter(pk=marked.pk).update(facts={**marked.facts, "recalled": None})
    for each in floor.lots.values():
        type(each).objects.filter(pk=each.pk).update(blocked_at=None)
    on_the_line(floor, 4, first=1)
    with CaptureQueriesContext(connection) as many:
        assert run(floor, done.case.id) == 5
    assert len(many) == len(one)


@pytest.mark.django_db(transaction=True)
def test_of_two_jobs_at_once_each_marks_its_own(pharmacy: Pharmacy) -> None:
    floor = Floor(pharmacy)
    floor.drawer("黄芪")
    floor.drawer("当归")
    on_the_line(floor, 6)
    done = pressed(floor)
    by = pharmacy.people["manager"]

    def job() -> None:
        hold_recalled(done.case.id, by.account_id, by.role, by.institution_id, by.purpose)

    assert all_at_once([job, job]) == {"None": 2}
    assert marks() == 6 and progress(done.case).holding == 0
