"""A calendar file with one lasting UID and a growing SEQUENCE; the feed under a secret that can be ended."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.test import Client
from icalendar import Calendar

from kangqu.kernel.access.models import Account
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.models import Feed
from tests.appointments.booking.conftest import DAY, NOW, Clinics, at

HOUSE = the_house("appointments")


def read(content: bytes) -> tuple[Calendar, list[Any]]:
    calendar = Calendar.from_ical(content)
    return calendar, list(calendar.walk("VEVENT"))


def test_the_file_of_an_appointment_moved_and_cancelled(clinics: Clinics):
    me = clinics.family.daughter
    mine = clinics.booked(me, clinics.open("bones"))
    page, where = clinics.client(me), f"/h/appointments/{mine.code}/calendar.ics"
    response = page.get(where)
    calendar, (event,) = read(response.content)
    assert response["Content-Type"].startswith("text/calendar") and calendar["METHOD"] == "PUBLISH"
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai" and event["DTSTART"].dt.hour == 9
    assert [each["TZID"] for each in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]
    assert [each["TRIGGER"].dt for each in event.walk("VALARM")] == [timedelta(minutes=-60)]
    assert "李小𠮷" in event["SUMMARY"] and all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    before = event["SEQUENCE"]
    later = clinics.open("bones", day=DAY + timedelta(days=1))
    taking.reschedule(mine, later.pk, None, by=HOUSE, at=NOW + timedelta(hours=1))
    _calendar, (moved,) = read(page.get(where).content)
    assert moved["UID"] == event["UID"] and moved["SEQUENCE"] > before and moved["DTSTART"].dt.day == 2
    taking.cancel(mine, by=HOUSE, at=NOW + timedelta(hours=2))
    calendar, (gone,) = read(page.get(where).content)
    assert calendar["METHOD"] == "CANCEL" and gone["STATUS"] == "CANCELLED" and gone["SEQUENCE"] > moved["SEQUENCE"]
    assert clinics.client(clinics.family.stranger).get(where).status_code == 404


def test_a_feed_is_read_by_whoever_has_its_address_until_it_is_ended(clinics: Clinics):
    home = clinics.family
    home.grant(home.mother, home.daughter, "book")
    session = clinics.open("bones")
    mine, hers = clinics.booked(home.daughter, session), clinics.booked(home.mother, session)
    page = clinics.client(home.daughter)
    page.post("/h/appointments/calendar", {"do": "open"})
    shown = page.get("/h/appointments/calendar").content.decode()
    address = re.search(r"/calendar/[\w-]+\.ics", shown)
    assert address is not None and address.group() not in page.get("/h/appointments/calendar").content.decode()
    anybody = Client()
    response = anybody.get(address.group())
    _calendar, events = read(response.content)
    assert {str(each["UID"]) for each in events} == {f"{mine.code}@kangqu", f"{hers.code}@kangqu"}
    assert bytes(Feed.objects.get().token_sha256) not in response.content
    assert anybody.get("/calendar/" + "x" * 43 + ".ics").status_code == 404
    page.post("/h/appointments/calendar", {"do": "open"})  # a new one ends the old one
    assert anybody.get(address.group()).status_code == 404
    page.post("/h/appointments/calendar", {"do": "end"})
    assert not Feed.objects.filter(ended_at=None).exists()


def test_a_feed_ends_with_its_account(clinics: Clinics):
    me = clinics.family.daughter
    page = clinics.client(me)
    page.post("/h/appointments/calendar", {"do": "open"})
    address = re.search(r"/calendar/[\w-]+\.ics", page.get("/h/appointments/calendar").content.decode())
    assert address is not None
    Account.objects.filter(person=me).update(closed_at=at("11-26 09:00"))
    assert page.get(address.group()).status_code == 404
