"""The database goes away while the city serves: everybody is told so in a sentence, and nothing needs a restart after it."""

from __future__ import annotations

import json
import subprocess

import psycopg
import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection

from kangqu.kernel.basis.embedded import binary, release_embedded, start_embedded
from kangqu.site.wsgi import let_go_of_dead_connections
from kangqu.web.problems import database_is_away
from tests.site.running import Running, wait_for

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
    def pid() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    mine = pid()
    let_go_of_dead_connections()
    assert pid() == mine
    parameters = {name: value for name, value in connection.get_connection_params().items() if name in _PLACE}
    with psycopg.connect(autocommit=True, **parameters) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
    let_go_of_dead_connections()
    assert pid() != mine


@pytest.mark.slow
def test_pages_and_programs_are_told_and_all_is_well_afterwards(tmp_path):
    home = tmp_path / "home"
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
