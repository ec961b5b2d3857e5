"""The house opens on a database of its own version only, and says what to do about another."""

from __future__ import annotations

import pytest
from django.db import connection

from kangqu.kernel.basis.trouble import DatabaseTrouble
from kangqu.site.start import _refuse_other_tables, pending_migrations, refuse_old_server

pytestmark = pytest.mark.django_db


def _mark(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_tables_of_this_version_are_accepted():
    assert pending_migrations() == ([], [])
    _refuse_other_tables(older=True)


def test_tables_of_a_newer_kangqu_are_refused():
    _mark("INSERT INTO django_migrations (app, name, applied) VALUES ('people', '9999_the_future', now())")
    with pytest.raises(DatabaseTrouble, match=r"people.9999_the_future.*upgrade the program"):
        _refuse_other_tables(older=False)


def test_migrations_of_a_library_we_no_longer_use_do_not_matter():
    _mark("INSERT INTO django_migrations (app, name, applied) VALUES ('gone', '0001_initial', now())")
    _refuse_other_tables(older=True)


def test_older_tables_wait_for_migrate():
    _mark("DELETE FROM django_migrations WHERE app = 'basis' AND name = '0001_sequence'")
    with pytest.raises(DatabaseTrouble, match="run kangqu migrate first"):
        _refuse_other_tables(older=True)
    _refuse_other_tables(older=False)


@pytest.mark.parametrize("version", [90624, 140011])
def test_an_old_server_is_refused(version):
    with pytest.raises(DatabaseTrouble, match="15 or newer is needed"):
        refuse_old_server(version)


@pytest.mark.parametrize("version", [150000, 180004])
def test_a_server_of_today_is_accepted(version):
    refuse_old_server(version)
