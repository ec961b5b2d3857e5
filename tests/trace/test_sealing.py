"""The trace proves itself: any change behind its back is found and located."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from django.db import connection

from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry, Result, Stream
from kangqu.kernel.trace.sealing import check_chain, check_rows, seal_finished
from tests.conftest import NINE

pytestmark = pytest.mark.django_db(transaction=True)


_CHANCE = random.Random(1)


def _write(count: int) -> None:
    for number in range(count):
        record(
            Entry(
                stream=Stream.LOOK,
                action="person.open",
                result=Result.SEEN,
                at=NINE + timedelta(seconds=number),
                actor_id=7,
                person_id=number,
                ip="127.0.0.1",
                facts={"name": "𠮷", "share": 0.5},
            ),
            rng=_CHANCE,
        )


def _seal(count: int) -> None:
    """Seal ``count`` rows. A transaction of anybody on the same server keeps rows from being final for a moment."""
    for _ in range(600):
        count -= seal_finished(NINE)
        if count <= 0:
            break
        time.sleep(0.1)
    assert count == 0


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_untouched_trace_is_whole():
    _write(5)
    _seal(5)
    assert seal_finished(NINE) == 0
    _write(2)
    _seal(2)
    assert [*check_rows(), *check_chain()] == []


@pytest.mark.parametrize(
    "edit",
    [
        "reason = 'x'",
        "person_id = 99",
        "at = at + interval '1 microsecond'",
        "ip = '127.0.0.2'",
        """facts = '{"name":"吉","share":0.5}'""",
        """facts = '{"name": "𠮷","share":0.5}'""",
        "result = 'refused'",
        "before_hash = '\\x00'",
        "mac = set_byte(mac, 3, get_byte(mac, 3) # 1)",
        "id = id + 1",
    ],
)
def test_a_changed_row_is_found_and_named(edit):
    _write(5)
    _seal(5)
    _run(f"UPDATE trace_entry SET {edit} WHERE person_id = 3")
    findings = list(check_rows())
    assert len(findings) == 1
    assert "2026-11-23T01:00:03" in findings[0].where


@pytest.mark.parametrize(
    "edit",
    [
        "DELETE FROM trace_entry WHERE person_id = 3",
        "UPDATE trace_entry SET position = position + 1 WHERE person_id = 2",
    ],
)
def test_a_removed_or_moved_row_breaks_its_block(edit):
    _write(5)
    _seal(5)
    _run(edit)
    assert [finding.where for finding in check_chain()] != []


def test_a_removed_block_breaks_the_chain():
    for _ in range(3):
        _write(2)
        _seal(2)
    _run("DELETE FROM trace_seal WHERE id = (SELECT id FROM trace_seal ORDER BY id OFFSET 1 LIMIT 1)")
    assert any("removed" in finding.what for finding in check_chain())


def test_rows_of_a_running_transaction_wait_for_the_next_block():
    import psycopg

    _write(1)
    settings = connection.get_connection_params()
    settings.pop("cursor_factory", None)
    settings.pop("context", None)
    with psycopg.connect(
        **{k: v for k, v in settings.items() if k in {"dbname", "user", "password", "host", "port"}}
    ) as other:
        other.execute("SELECT pg_current_xact_id()")
        _write(3)
        sealed = seal_finished(NINE)
        assert sealed <= 1
    _seal(4 - sealed)
    assert list(check_chain()) == []
