"""The bulk ways do exactly what the single ways do, and faster."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.ids import take_ids
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.trace import sealing as _checks  # noqa: F401
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.bulk import record_each
from kangqu.kernel.trace.models import TraceEntry

VALUES = ["370302190001010001", "𠮷", "", "x" * 5000]


@pytest.mark.parametrize("value", VALUES)
def test_a_blinder_finds_what_blind_finds(value):
    assert keys().blinder("people.phone")(value) == keys().blind(value, "people.phone")


def test_a_sealer_seals_what_open_opens_and_never_twice_alike():
    seal_one = keys().sealer("people.phone")
    sealed = [seal_one(value) for value in VALUES * 600]
    assert [keys().open(each, "people.phone") for each in sealed] == VALUES * 600
    assert len(set(sealed)) == len(sealed)


@pytest.mark.django_db
def test_what_is_packed_is_what_is_read(nine):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE packed (n bigint, i integer, t varchar, b bytea, f boolean, d date, at timestamptz, j json)"
        )
    full = (
        copying.int8(-(2**62)), copying.int4(-7), copying.text("𠮷野家"), copying.blob(b"\0\xff"), copying.boolean(True),
        copying.day(date(1900, 2, 28)), copying.instant(nine), copying.text('{"a":1}'),
    )  # fmt: skip
    empty = (
        copying.int8(None), copying.int4(None), copying.text(None), copying.blob(None), copying.boolean(False),
        copying.day(None), copying.instant(None), copying.text(None),
    )  # fmt: skip
    copying.copy_rows("packed", ("n", "i", "t", "b", "f", "d", "at", "j"), [copying.row(*full), copying.row(*empty)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, i, t, b, f, d, at, j::text FROM packed ORDER BY n NULLS LAST")
        first, second = cursor.fetchall()
    assert (*first[:3], bytes(first[3]), *first[4:]) == (
        -(2**62), -7, "𠮷野家", b"\0\xff", True, date(1900, 2, 28), nine, '{"a":1}',
    )  # fmt: skip
    assert second == (None, None, None, None, False, None, None, None)


@pytest.mark.django_db
def test_rows_beyond_one_block_all_arrive():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE wide (n bigint, t text)")
    rows = [copying.row(copying.int8(n), copying.text("字" * random.Random(n).randrange(900))) for n in range(2000)]
    copying.copy_rows("wide", ("n", "t"), rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(n) FROM wide")
        assert cursor.fetchone() == (2000, 1999 * 1000)


@pytest.mark.django_db
def test_a_broken_constraint_is_an_integrity_error():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE single (n bigint PRIMARY KEY)")
    with pytest.raises(IntegrityError):
        copying.copy_rows("single", ("n",), [copying.row(copying.int8(1))] * 2)


@pytest.mark.django_db
def test_bulk_trace_rows_are_those_record_would_write():
    at = datetime(2026, 11, 23, 1, 2, 3, 456, tzinfo=UTC)
    by = Actor(account_id=7, role="operator", institution_id=3, purpose="import", device="终端", request_id="r1")
    entry = by.did("people.register", at=at, object_type="import", object_id=9, facts={"file": '名"单\n', "rows": 2})
    record(entry)
    record_each(entry, [11, 12], take_ids(2))
    single, *bulk = TraceEntry.objects.order_by("person_id").values_list(
        "stream", "action", "result", "at", "actor_id", "reason", "device", "person_id", "position"
    )[::-1]
    assert [row[:7] for row in bulk] == [single[:7]] * 2
    assert [row[7] for row in bulk] == [12, 11]
    assert list(all_checks()["trace.rows"][1]()) == []
    assert list(all_checks()["trace.chain"][1]()) == []
