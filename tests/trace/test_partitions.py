"""Partitions: there before they are needed, by the city's midnight, and never stuck on a row that came too early."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from kangqu.kernel.basis.clock import day_starts
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry, Result, Stream
from kangqu.kernel.trace.partitions import ensure_partitions, prepare_streams
from kangqu.kernel.trace.presences import COLUMNS, Presence, check_both, check_presences, presences_of_person

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2043, 3, 31, 16, tzinfo=UTC)  # 1 April in the city
TABLES = ("presence_by_place", "presence_by_person")


def _ask(sql, values=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def _come_by(at, person=1):
    seen = Presence(person, at, person, 5, None, 7, "code", None, at)
    row = [person, at, person, 5, None, 7, "code", None, "", at, seen.mac()]
    names, given = COLUMNS.replace(" position,", ""), ", ".join(["%s"] * len(row))
    for table in TABLES:
        _ask(f"INSERT INTO {table} ({names}) VALUES ({given})", row)


def _lie_in(table):
    return [name for (name,) in _ask(f"SELECT tableoid::regclass::text FROM {table} ORDER BY at")]


@pytest.mark.parametrize(
    ("at", "made"),
    [
        (MIDNIGHT - timedelta(microseconds=1), ["20430331", "20430401"]),
        (MIDNIGHT, ["20430401", "20430402"]),
    ],
)
def test_a_day_turns_at_midnight_in_the_city(at, made):
    table = "presence_by_place"
    assert ensure_partitions(table, around=at, ahead=1) == [f"{table}_{day}" for day in made]
    _come_by(at)
    assert _lie_in(table) == [f"{table}_{made[0]}"]


def test_a_month_turns_at_midnight_in_the_city():
    just_before = MIDNIGHT - timedelta(microseconds=1)
    ensure_partitions("trace_entry", around=just_before, ahead=1)
    for at in (just_before, MIDNIGHT):
        record(Entry(Stream.LOOK, "person.open", Result.SEEN, at))
    assert _lie_in("trace_entry") == ["trace_entry_204303", "trace_entry_204304"]


def test_rows_that_came_before_their_partition_move_into_it_unchanged():
    _come_by(MIDNIGHT - timedelta(microseconds=1), 1)
    _come_by(MIDNIGHT, 2)
    _come_by(MIDNIGHT + timedelta(days=1), 3)
    before = _ask("SELECT * FROM presence_by_place ORDER BY at")
    assert _lie_in("presence_by_place") == ["presence_by_place_rest"] * 3
    for table in TABLES:
        assert ensure_partitions(table, around=MIDNIGHT, ahead=0) == [f"{table}_20430401"]
        assert _lie_in(table) == [f"{table}_rest", f"{table}_20430401", f"{table}_rest"]
    assert _ask("SELECT * FROM presence_by_place ORDER BY at") == before
    assert [*check_presences(), *check_both()] == []


def test_what_is_reported_late_finds_its_day():
    prepare_streams(MIDNIGHT)
    _come_by(MIDNIGHT - timedelta(days=3))
    assert _lie_in("presence_by_person") == ["presence_by_person_20430329"]


def test_a_server_that_was_down_for_forty_days_takes_and_heals_everything():
    prepare_streams(MIDNIGHT)
    started = MIDNIGHT + timedelta(days=40)
    for days in (0, 1, 5, 20, 39, 40):  # devices and a server without a worker went on
        at = MIDNIGHT + timedelta(days=days)
        _come_by(at, days + 1)
        record(Entry(Stream.LOOK, "person.open", Result.SEEN, at))
    assert _lie_in("presence_by_place").count("presence_by_place_rest") == 4
    made = prepare_streams(started)
    assert "presence_by_place_20430421" in made
    assert "presence_by_place_20430422" not in made  # nobody came that day
    for table in (*TABLES, "trace_entry"):
        assert f"{table}_rest" not in _lie_in(table)
    assert len(presences_of_person(range(50), since=MIDNIGHT, until=started + timedelta(1))) == 6
    assert prepare_streams(started) == []
    assert [*check_presences(), *check_both()] == []


def test_a_partition_is_like_those_the_server_would_make_itself():
    (name,) = ensure_partitions("trace_entry", around=MIDNIGHT, ahead=0)
    ours = {text.replace(name, "T") for (text,) in _ask("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [name])}
    _ask(
        "CREATE TABLE theirs PARTITION OF trace_entry FOR VALUES FROM (%s) TO (%s)",
        [day_starts(date(2050, 1, 1)).isoformat(), day_starts(date(2050, 2, 1)).isoformat()],
    )
    theirs = {
        text.replace("theirs", "T") for (text,) in _ask("SELECT indexdef FROM pg_indexes WHERE tablename = 'theirs'")
    }
    assert {text.partition(" ON ")[2] for text in ours} == {text.partition(" ON ")[2] for text in theirs}
    attached = _ask(
        "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_index x ON x.indexrelid = c.oid"
        " WHERE x.indrelid = %s::regclass",
        [name],
    )
    assert attached == [(len(ours),)]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_whoever_reads_for_long_is_not_waited_for_and_the_next_hour_makes_it():
    settings = connection.get_connection_params()
    reachable = {key: settings[key] for key in ("dbname", "user", "password", "host", "port") if settings.get(key)}
    with psycopg.connect(**reachable) as reader:
        reader.execute("SELECT count(*) FROM presence_by_place_rest")
        assert ensure_partitions("presence_by_place", around=MIDNIGHT, ahead=0) == []
        _come_by(MIDNIGHT)
    assert ensure_partitions("presence_by_place", around=MIDNIGHT, ahead=0) == ["presence_by_place_20430401"]
    assert _lie_in("presence_by_place") == ["presence_by_place_20430401"]
    _ask("DROP TABLE presence_by_place_20430401")
