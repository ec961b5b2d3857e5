"""Work asked for at the same moment is done at one go, each gets its own answer, and nobody is left waiting."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from kangqu.kernel.basis import together
from kangqu.kernel.basis.together import Together


class Work:
    """Doubles what it is asked, once it may; ``lots`` are what it was asked together."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []
        self.begun, self.may = threading.Event(), threading.Event()
        self.shared = Together(self.do, names=lambda asked: [asked % 100])
        self.answers: dict[int, object] = {}
        self._threads: list[threading.Thread] = []

    def do(self, asked):
        self.lots.append(list(asked))
        self.begun.set()
        assert self.may.wait(10)
        if -1 in asked:
            raise ValueError("bad")
        if -2 in asked:
            raise SystemExit
        return [2 * one for one in asked]

    def ask(self, *asked: int) -> None:
        """Ask in threads of their own, in this order."""
        for one in asked:
            before, follows = len(self.shared._waiting), self.begun.is_set()
            thread = threading.Thread(target=self._ask, args=(one,))
            self._threads.append(thread)
            thread.start()
            if follows:
                _until(lambda before=before: len(self.shared._waiting) > before)
            assert self.begun.wait(10)

    def _ask(self, one: int) -> None:
        try:
            self.answers[one] = self.shared.ask(one)
        except BaseException as raised:  # noqa: BLE001 - it is what the test looks at
            self.answers[one] = type(raised)

    def end(self) -> None:
        self.may.set()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        assert not self.shared._led and not self.shared._waiting


def _until(true):
    for _ in range(1000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError("it never came")


@pytest.fixture
def work():
    return Work()


def test_who_comes_alone_is_answered_at_once(work):
    work.may.set()
    assert work.shared.ask(3) == 6
    assert work.lots == [[3]]


def test_those_who_come_while_somebody_is_at_work_are_done_at_one_go(work):
    work.ask(1, 2, 3, 4)
    work.end()
    assert work.lots == [[1], [2, 3, 4]]
    assert work.answers == {1: 2, 2: 4, 3: 6, 4: 8}
    assert work.shared._expected == 3


def test_what_names_the_same_is_never_done_at_one_go(work):
    work.ask(1, 2, 102, 3)
    work.end()
    assert work.lots == [[1], [2, 3], [102]]
    assert work.answers == {1: 2, 2: 4, 3: 6, 102: 204}


def test_a_lot_is_not_longer_than_somebody_waits_for(work, monkeypatch):
    monkeypatch.setattr(together, "_MOST", 2)
    work.ask(1, 2, 3, 4)
    work.end()
    assert work.lots == [[1], [2, 3], [4]]


def test_after_company_the_next_one_waits_for_as_many(work, monkeypatch):
    monkeypatch.setattr(together, "_MOMENT", 60)
    work.may.set()
    work.shared._expected = 3  # as when three were just answered together
    threads = [threading.Thread(target=work._ask, args=(one,)) for one in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(map(sorted, work.lots)) == [[1, 2, 3]]
    assert work.answers == {1: 2, 2: 4, 3: 6}


def test_nobody_waits_longer_than_a_moment_nor_after_one_who_was_alone(work, monkeypatch):
    work.may.set()
    work.shared._expected = 3
    assert work.shared.ask(1) == 2
    monkeypatch.setattr(together, "_MOMENT", 60)
    assert work.shared.ask(2) == 4
    assert work.lots == [[1], [2]]


def test_an_error_reaches_only_whose_it_is(work):
    work.ask(1, 2, -1, 3)
    work.end()
    assert work.lots[:2] == [[1], [2, -1, 3]] and sorted(work.lots[2:]) == [[-1], [2], [3]]
    assert work.answers == {1: 2, 2: 4, -1: ValueError, 3: 6}


def test_an_answer_that_is_an_exception_is_raised_to_whom_it_is_for(work):
    shared: Together[int, int] = Together(lambda asked: [ValueError() if one < 0 else one for one in asked])
    assert shared.ask(1) == 1
    with pytest.raises(ValueError):
        shared.ask(-1)


def test_who_wants_to_work_alone_does(work):
    work.ask(1)
    threading.Timer(0.2, work.may.set).start()
    assert work.shared.ask(2, alone=True) == 4
    work.end()
    assert sorted(work.lots) == [[1], [2]]


def test_who_is_ended_at_work_leaves_nobody_waiting(work):
    work.ask(1, -2, 2, 3)
    work.end()
    assert work.answers == {1: 2, -2: SystemExit, 2: 4, 3: 6}


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_each_works_alone(work):
    work.ask(1)
    threading.Timer(0.2, work.may.set).start()
    with transaction.atomic():
        assert work.shared.ask(2) == 4
    work.end()
    assert sorted(work.lots) == [[1], [2]]


def test_many_at_once_get_each_its_own():
    shared: Together[int, int] = Together(lambda asked: [one * one for one in asked])
    wrong: list[int] = []

    def ask(first):
        wrong.extend(one for one in range(first, first + 300) if shared.ask(one) != one * one)
        connection.close()

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(0, 3600, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and not shared._led
