"""The desk books for a person at hand, on the channels its post may use, at its own institution; a referral goes anywhere."""

from __future__ import annotations

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.capacity.models import Booking
from tests.appointments.booking.conftest import Clinics, at


def post(clinics: Clinics, role: Role, channel: str, *, where: str = "place", session: str = "bones") -> int:
    quotas = {"onsite": 2, "referral": 2, "green": 2, "returning": 2}
    one = clinics.open(session, quotas)
    desk, by = clinics.desk(role, getattr(clinics, where))
    me = clinics.family.daughter
    clinics.present(me, getattr(clinics, where))
    given = {"channel": channel, "slot": clinics.slot(one), "key": "d"}
    address = f"/c/appointments/book/{me.public_code}/session/{one.code}"
    first = desk.post(address, given)
    again = desk.post(address, given)
    assert first.status_code == again.status_code
    made = Booking.objects.filter(person=me)
    assert made.count() == (1 if first.status_code == 302 else 0)
    if first.status_code == 302:
        row = made.get()
        assert (row.status, row.channel, row.made_by) == ("booked", channel, by.account_id)
        assert row.code in desk.get(f"/c/appointments/book/{me.public_code}").content.decode()
    return first.status_code


@pytest.mark.parametrize(
    ("role", "channel", "where", "expected"),
    [
        (Role.NURSE, "referral", "place", 302),
        (Role.NURSE, "green", "place", 302),
        (Role.REGISTRAR, "returning", "place", 302),
        (Role.REGISTRAR, "green", "place", 422),  # not the registrar's to open
        (Role.REGISTRAR, "referral", "place", 422),
        (Role.DOCTOR, "green", "other", 422),  # another hospital's green channel
        (Role.DOCTOR, "referral", "other", 302),  # a referral from there to here
        (Role.NURSE, "citizen", "place", 422),
    ],
)
def test_channels_by_post(clinics: Clinics, role: Role, channel: str, where: str, expected: int):
    assert post(clinics, role, channel, where=where) == expected


def test_on_site_on_the_day_only(clinics: Clinics):
    assert post(clinics, Role.REGISTRAR, "onsite") == 422
    clinics.clock.move_to(at("12-01 00:00"))
    one = clinics.session_of("bones")
    desk, _by = clinics.desk(Role.REGISTRAR)
    me = clinics.family.daughter
    clinics.present(me)
    given = {"channel": "onsite", "slot": clinics.slot(one), "key": "e"}
    assert desk.post(f"/c/appointments/book/{me.public_code}/session/{one.code}", given).status_code == 302


def test_somebody_who_is_not_at_hand_is_not_found(clinics: Clinics):
    one = clinics.open("bones", {"referral": 2})
    desk, _by = clinics.desk(Role.NURSE)
    me = clinics.family.daughter
    assert desk.get(f"/c/appointments/book/{me.public_code}").status_code == 404
    assert desk.post(f"/c/appointments/book/{me.public_code}/session/{one.code}", {}).status_code == 404
    assert clinics.client(me).get("/c/appointments/book").status_code == 403
    assert not Booking.objects.exists()


def test_the_desk_cancels_after_the_residents_deadline_but_not_anothers(clinics: Clinics):
    me = clinics.family.daughter
    mine = clinics.booked(me, clinics.open("bones"))
    clinics.clock.move_to(at("12-01 08:00"))
    clinics.present(me)
    clinics.present(me, clinics.other)
    elsewhere, _by = clinics.desk(Role.NURSE, clinics.other)
    elsewhere.post(f"/c/appointments/book/{me.public_code}/cancel/{mine.code}")
    mine.refresh_from_db()
    assert mine.status == "booked"
    desk, _by = clinics.desk(Role.NURSE)
    desk.post(f"/c/appointments/book/{me.public_code}/cancel/{mine.code}")
    mine.refresh_from_db()
    assert mine.status == "cancelled"


def test_found_by_name_and_by_code(clinics: Clinics):
    me = clinics.family.daughter
    clinics.present(me)
    desk, _by = clinics.desk(Role.NURSE)
    assert me.public_code in desk.post("/c/appointments/book", {"q": "李小𠮷"}).content.decode()
    sent = desk.post("/c/appointments/book", {"q": me.public_code})
    assert sent["Location"].endswith(me.public_code)
    assert desk.post("/c/appointments/book", {"q": "\x00" + "字" * 900}).status_code < 500
