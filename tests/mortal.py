"""Processes that are killed at a chosen place in their code: no warning, no clean-up, and nothing shared with the tests' own.

A process of tests may have had a browser, threads and open connections; a fork of it would go on talking to the server
over connections it inherited, in the transactions of those who died before it. So whoever is to die is forked by a
``Nursery``: a program that has loaded everything and never had a connection or a second thread.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from django.db import connection, transaction

_ROOT: Final = Path(__file__).resolve().parents[1]
_KERNEL: Final = str(_ROOT / "kangqu" / "kernel") + "/"

Place = tuple[str, int]
"""A line of the kernel, such as ``cases/actions.py:120``, and how often it is come to."""


def environment_of(name: str) -> dict[str, str]:
    """The environment of a program that works on the tests' database under ``name``, as the server knows it."""
    settings = connection.settings_dict
    url = "postgresql://{USER}@/{NAME}?host={HOST}".format(**settings)
    if settings["PASSWORD"] or not settings["HOST"].startswith("/"):
        url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)
    own = {"KANGQU_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "kangqu.site.settings", "PGAPPNAME": name}
    return {**os.environ, **own}


def wait_until_gone(name: str) -> None:
    """Wait until the server has noticed that everybody called ``name`` is dead: until then it holds the locks of the dead."""
    for _ in range(6000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.01)
    raise AssertionError(f"the server still works for {name}")


class Nursery:
    """Forks those who are to die, in a program of their own: ``module`` is run as one, and calls ``bear``."""

    def __init__(self, module: str) -> None:
        self.name = f"{module} {os.getpid()}"
        self._program = subprocess.Popen(
            [sys.executable, "-m", module],
            env=environment_of(self.name),
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def path(self, work: str) -> list[Place]:
        """Every place that ``work`` comes to, in order; what it did is undone."""
        seen: Counter[str] = Counter()
        found = []
        for line in self._asked(work, "path"):
            seen[line] += 1
            found.append((line, seen[line]))
        return found

    def dies(self, work: str, place: Place) -> bool:
        """Do ``work`` in a new process that is killed when it has come to ``place``; whether it came there."""
        return bool(self._asked(work, *place))

    def _asked(self, *asked: str | int) -> list[str]:
        assert self._program.stdin is not None and self._program.stdout is not None
        print(json.dumps(asked), file=self._program.stdin, flush=True)
        answer = self._program.stdout.readline()
        assert answer, "the program ended"
        return list(json.loads(answer))

    def close(self) -> None:
        self._program.communicate()
        assert self._program.returncode == 0


@contextmanager
def nursery(module: str) -> Iterator[Nursery]:
    born = Nursery(module)
    try:
        yield born
    finally:
        born.close()


def bear(works: Mapping[str, Callable[[], object]]) -> None:
    """Fork a process for each line of the input, and print what it told before its end: the lines it came to, if asked."""
    for asked in sys.stdin:
        work, *until = json.loads(asked)
        assert connection.connection is None and threading.active_count() == 1
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _live(works[work], until, writing)
        os.close(writing)
        with os.fdopen(reading) as told:
            lines = told.read().split()
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) == (until != ["path"] and bool(lines)) and os.waitstatus_to_exitcode(status) <= 0
        print(json.dumps(lines), flush=True)


def _live(work: Callable[[], object], until: list[Any], writing: int) -> None:
    """Be a child: to the end, or until it comes to a line as often as is asked; rehearse when the path is asked for."""
    path: list[str] = []
    last, left = until if until != ["path"] else ("", 0)

    def watch(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if event == "call":
            return watch if frame.f_code.co_filename.startswith(_KERNEL) else None
        if event == "line":
            line = f"{frame.f_code.co_filename.removeprefix(_KERNEL)}:{frame.f_lineno}"
            path.append(line)
            if left and line == last:
                left -= 1
                if not left:
                    os.write(writing, line.encode())
                    os.kill(os.getpid(), signal.SIGKILL)
        return watch

    code = 1
    try:
        if until == ["path"]:
            with transaction.atomic():
                sys.settrace(watch)
                work()
                sys.settrace(None)
                transaction.set_rollback(True)
            with os.fdopen(writing, "w") as told:
                told.write("\n".join(path))
        else:
            sys.settrace(watch)
            work()
        code = 0
    finally:
        os._exit(code)
