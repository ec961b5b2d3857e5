"""What threads ask for at the same moment is done at one go.

One statement for eight rows costs the server little more than for one: its plan is begun once and its commit waits for
the disk once. A thread that finds nobody at work does at once all that waits; threads that come meanwhile wait, and when
it is done the first of them does what has gathered by then. Whoever was just answered in company often comes again at
once: then the next one waits a moment for as many. Nobody waits after a thread that was alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, Generic, TypeVar

from django.db import connection

A = TypeVar("A")
K = TypeVar("K")
D = TypeVar("D")

_MOST: Final = 32  # of a lot: the first of a longer one would wait for the last
_MOMENT: Final = 0.001  # seconds that a thread waits for company
FEW: Final = 8  # rows; what asks for more of them at once does its work alone, so that nobody waits for it


class _Told(Enum):
    """What a waiting thread is told when it is woken."""

    DONE = 1
    LEAD = 2
    ALONE = 3


class _Turn(Generic[A, D]):
    """One thread's asking: what for, and once it is woken what came of it."""

    __slots__ = ("asked", "done", "told", "woken")

    def __init__(self, asked: A) -> None:
        self.asked = asked
        self.told = _Told.ALONE
        self.done: D | Exception
        self.woken = threading.Lock()
        self.woken.acquire()


class Together(Generic[A, D]):
    """Work for ``do``, which takes a lot of what was asked and answers each in the same order.

    An answer that is an exception is raised to whoever it is for.
    ``names`` are what two of one lot must not both name, such as a key: the later one waits for the next lot. When
    ``do`` raises for a lot of several, each is done again alone, so that an error reaches only the thread it belongs
    to; what is asked must therefore bear being done twice. A thread inside a transaction of its own does its work alone.
    """

    def __init__(
        self,
        do: Callable[[Sequence[A]], Sequence[D | Exception]],
        *,
        names: Callable[[A], Iterable[Hashable]] = lambda _: (),
    ) -> None:
        self._do = do
        self._names = names
        self._lock = threading.Lock()
        self._waiting: list[_Turn[A, D]] = []
        self._led = False
        self._expected = 0  # how many were just answered together or waited meanwhile
        self._company: threading.Lock | None = None  # released when as many as are expected have come

    def ask(self, asked: A, *, alone: bool = False) -> D:
        """What ``do`` answers for ``asked``, done by this thread or by another, or ``alone``; or raise what it raises."""
        done = self._alone(asked) if alone or connection.in_atomic_block else self._shared(asked)
        if isinstance(done, Exception):
            raise done
        return done

    def _shared(self, asked: A) -> D | Exception:
        turn: _Turn[A, D] = _Turn(asked)
        with self._lock:
            leads, self._led = not self._led, True
            if not leads:
                self._waiting.append(turn)
                if self._company is not None and self._is_complete():
                    self._company.release()
                    self._company = None
        if not leads:
            turn.woken.acquire()
        if leads or turn.told is _Told.LEAD:
            self._lead(turn)
        return turn.done if turn.told is _Told.DONE else self._alone(asked)

    def _alone(self, asked: A) -> D | Exception:
        (done,) = self._do([asked])
        return done

    def _lead(self, own: _Turn[A, D]) -> None:
        """Do what waits, and hand the lead on: whatever happens, nobody is left waiting."""
        self._wait_for_company()
        lot = self._gather(own)
        own.told = _Told.ALONE
        try:
            if len(lot) > 1:
                self._do_all(lot)
            else:
                own.done, own.told = self._alone(own.asked), _Told.DONE
        finally:
            self._hand_on(len(lot))
            for turn in lot[1:]:
                turn.woken.release()

    def _do_all(self, lot: list[_Turn[A, D]]) -> None:
        try:
            done = self._do([turn.asked for turn in lot])
        except Exception:  # noqa: BLE001 - each finds out alone whose it is
            return
        for turn, one in zip(lot, done, strict=True):
            turn.done, turn.told = one, _Told.DONE

    def _is_complete(self) -> bool:
        return len(self._waiting) + 1 >= self._expected

    def _wait_for_company(self) -> None:
        with self._lock:
            if self._is_complete():
                return
            company = self._company = threading.Lock()
            company.acquire()
        company.acquire(timeout=_MOMENT)

    def _gather(self, own: _Turn[A, D]) -> list[_Turn[A, D]]:
        lot = [own]
        with self._lock:
            self._company = None
            waiting, self._waiting = self._waiting, []
            if waiting:
                named = set(self._names(own.asked))
                for turn in waiting:
                    names = set(self._names(turn.asked))
                    if len(lot) < _MOST and named.isdisjoint(names):
                        named |= names
                        lot.append(turn)
                    else:
                        self._waiting.append(turn)
        return lot

    def _hand_on(self, answered: int) -> None:
        with self._lock:
            self._expected = min(_MOST, answered + len(self._waiting))
            following = self._waiting.pop(0) if self._waiting else None
            self._led = following is not None
        if following is not None:
            following.told = _Told.LEAD
            following.woken.release()


def apart(given: Mapping[K, A], names: Callable[[A], Iterable[Hashable]]) -> Iterator[dict[K, A]]:
    """What is given, in rounds of which no two name the same; what names the same keeps its order."""
    waiting = dict(given)
    while waiting:
        seen: set[Hashable] = set()
        now: dict[K, A] = {}
        later: dict[K, A] = {}
        for key, one in waiting.items():
            named = set(names(one))
            (now if seen.isdisjoint(named) else later)[key] = one
            seen |= named
        yield now
        waiting = later
