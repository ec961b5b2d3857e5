"""Statements prepared once per connection: same rows, same errors, same transaction as Django's own cursor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DataError, OperationalError, connection, transaction

from kangqu.kernel.basis.prepared import run

pytestmark = pytest.mark.django_db(transaction=True)


def test_parameters_by_name_and_by_place_come_back_as_they_were():
    at = datetime(2026, 3, 1, 4, 5, 6, 789, tzinfo=UTC)
    named = "SELECT %(a)s::int, %(b)s::text, %(a)s::int + 1, %(c)s::bytea, '100%%', %(d)s::timestamptz, %(e)s::text[]"
    parameters = {"a": 5, "b": None, "c": b"\0\1", "d": at, "e": ["李", "𠮷"], "unused": 1}
    for _ in range(3):
        assert run(named, parameters) == [(5, None, 6, b"\0\1", "100%", at, ["李", "𠮷"])]
        assert run("SELECT %s::int, %s::text", [1, "x"]) == [(1, "x")]
    assert run("SELECT 1 WHERE false") == []
    assert run("SET search_path TO DEFAULT") == []


def test_the_same_statement_takes_other_types():
    assert run("SELECT %(a)s + 1", {"a": 5}) == [(6,)]
    assert run("SELECT %(a)s + 1", {"a": 2**40}) == [(2**40 + 1,)]
    assert run("SELECT %(a)s + 1", {"a": 0.5}) == [(1.5,)]


def test_it_takes_part_in_the_transaction_that_is_open():
    with transaction.atomic():
        run("INSERT INTO django_session VALUES ('k', 'd', now())")
        assert run("SELECT count(*) FROM django_session WHERE session_key = 'k'") == [(1,)]
        transaction.set_rollback(True)
    assert run("SELECT count(*) FROM django_session WHERE session_key = 'k'") == [(0,)]
    with transaction.atomic():
        run("INSERT INTO django_session VALUES ('k', 'd', now())")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session WHERE session_key = 'k'")
        assert cursor.fetchone() == (1,)


def test_errors_are_djangos_and_the_next_statement_runs():
    with pytest.raises(DataError):
        run("SELECT 1 / %(a)s::int", {"a": 0})
    assert run("SELECT 1 / %(a)s::int", {"a": 1}) == [(1,)]


def test_a_server_that_forgot_is_told_again():
    assert run("SELECT %s::int", [1]) == [(1,)]
    run("DEALLOCATE ALL")
    assert run("SELECT %s::int", [2]) == [(2,)]


def test_a_lost_connection_is_an_operational_error():
    own = run("SELECT pg_backend_pid()")[0][0]
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [own])
    finally:
        other.close()
    with pytest.raises(OperationalError):
        run("SELECT 1")
    connection.close()
    assert run("SELECT 1") == [(1,)]
