"""Many at once: of those who press the same button one moves the case; whoever is killed has lost nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.checks import check_trace
from kangqu.kernel.cases.deadlines import act_on_deadlines
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.listening import Heard, listen
from kangqu.kernel.cases.models import Alert, Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.steps import Asked, take_step, take_steps
from kangqu.kernel.trace.models import TraceEntry
from tests.cases import dying
from tests.cases.conftest import House, again, make_house
from tests.conftest import NINE
from tests.mortal import nursery, wait_until_gone

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def standing() -> House:
    return make_house()


def all_at_once(works: list[Callable[[], object]]) -> Counter[str]:
    """Do the works in threads that start together; what each came to: its result or the name of its refusal."""
    gate = threading.Barrier(len(works))
    said: Counter[str] = Counter()

    def one(work: Callable[[], object]) -> None:
        try:
            gate.wait()
            said[str(work())] += 1
        except Refused as refused:
            said[refused.why.name] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_of_sixteen_who_press_the_same_button_one_moves_the_case(standing: House) -> None:
    people = [standing.nurse, standing.colleague] * 8
    for _ in range(5):
        case = standing.lamp()

        def press(number: int, case_id: int = case.id) -> Callable[[], object]:
            return lambda: take_step(case_id, "look", by=people[number], at=NINE).state

        assert all_at_once([press(n) for n in range(16)]) == {"looked_at": 1, "case_wrong_state": 15}
        assert again(case).seq == 2
        assert TraceEntry.objects.filter(action="case.step", object_id=case.id).count() == 1


def test_of_sixteen_who_claim_it_one_has_it(standing: House) -> None:
    case = standing.lamp()
    both = [standing.nurse, standing.colleague]
    said = all_at_once(
        [lambda who=both[n % 2]: keeping.claim(case.id, by=who, at=NINE) for n in range(16)]  # type: ignore[misc]
    )
    assert said == {"None": 8, "case_held": 8}


def test_of_sixteen_who_open_the_same_one_opens(standing: House) -> None:
    def opens() -> object:
        return open_case("test_lamp", key="same", institution_id=standing.ward.pk, by=standing.nurse, at=NINE)[1]

    assert all_at_once([opens] * 16) == {"True": 1, "False": 15}
    assert Case.objects.count() == 1


def test_batches_that_share_cases_queue_and_do_not_deadlock(standing: House) -> None:
    cases = [standing.lamp().id for _ in range(60)]
    asked = [Asked(case_id=case_id, step="look") for case_id in cases]

    def batch(lot: list[Asked]) -> Callable[[], object]:
        return lambda: sum(each.refused is None for each in take_steps(lot, by=standing.nurse, at=NINE))

    said = all_at_once([batch(asked), batch(asked[::-1]), batch(asked[30:] + asked[:30]), batch(asked[::-1])])
    assert sum(int(done) * times for done, times in said.items()) == 60
    assert set(Case.objects.values_list("seq", flat=True)) == {2}


def test_workers_who_look_together_tell_once(standing: House, no_listeners: None) -> None:
    heard: list[int] = []
    lock = threading.Lock()

    def hears(event: Heard) -> None:
        with lock:
            heard.append(event.id)

    listen("test.lamp.seen", "tests.hears", hears)
    for case in [standing.lamp() for _ in range(20)]:
        take_step(case.id, "look", by=standing.nurse, at=NINE)
    for _ in range(20):
        standing.lamp()
    late = NINE + HOUR
    all_at_once([lambda: act_on_deadlines(late)] * 6)
    assert Alert.objects.count() == 20
    all_at_once([lambda: deliver_due(NINE)] * 6)
    assert len(heard) == len(set(heard)) == 20


@pytest.mark.slow
def test_workers_killed_at_any_moment_lose_nothing_and_double_nothing(standing: House, no_listeners: None) -> None:
    """Sixty are killed, at two lines of each of three works; what they left is finished by those who live."""
    dying.hear_everything()
    nurse = standing.nurse.account_id
    cases = [standing.lamp(nurse=nurse) for _ in range(40)]
    act_on_deadlines(NINE + HOUR, 5)
    for case in cases[:5]:
        take_step(case.id, "look", by=standing.nurse, at=NINE + HOUR)
    killed = 0
    with nursery("tests.cases.dying") as born:
        for work in ("clock", "step", "deliver"):
            first = [place for place in born.path(work) if place[1] == 1]  # a later one may come to nothing
            for place in (first[len(first) // 2], first[-1]):
                for _ in range(10):
                    killed += born.dies(work, place)
    wait_until_gone(born.name)
    assert killed == 60
    for _ in range(100):
        for finish in dying.WORKS.values():
            finish()
    assert dying.done() == (40, Alert.objects.count(), 80)
    for case in cases:
        assert TraceEntry.objects.filter(object_id=case.id, action="case.step").count() == 2
    assert list(check_trace()) == []
    assert Case.objects.filter(key__startswith="heard-").count() == 80
    told = list(Alert.objects.values_list("case_id", "tier"))
    assert len(told) == len(set(told)) == TraceEntry.objects.filter(action="case.late").count() > 0
