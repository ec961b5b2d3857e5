"""The worker: takes jobs from the queue in the database and does them. Alone (``kangqu worker``) or beside the demo."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import structlog
from asgiref.sync import ThreadSensitiveContext

from kangqu.site.connections import let_go_of_dead_connections
from kangqu.site.fresh import keep_policies_fresh

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.middleware import SyncCallNext
    from procrastinate.worker import Worker

_JOBS_AT_ONCE: Final = 4
_GRACE_SECONDS: Final = 20
_REST_SECONDS: Final = 5

_log = structlog.get_logger("kangqu.worker")


def _on_live_connections(do_job: SyncCallNext, _context: JobContext, _worker: Worker) -> Any:
    """Around every job, in the thread that does it: the database may have been restarted since its last one."""
    let_go_of_dead_connections()
    keep_policies_fresh()
    return do_job()


def _options(app: App) -> dict[str, Any]:
    return {
        "name": f"{socket.gethostname()}-{os.getpid()}",
        "concurrency": _JOBS_AT_ONCE,
        "delete_jobs": "successful",  # what failed stays, for the operator to see
        "shutdown_graceful_timeout": _GRACE_SECONDS,
        "update_heartbeat_interval": 5.0,
        "task_middleware": [*app.worker_defaults.get("task_middleware", ()), _on_live_connections],
    }


async def _work() -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    working = app.with_connector(connector.get_worker_connector())
    # What the clock puts into the queue goes over a Django connection: in a thread of this run, not one of the process
    # whose connection, once dead, would end every later run as well.
    async with ThreadSensitiveContext(), working.open_async():
        await working.run_worker_async(install_signal_handlers=False, **_options(app))


def work() -> None:
    """Work until told to stop (SIGTERM, Ctrl-C)."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with at_work():
        told.wait()


@contextmanager
def at_work() -> Iterator[None]:
    """What works beside the web server in one process: the queue, and the listening to machines where a broker is named."""
    from kangqu.site.machines import listener

    worker, machines = WorkerThread(), listener()
    worker.start()
    if machines is not None:
        machines.start()
    try:
        yield
    finally:
        if machines is not None:
            machines.stop()
        worker.stop()


class WorkerThread:
    """A worker in a thread of this process; alone in it, or beside a city that fits on one small machine.

    One that ended untold is begun again: the queue's worker ends, with or without an error, when it loses the database.
    """

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="kangqu-worker", daemon=True)
        self._started = threading.Event()
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Let the jobs at hand end, take no new ones, and return when that is done."""
        self._stopped.set()
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # the loop is closed: it rests between two runs
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(_GRACE_SECONDS + 5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                asyncio.run(self._keep_working())
            except Exception:  # noqa: BLE001 - the database may be gone for a while; the work waits in it
                _log.error("worker ended", exc_info=True)
            self._stopped.wait(_REST_SECONDS)

    async def _keep_working(self) -> None:
        self._task = asyncio.create_task(_work())
        self._loop = asyncio.get_running_loop()
        self._started.set()
        if self._stopped.is_set():  # told between two runs
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
