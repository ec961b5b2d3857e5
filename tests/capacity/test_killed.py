"""Killed anywhere, gone on with: nobody loses a seat, nobody has two, and a draw is whole or has not been."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kangqu.kernel.capacity.checks import check_bookings, check_holds, check_seats
from kangqu.kernel.capacity.models import Booking, Release
from kangqu.kernel.capacity.releases import announce, enter, hold_draw
from kangqu.kernel.capacity.stopping import rebook, stop
from kangqu.kernel.trace.models import TraceEntry
from tests.capacity.conftest import BEFORE, TUESDAY, at, make_clinic
from tests.capacity.dying import WHEN
from tests.mortal import nursery, wait_until_gone

pytestmark = pytest.mark.django_db(transaction=True)


def agree() -> bool:
    return [*check_seats(), *check_bookings(), *check_holds()] == []


def test_everybody_of_a_stopped_session_is_booked_again_once_whoever_is_killed() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 12})
    for number in range(12):
        clinic.book(session, f"P{number}")
    other = clinic.session({"citizen": 12}, day=TUESDAY + timedelta(days=1))
    stop(session.pk, why="停诊", by=clinic.desk, at=WHEN)
    with nursery("tests.capacity.dying") as born:
        path = born.path("rebook")
        of_one = path[: len(path) // 12]  # whoever is moved before the end stays moved: the path gets shorter
        killed = sum(born.dies("rebook", place) for place in of_one[:: max(1, len(of_one) // 12)])
    wait_until_gone(born.name)
    assert killed >= 10
    assert agree()
    rebook(session.pk, by=clinic.desk, at=WHEN)
    moved = Booking.objects.filter(session=other, status="booked")
    assert moved.count() == moved.values("person").distinct().count() == 12
    assert Booking.objects.count() == 12, "moved, not booked again"
    assert TraceEntry.objects.filter(action="capacity.move").count() == 12
    assert agree()


def test_a_draw_is_whole_or_has_not_been() -> None:
    clinic = make_clinic()
    session = clinic.session({"citizen": 3})
    release = announce(
        [session.pk], title="t", opens_at=at("11-25 08:00"), closes_at=at("11-25 12:00"), of_household=1, by=clinic.desk, at=BEFORE
    )  # fmt: skip
    for number in range(5):
        enter(clinic.person(f"P{number}"), release.pk, wishes=[session.code], by=clinic.desk, at=at("11-25 09:00"))
    with nursery("tests.capacity.dying") as born:
        path = born.path("draw")
        killed = sum(born.dies("draw", place) for place in path[:: max(1, len(path) // 10)])
    wait_until_gone(born.name)
    assert killed >= 8
    assert not Booking.objects.exists()
    assert Release.objects.get().seed == ""
    assert hold_draw(release.pk, at=WHEN).given == 3
    assert Booking.objects.filter(status="booked").count() == 3
    assert agree()
