"""A hospital's system checks in, calls, ends; another hospital's finds nothing of it; what is wrong is refused, never a 5xx."""

from __future__ import annotations

from kangqu.systems.appointments.day.models import Visit
from tests.appointments.booking.test_calls import System
from tests.appointments.day.conftest import Hall, at


def test_a_day_over_the_api(hall: Hall) -> None:
    his = System(hall.world.place, "appointments.encounters")
    booking = hall.book("𠮷田花")
    status, told = his.post("encounters", {"appointment": booking.code})
    assert (status, told["status"], told["ahead"], told["fee_fen"]) == (201, "arrived", 0, 1000)
    assert told["wait"][0] <= told["wait"][1] and told["fee_reason"]["en"]
    assert his.post("encounters", {"appointment": booking.code})[0] == 200
    here = f"clinic-queues/{hall.session.code}"
    assert his.get(here)[1]["waiting"] == [told["number"]]
    hall.clock.move_to(at("12-01 09:01"))
    status, called = his.post(f"{here}/next", {"room": "3 号诊室"})
    assert (status, called["state"], called["room"]) == (200, "called", "3 号诊室")
    assert his.post(f"{here}/next", {})[1]["code"] == "KQ-3567"
    one = f"encounters/{booking.code}"
    assert his.post(f"{one}/enter")[1]["status"] == "in-progress"
    assert his.post(f"{one}/tests")[1]["status"] == "onleave"
    assert his.post(f"{one}/back")[1]["ahead"] == 0
    assert his.post(f"{one}/finish")[0] == 409
    his.post(f"{here}/next", {})
    his.post(f"{one}/enter")
    assert his.post(f"{one}/finish-pending")[1]["status"] == "finished"
    listed = his.get("encounters?day=2026-12-01")[1]["items"]
    assert [each["appointment"] for each in listed] == [booking.code]
    assert his.get(one)[1]["ended"]


def test_strangers_and_nonsense(hall: Hall) -> None:
    his = System(hall.world.place, "appointments.encounters")
    other = System(hall.world.other, "appointments.encounters")
    unscoped = System(hall.world.place)
    booking = hall.book("王一")
    assert other.post("encounters", {"appointment": booking.code})[0] == 404
    assert unscoped.post("encounters", {"appointment": booking.code})[0] == 403
    his.post("encounters", {"appointment": booking.code})
    assert other.get(f"encounters/{booking.code}")[0] == 404
    assert other.post(f"encounters/{booking.code}/leave")[0] == 404
    assert other.get("encounters")[1]["items"] == []
    assert other.get(f"clinic-queues/{hall.session.code}")[0] == 404
    for body in ({"appointment": "\x00"}, {"appointment": "A" * 99}, {}, "[", {"appointment": 10**40}):
        assert 400 <= his.post("encounters", body)[0] < 500
    for path in (
        "encounters?day=9999-99-99",
        "encounters?limit=0",
        "encounters?session=%00",
        "encounters/%00",
        "clinic-queues/x",
    ):
        assert 400 <= his.get(path)[0] < 500, path
    assert his.post(f"encounters/{booking.code}/nonsense")[0] == 422
    assert his.post(f"clinic-queues/{hall.session.code}/next", {"room": "x" * 61})[0] == 422
    assert Visit.objects.get().state == "waiting"
