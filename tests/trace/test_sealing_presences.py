"""Presences prove themselves as the trace does: in both tables every changed, removed and added row is found."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kangqu.kernel.trace.models import Seal
from kangqu.kernel.trace.presences import COLUMNS, Presence, check_both, check_presences
from kangqu.kernel.trace.sealing import begin_after_restore, check_chain, seal_finished
from tests.conftest import NINE

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ("presence_by_place", "presence_by_person")


def _run(sql, values=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def _come_by(*people):
    """Each of ``people`` at one gate, a second apart, kept in both tables at one position a transaction."""
    for person in people:
        at = NINE + timedelta(seconds=person)
        seen = Presence(person, at, person, 5, 6 if person % 2 else None, 7, "code", None, at)
        row = [person, at, person, 5, seen.station_id, 7, "code", None, "", at, seen.mac()]
        names = COLUMNS.replace(" position,", "")
        given = ", ".join(["%s"] * len(row))
        _run(
            f"WITH a AS (INSERT INTO presence_by_place ({names}) VALUES ({given}))"
            f" INSERT INTO presence_by_person ({names}) VALUES ({given})",
            row + row,
        )


def _seal(count):
    for _ in range(600):
        count -= seal_finished(NINE)
        if count <= 0:
            break
        time.sleep(0.1)
    assert count == 0


def _findings():
    return [
        f"{finding.where}: {finding.what}"
        for check in (check_presences, check_both, check_chain)
        for finding in check()
    ]


def test_untouched_presences_are_whole_and_one_chain_proves_both_tables():
    _come_by(1, 2, 3)
    _seal(3)
    _come_by(4, 5)
    _seal(2)
    _come_by(6)
    assert _findings() == []
    # In two blocks, or in more where somebody's transaction ran meanwhile.
    sealed = Seal.objects.values_list("stream", "count")
    assert {stream for stream, _ in sealed} == {"presence"} and sum(count for _, count in sealed) == 5


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "edit",
    [
        "person_id = 99",
        "institution_id = 99",
        "device_id = 99",
        "station_id = 0",
        "station_id = 99",
        "temperature = -1",
        "temperature = 365",
        "means = 'paper'",
        "flag = 'elsewhere'",
        "at = at + interval '1 microsecond'",
        "received_at = received_at - interval '1 microsecond'",
        "id = id + 100",
        "mac = set_byte(mac, 31, get_byte(mac, 31) # 1)",
    ],
)
def test_a_changed_column_is_found_in_the_row_and_named(table, edit):
    _come_by(1, 2, 3)
    _seal(3)
    _run(f"UPDATE {table} SET {edit} WHERE person_id = 2")
    assert any(table in found and "2026-11-23T01:00:02" in found for found in _findings())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE {table} SET position = 0 WHERE person_id = 2",
        "DELETE FROM {table} WHERE person_id = 2",
        "INSERT INTO {table} SELECT 77, at, person_id, institution_id, station_id, device_id, means, temperature, flag,"
        " received_at, position, mac FROM {table} WHERE person_id = 2",
    ],
)
def test_a_moved_removed_or_added_row_breaks_the_block_it_stands_in(table, edit):
    with transaction.atomic():  # at one position, and so in one block, whatever else runs on the server
        _come_by(1, 2, 3)
    _seal(3)
    _come_by(4)
    _seal(1)
    _run(edit.format(table=table))
    broken = [finding.where for finding in check_chain()]
    assert len(broken) == 1
    assert broken[0].startswith(f"{table}, seal ")
    assert "positions 0–" in broken[0]


def test_the_same_row_removed_from_both_tables_is_missed_by_the_chain_alone():
    _come_by(1, 2, 3)
    _seal(3)
    for table in TABLES:
        _run(f"DELETE FROM {table} WHERE person_id = 2")
    assert list(check_both()) == []
    assert {finding.where.partition(",")[0] for finding in check_chain()} == set(TABLES)


def test_on_a_fresh_server_positions_go_on_above_those_of_presences_not_yet_sealed():
    _come_by(1)
    ((high,),) = _run("UPDATE presence_by_place SET position = position + 1000000 RETURNING position")
    _run("UPDATE trace_epoch SET server = 1")
    try:
        begin_after_restore()
        ((position,),) = _run("SELECT trace_position()")
        assert position > high
    finally:
        _run("UPDATE trace_epoch SET base = 0")
