"""The database goes away while the city serves: everybody is told so in a sentence, and nothing needs a restart after it."""

from __future__ import annotations

import gc
import json
import subprocess
import threading
from functools import partial

import psycopg
import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from procrastinate.contrib.django import app

from kangqu.kernel.basis.embedded import binary, release_embedded, start_embedded
from kangqu.site.connections import let_go_of_dead_connections
from kangqu.site.worker import WorkerThread, _options
from kangqu.web.problems import database_is_away
from tests.site.running import Running, migrated_home, wait_for

_PLACE = ("dbname", "host", "port", "user", "password")


def _caused(outer, inner):
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("failed", "away"),
    [
        (_caused(OperationalError("x"), psycopg.OperationalError("no socket")), True),
        (_caused(OperationalError("x"), psycopg.errors.AdminShutdown()), True),
        (_caused(OperationalError("x"), psycopg.errors.CannotConnectNow()), True),
        (_caused(OperationalError("x"), psycopg.errors.DiskFull()), True),
        (_caused(OperationalError("x"), psycopg.errors.TooManyConnections()), True),
        (InterfaceError("the connection is closed"), True),
        (_caused(OperationalError("x"), psycopg.errors.DeadlockDetected()), False),
        (_caused(OperationalError("x"), psycopg.errors.QueryCanceled()), False),
        (IntegrityError("x"), False),
        (ValueError("x"), False),
        (None, False),
    ],
)
def test_what_counts_as_away(failed, away):
    assert database_is_away(failed) is away


@pytest.mark.django_db(transaction=True)
def test_a_connection_whose_server_ended_it_is_let_go_before_it_is_used():
    mine = _served_by()
    let_go_of_dead_connections()
    assert _served_by() == mine
    _end_connection(mine)
    let_go_of_dead_connections()
    assert _served_by() != mine


@pytest.fixture
def at_work(transactional_db, monkeypatch):
    """``at_work(job, every_second=…)``: a worker that does this job alone, in one thread."""
    app.perform_import_paths()
    asked, started = _options(app), []
    monkeypatch.setattr("kangqu.site.worker._options", lambda _app: {**asked, "queues": ["outage"], "concurrency": 1})
    monkeypatch.setattr("kangqu.site.worker._REST_SECONDS", 0.1)
    monkeypatch.setattr(app.periodic_registry, "periodic_tasks", {})

    def start(job, *, every_second=False):
        task = app.task(queue="outage", name="test.outage")(job)
        if every_second:
            app.periodic(cron="* * * * * *")(task)
        started.append(WorkerThread())
        started[0].start()
        return task

    yield start
    started[0].stop()
    gc.collect()  # the connections of threads that ended
    del app.tasks["test.outage"]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'outage'")
        cursor.execute("DELETE FROM procrastinate_periodic_defers WHERE task_name = 'test.outage'")


def test_the_job_after_a_connection_was_ended_is_done_in_the_same_thread(at_work):
    done = []

    def end_the_connection():
        done.append((threading.get_ident(), _served_by()))
        _end_connection(done[-1][1])

    task = at_work(end_the_connection)
    for count in (1, 2, 3):
        number = task.defer()
        wait_for(partial(_is_over, number), 30)
        assert not _jobs("id = %s", number)  # what failed would stay
        assert len(done) == count
    assert len({thread for thread, _ in done}) == 1
    assert len({server for _, server in done}) == 3


@pytest.mark.slow
def test_the_clock_goes_on_after_every_connection_was_ended(at_work):
    done = []

    def tick(timestamp):
        done.append(timestamp)

    at_work(tick, every_second=True)
    wait_for(lambda: bool(done), 30)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    before = len(done)
    wait_for(lambda: len(done) > before + 1, 30)


def _is_over(number):
    return not _jobs("id = %s AND status IN ('todo', 'doing')", number)


def _jobs(which, *values):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM procrastinate_jobs WHERE {which}", values)
        return cursor.fetchall()


def _served_by() -> int:
    """The server process at the other end of this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _end_connection(server: int) -> None:
    parameters = {name: value for name, value in connection.get_connection_params().items() if name in _PLACE}
    with psycopg.connect(autocommit=True, **parameters) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [server])


@pytest.mark.slow
def test_pages_and_programs_are_told_and_all_is_well_afterwards(tmp_path):
    home = migrated_home(tmp_path / "home")
    with Running("serve", "--workers", "1", home=home) as city:
        city.wait_ready()
        cookie = {"Cookie": "sessionid=" + "a" * 32}
        assert city.get("/sign-in")[0] == 200
        before = city.get("/account", **cookie)[0]
        _end_server(home)
        for path in ("/account", "/c/p", "/a/system"):
            status, body = city.get(path, **cookie)
            assert status == 503, path
            assert "KQ-2104" in body.decode()
            assert "暂时连不上数据库" in body.decode()
        status, body = city.get("/account", Accept_Language="en", **cookie)
        assert status == 503
        assert "cannot be reached" in body.decode()
        status, body = city.get("/api/v1/code-revocations", Authorization="Bearer " + "t" * 40)
        assert status == 503
        assert json.loads(body)["code"] == "KQ-2104"
        assert city.get("/health/live")[0] == 200
        assert city.get("/health/ready")[0] == 503
        start_embedded(home)
        try:
            wait_for(lambda: city.get("/health/ready")[0] == 200, 60, city.said)
            wait_for(lambda: city.get("/account", **cookie)[0] == before, 60, city.said)
            assert city.process.poll() is None
        finally:
            release_embedded(home)


def _end_server(home):
    import os

    data = home / "postgres"
    owner = {"user": data.stat().st_uid, "group": data.stat().st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run([binary("pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop"], check=True, cwd="/", **owner)
