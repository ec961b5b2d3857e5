"""A killed worker loses nothing: its job is done again, and in effect once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from kangqu.kernel.basis.embedded import release_embedded, start_embedded
from kangqu.kernel.basis.postgres import database_named
from tests.site.running import migrated_home, wait_for

pytestmark = pytest.mark.slow


def test_a_job_whose_worker_is_killed_is_done_once(tmp_path):
    home = migrated_home(tmp_path / "home")
    url = database_named(start_embedded(home), "kangqu")
    environment = {name: value for name, value in os.environ.items() if name != "KANGQU_DATABASE_URL"}
    environment |= {"KANGQU_HOME": str(home)}

    def start(word: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "tests.site.killed_worker", word], env=environment)

    def ask(sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    assert start("defer").wait(120) == 0
    workers = []
    try:
        workers.append(start("work"))
        wait_for(lambda: ask("SELECT count(*) FROM attempts") == [(1,)], 60)
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()
        workers.append(start("work"))
        wait_for(lambda: ask("SELECT count(*) FROM attempts") == [(2,)], 120)
        wait_for(lambda: ask("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'test.pay_once'") == [(0,)], 30)
        assert ask("SELECT name, value FROM house_fact WHERE name LIKE 'paid.%'") == [("paid.a", "1")]
        workers[1].send_signal(signal.SIGTERM)
        assert workers[1].wait(60) == 0
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.kill()
        release_embedded(home)
