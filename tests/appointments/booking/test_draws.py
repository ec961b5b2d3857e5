"""A draw as residents see it: entered once each while it is open, left, drawn, its result and proof shown."""

from __future__ import annotations

from datetime import time, timedelta

from kangqu.kernel.capacity.models import Entry
from kangqu.kernel.capacity.releases import announce, hold_draw
from kangqu.kernel.trace.actor import the_house
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
