"""Parked events: the operator sees them, has them delivered again, and nobody else does."""

from __future__ import annotations

from datetime import timedelta

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases import listening
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.models import Event, EventState
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.models import TraceEntry
from kangqu.site.metrics import figures
from tests.casework.conftest import Desk


def test_a_parked_event_is_delivered_again(desk: Desk, no_listeners: None) -> None:
    heard: list[int] = []

    def hear(event: listening.Heard) -> None:
        if not heard:
            heard.append(0)
            raise OSError("away")
        heard.append(event.id)

    listening.listen("test.lamp.seen", "lamps.count", hear)
    case = desk.lamp()
    desk.staff("nurse", Role.NURSE)
    take_step(case.id, "look", by=desk.actor("nurse"), at=desk.now - timedelta(hours=3))
    deliver_due(desk.now - timedelta(hours=2))
    assert "kangqu_events_waiting_seconds" in figures().decode()
    Event.objects.update(state=EventState.PARKED)
    admin = desk.staff("admin", Role.SYSTEM_ADMIN, desk.top)
    page = admin.get("/a/events").content.decode()
    assert "test.lamp.seen" in page and case.code in page and "OSError" in page
    assert "kangqu_events_parked 1.0" in figures().decode()
    number = Event.objects.get().pk
    assert admin.post(f"/a/events/{number}/again").status_code == 302
    assert "KQ-3017" in admin.post(f"/a/events/{number}/again").content.decode()
    assert admin.post(f"/a/events/{2**70}/again").status_code == 409
    deliver_due(desk.now + timedelta(minutes=1))
    assert heard == [0, number]
    assert TraceEntry.objects.filter(action="case.event_again").count() == 1
    for role in (Role.NURSE, Role.SECURITY_ADMIN):
        assert desk.staff(f"x{role}", role).post(f"/a/events/{number}/again").status_code == 403


def test_a_late_event_says_how_long(desk: Desk) -> None:
    case = desk.lamp()
    admin = desk.staff("admin", Role.SYSTEM_ADMIN, desk.top)
    assert "没有消息在等" in admin.get("/a/events").content.decode()
    told = desk.now - timedelta(hours=5)
    Event.objects.create(name="test.lamp.seen", listener="x.y", case_id=case.id, seq=2, told_at=told, due_at=told)
    assert "5 小时" in admin.get("/a/events").content.decode()
