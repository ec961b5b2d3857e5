"""A draw as residents see it: entered once each while it is open, left, drawn, its result and proof shown."""

from __future__ import annotations

from datetime import time, timedelta

from kangqu.kernel.access.roles import Role
from kangqu.kernel.capacity.models import Entry, Release
from kangqu.kernel.capacity.releases import announce, hold_draw
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking.drawing import draw_due
from tests.appointments.booking.conftest import NOW, Clinics

HOUSE = the_house("appointments")


def test_entered_drawn_and_shown(clinics: Clinics):
    home = clinics.family
    session = clinics.open("heart", {"citizen": 1}, ends=time(9, 30))
    opens, closes = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
    release = announce(
        [session.pk], title="名医号摇号", opens_at=opens, closes_at=closes, of_household=1, by=HOUSE, at=NOW
    )
    page = f"/h/draws/{release.code}"
    early = clinics.client(home.daughter).post(page, {"wish": session.code})
    assert early.status_code == 422 and "KQ-1615" in early.content.decode()
    clinics.clock.move_to(opens)
    assert "名医号摇号" in clinics.client(home.daughter).get("/h/draws").content.decode()
    for each in (home.daughter, home.daughter, home.mother):
        assert clinics.client(each).post(page, {"wish": session.code}).status_code == 302
    assert Entry.objects.count() == 2
    stranger = clinics.client(home.stranger)
    for given in ({"wish": "S0"}, {}, {"wish": session.code, "for": home.mother.public_code}):
        assert stranger.post(page, given).status_code == 422
    assert Entry.objects.count() == 2
    clinics.client(home.mother).post(page, {"do": "leave"})
    clinics.clock.move_to(closes)
    hold_draw(release.pk, at=closes)
    won = clinics.client(home.daughter).get(page).content.decode()
    release.refresh_from_db()
    assert "已中签" in won and release.seed in won and release.digest in won
    assert clinics.booking(home.daughter).status == "booked"
    assert "已中签" not in clinics.client(home.stranger).get(page).content.decode()


def test_announced_by_the_hospital_and_drawn_by_the_clock(clinics: Clinics):
    session = clinics.open("heart", {"citizen": 1}, ends=time(9, 30))
    elsewhere, _by = clinics.desk(Role.INSTITUTION_MANAGER, clinics.other)
    given = {
        "title": "名医号 𠮷", "sessions": session.code, "opens_at": "2026-11-26T10:00", "closes_at": "2026-11-26T11:00", "of_household": "1",
    }  # fmt: skip
    assert elsewhere.post("/c/appointments/draws", given).status_code == 422
    nurse, _by = clinics.desk(Role.NURSE)
    assert nurse.post("/c/appointments/draws", given).status_code == 403
    manager, _by = clinics.desk(Role.INSTITUTION_MANAGER)
    bad = [
        ("closes_at", "2026-11-26T09:00"),
        ("opens_at", "x"),
        ("opens_at", "9999-01-01T00:00"),
        ("of_household", "0"),
    ]
    for wrong in ({name: value} for name, value in [*bad, ("sessions", "S")]):
        assert manager.post("/c/appointments/draws", {**given, **wrong}).status_code == 422
    assert manager.post("/c/appointments/draws", given).status_code == 302
    assert manager.post("/c/appointments/draws", given).status_code == 422  # it has a draw already
    release = Release.objects.get()
    me = clinics.family.daughter
    assert clinics.client(me).post(f"/h/draws/{release.code}", {"wish": session.code}).status_code == 302
    late = clinics.client(me).post(f"/h/book/session/{session.code}", {"slot": clinics.slot(session), "key": "k"})
    assert late.status_code in (404, 422)  # sold to nobody until the draw
    closes = NOW + timedelta(hours=1)
    assert draw_due(by=HOUSE, at=closes - timedelta(seconds=1)) == 0
    assert draw_due(by=HOUSE, at=closes) == 1 and draw_due(by=HOUSE, at=closes) == 0
    assert clinics.booking(me).status == "booked"
