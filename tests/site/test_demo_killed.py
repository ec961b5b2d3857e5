"""A demo that was killed while it was made stands up whole at the next try."""

from __future__ import annotations

import os
import signal

import psycopg
import pytest

from kangqu.kernel.basis.embedded import embedded_url
from kangqu.kernel.basis.postgres import database_named
from tests.site.running import Running, kangqu, migrated_home, processes_of, wait_for

pytestmark = pytest.mark.slow

PEOPLE = 400


def _ask(home, sql):
    try:
        with psycopg.connect(database_named(embedded_url(home), "kangqu"), connect_timeout=5) as connection:
            row = connection.execute(sql).fetchone()
            return row[0] if row else 0
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return 0


@pytest.mark.parametrize(
    ("begun", "figures"),
    [
        ("SELECT count(*) FROM django_migrations", ("--people", str(PEOPLE))),
        ("SELECT count(*) FROM trace_entry WHERE action = 'city.chunk'", ()),  # nobody remembers how many were wanted
        ("SELECT count(*) FROM trace_entry WHERE action = 'city.finish'", ()),
    ],
)
def test_a_demo_killed_in_the_middle_is_finished_by_the_next(tmp_path, begun, figures):
    home = tmp_path / "home"
    if "django_migrations" not in begun:
        migrated_home(home)
    with Running("demo", "--people", str(PEOPLE), home=home) as city:
        wait_for(lambda: _ask(home, begun), 120, city.said)
        os.killpg(city.process.pid, signal.SIGKILL)
        city.process.wait()
    with Running("demo", *figures, home=home) as city:
        city.wait_ready()
        wait_for(lambda: "demo logins" in city.said(), 20, city.said)
        assert _ask(home, "SELECT count(*) FROM people_person") == PEOPLE + 3  # and the family with phones
        assert _ask(home, "SELECT count(*) FROM trace_entry WHERE action = 'city.finish'") == 1
        checked = kangqu("check", home=home)
        assert checked.returncode == 0, checked.stdout
        assert city.stop() == 0
    wait_for(lambda: processes_of(home / "postgres") == [], 20)
