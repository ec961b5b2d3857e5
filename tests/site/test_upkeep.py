"""The house keeps itself: keys turn over in time, and what is over is forgotten, no sooner."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.codes.models import CodeKey, CodeScan, CodeUse
from kangqu.kernel.people.codes.signing import Use
from kangqu.kernel.trace.models import PresenceKey, TraceEntry
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.site.upkeep import forget, prepare
from tests.conftest import NINE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_keys():
    code_keys.forget_keys()
    yield
    code_keys.forget_keys()


def _use(issued_at: datetime, used_at: datetime, handle: int = 1) -> None:
    CodeUse.objects.create(issued_at=issued_at, handle=handle, place_id=1, institution_id=1, at=used_at)


def _scan(at: datetime, key: str) -> None:
    CodeScan.objects.create(
        scanner_id=1, key=key, content=b"1", scanned_at=at, received_at=at, word="genuine", institution_id=1
    )


def _days_of_uses() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'people_code_use'::regclass")
        return sorted(name for (name,) in cursor.fetchall())


def test_keys_are_there_before_the_old_ones_end_and_nothing_is_made_twice():
    prepare(NINE)
    first = CodeKey.objects.get(use=Use.DYNAMIC)
    prepare(NINE)
    prepare(first.signs_until - timedelta(hours=2))
    assert CodeKey.objects.filter(use=Use.DYNAMIC).count() == 1
    prepare(first.signs_until - timedelta(minutes=40))
    second = CodeKey.objects.filter(use=Use.DYNAMIC).latest("number")
    assert second.signs_from < first.signs_until < second.signs_until
    assert CodeKey.objects.filter(use=Use.PAPER).count() == 1


def test_a_house_opened_after_forty_days_has_keys_and_partitions():
    prepare(NINE)
    first = CodeKey.objects.get(use=Use.DYNAMIC)
    late = first.signs_until + timedelta(days=40)
    prepare(late)
    assert code_keys.key_set(late).signing(Use.DYNAMIC, late)[0].number != first.number
    assert f"people_code_use_{late:%Y%m%d}" in _days_of_uses()


def test_what_is_over_goes_and_what_a_late_scan_could_meet_stays():
    old, late = NINE - timedelta(days=30), NINE - timedelta(hours=71)
    for number, at in enumerate((old, late)):
        PresenceKey.objects.create(id=number, content=1, received_at=at)
        Session.objects.create(session_key=f"s{number}", session_data="", expire_date=at + timedelta(days=10))
        _scan(at, f"k{number}")
    gone = forget(NINE)
    assert (gone["presence_keys"], gone["sessions"], gone["code_scans"]) == (1, 1, 1)
    assert [key.pk for key in PresenceKey.objects.all()] == [1]
    assert [scan.key for scan in CodeScan.objects.all()] == ["k1"]
    (told,) = TraceEntry.objects.filter(action="house.forget")
    assert told.facts["presence_keys"] == 1
    assert not any(forget(NINE).values())
    assert TraceEntry.objects.filter(action="house.forget").count() == 1


def test_old_days_of_uses_are_dropped_and_a_paper_card_used_today_is_kept():
    ensure_partitions("people_code_use", around=NINE - timedelta(days=30), ahead=30)
    printed = NINE - timedelta(days=29)
    _use(printed, printed, handle=1)
    _use(printed, NINE - timedelta(seconds=20), handle=2)
    _use(NINE - timedelta(days=400), NINE - timedelta(days=300), handle=3)  # in the rest, over
    _use(NINE - timedelta(days=400), NINE - timedelta(days=1), handle=4)  # in the rest, in use
    _use(NINE - timedelta(days=2), NINE - timedelta(days=2), handle=5)
    gone = forget(NINE)
    assert gone["code_days"] == 23
    assert set(CodeUse.objects.values_list("handle", flat=True)) == {2, 4, 5}
    first_kept = date(2026, 11, 16)
    assert _days_of_uses()[0] == f"people_code_use_{first_kept:%Y%m%d}"
    prepare(NINE)  # the card's row in the rest does not stand in the way
    assert set(CodeUse.objects.values_list("handle", flat=True)) == {2, 4, 5}
