"""Lanes: the calls that devices make all day are answered many at a time, past most of the framework.

Beside seven others, a request that goes the ordinary way finds the processor's caches full of the others' work at each of
its steps, and takes three times as long as one that is answered right after another of its kind. In a lane whoever comes
first answers for all that have gathered, in one loop.

A lane knows the plain call alone: of a device that is remembered and admitted, with a small body. It answers what the
ordinary way would have answered, or nothing: then nothing is written, and the call goes the ordinary way, which has the
words for whatever is unusual.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.http import HttpResponse

from kangqu.kernel.access.identify import remembered_device
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import system_clock
from kangqu.web.problems import language_asked
from kangqu.web.serving import as_it_came

MOST_BYTES: Final = 4096
"""Of a body: a call that brings more is not one of those a device makes all day."""


class Call(NamedTuple):
    """A call as a lane answers it: who asks, when it came, its body, and the language to refuse in."""

    viewer: Viewer
    at: datetime
    body: bytes
    language: str


class Arrived(NamedTuple):
    """A request as it came, before anybody asked whose it is."""

    environ: Mapping[str, Any]
    body: bytes
    at: datetime
    began: float  # by the clock that durations are read from
    number: str


Answers = Sequence[HttpResponse | None]


class Lane(NamedTuple):
    """An operation and what answers several of its calls, in the same order; None sends one the ordinary way."""

    operation: Operation
    answer: Callable[[Sequence[Call]], Answers]

    def answer_all(self, lot: Sequence[Arrived]) -> Answers:
        """The answers to requests that came together; None to those that are no plain calls."""
        answers: list[HttpResponse | None] = [None] * len(lot)
        calls = {n: call for n, arrived in enumerate(lot) if (call := self._admitted(arrived)) is not None}
        if calls:
            for n, response in zip(calls, self.answer(list(calls.values())), strict=True):
                answers[n] = response
        return answers

    def _admitted(self, arrived: Arrived) -> Call | None:
        scheme, _, token = arrived.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        viewer = remembered_device(token.strip()) if scheme.lower() == "bearer" else None
        if viewer is None or viewer.may(self.operation) is not None:
            return None
        seen = as_it_came(viewer, arrived.environ, arrived.number)
        return Call(seen, arrived.at, arrived.body, language_asked(arrived.environ))


LANES: Final[dict[str, Lane]] = {}
"""By the path that is posted to."""


def lane(path: str, operation: Operation) -> Callable[[Callable[[Sequence[Call]], Answers]], Any]:
    """Answer the plain calls of ``operation``, posted to ``path``, by what is decorated.

    The view at ``path`` serves the same operation, ``proves=True``: a lane's viewer comes from memory, and every answer
    but None is given only when ``viewer.proof`` was proved.
    """

    def keep(answer: Callable[[Sequence[Call]], Answers]) -> Callable[[Sequence[Call]], Answers]:
        LANES[path] = Lane(operation, answer)
        return answer

    return keep


def arrived(environ: Mapping[str, Any], body: bytes) -> Arrived:
    """A request that comes now."""
    return Arrived(environ, body, system_clock(), time.perf_counter(), secrets.token_hex(8))
