"""The auditor's questions: answered in order, paged exactly, bounded in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry, Result, Stream
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.kernel.trace.reads import SPAN_BACKWARDS, SPAN_TOO_LONG, TraceQuestion, search_trace
from tests.conftest import NINE

DAY = TraceQuestion(since=NINE - timedelta(hours=1), until=NINE + timedelta(hours=1))


def _write(count: int, *, person: int = 5, actor: int = 7) -> None:
    record(
        *(
            Entry(
                Stream.LOOK,
                "person.open",
                Result.SEEN,
                NINE + timedelta(seconds=n // 2),
                actor_id=actor,
                person_id=person,
            )
            for n in range(count)
        )
    )


@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repetition():
    _write(25)
    seen, mark = [], ""
    while page := search_trace(DAY, after=mark, limit=4):
        seen += [line.id for line in page]
        mark = page[-1].mark
    assert len(seen) == len(set(seen)) == 25
    moments = [line.at for line in search_trace(DAY, limit=100)]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.django_db
def test_whom_who_and_when_narrow_the_answer():
    _write(2)
    _write(3, person=6, actor=8)
    assert len(search_trace(TraceQuestion(DAY.since, DAY.until, person_ids=(5,)))) == 2
    assert len(search_trace(TraceQuestion(DAY.since, DAY.until, actor_id=8))) == 3
    assert search_trace(TraceQuestion(DAY.since, DAY.until, actor_id=8, person_ids=(5,))) == []
    assert search_trace(TraceQuestion(NINE - timedelta(days=2), NINE - timedelta(days=1))) == []
    assert search_trace(TraceQuestion(DAY.since, DAY.until, action="person.export")) == []


@pytest.mark.django_db
def test_several_places_and_people_are_answered_in_one_order():
    entries = [
        Entry(
            Stream.LOOK, "person.open", Result.SEEN, NINE + timedelta(seconds=n), institution_id=n % 5, person_id=n % 7
        )
        for n in range(70)
    ]
    record(*entries)
    since, until = DAY.since, DAY.until
    for places, people in (
        ((1, 3), ()),
        ((), (2, 5, 6)),
        ((1, 3), (2, 5, 6)),
        ((1,), (2, 2)),
        ((99,), ()),
        ((), (99,)),
    ):
        asked = TraceQuestion(since, until, institution_ids=places, person_ids=tuple(dict.fromkeys(people)))
        due = [
            entry.at
            for entry in reversed(entries)
            if (not places or entry.institution_id in places) and (not people or entry.person_id in people)
        ]
        got, mark = [], ""
        while page := search_trace(asked, after=mark, limit=6):
            got += [line.at for line in page]
            mark = page[-1].mark
        assert got == due
    (line,) = search_trace(TraceQuestion(since, until, institution_ids=(0, 1), person_ids=(0,)), limit=1)
    assert (line.person_id, line.ip, line.facts) == (0, None, {})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "mark", ["x", "_", "2026-01-01_1", "2026-13-01T00:00:00+00:00_1", "2026-01-01T00:00:00+00:00_" + "9" * 30]
)
def test_a_mark_that_is_none_begins_at_the_beginning(mark):
    _write(1)
    assert len(search_trace(DAY, after=mark)) == 1


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [(NINE, NINE - timedelta(1), SPAN_BACKWARDS), (NINE - timedelta(400), NINE, SPAN_TOO_LONG)],
)
def test_a_span_that_cannot_be_answered_is_refused(since, until, why):
    with pytest.raises(Refused) as refused:
        search_trace(TraceQuestion(since, until))
    assert refused.value.why is why


@pytest.mark.django_db
def test_partitions_are_made_once_and_rows_fall_into_them():
    far = NINE.replace(year=2041)
    assert ensure_partitions("trace_entry", around=far) == [
        "trace_entry_204111",
        "trace_entry_204112",
        "trace_entry_204201",
    ]
    assert ensure_partitions("trace_entry", around=far) == []
    record(Entry(Stream.LOOK, "person.open", Result.SEEN, far))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM trace_entry")
        assert cursor.fetchall() == [("trace_entry_204111",)]
