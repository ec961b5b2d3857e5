"""Appointments as calendars know them (RFC 5545): one lasting UID, a SEQUENCE that grows, CANCEL when it is over. Pure but for what comes in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

CITY: Final = ZoneInfo("Asia/Shanghai")
_PRODUCT: Final = "-//Kangqu//Appointments//ZH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One appointment. ``made_at`` and ``changed_at`` give its SEQUENCE; ``tentative`` while it is waited for."""

    code: str
    title: str
    place: str
    about: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    changed_at: datetime
    cancelled: bool = False
    tentative: bool = False
    url: str = ""


def calendar_of(entries: Iterable[Entry], *, at: datetime, alarm: timedelta, ring: str, feed: str = "") -> bytes:
    """A file of appointments; with a ``feed`` its name, for calendars that read it again by themselves.

    A single entry that is over is sent with METHOD CANCEL, any other file with PUBLISH.
    """
    kept = list(entries)
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    alone = len(kept) == 1 and not feed
    calendar.add("method", "CANCEL" if alone and kept[0].cancelled else "PUBLISH")
    if feed:
        calendar.add("x-wr-calname", feed)
        calendar.add("x-wr-timezone", "Asia/Shanghai")
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for entry in kept:
        calendar.add_component(_event(entry, at=at, alarm=alarm, ring=ring))
    if kept:
        calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def sequence_of(entry: Entry) -> int:
    """How often it changed, as a number that only grows: the seconds from its making to its last change."""
    return max(0, int((entry.changed_at - entry.made_at).total_seconds()))


def _event(entry: Entry, *, at: datetime, alarm: timedelta, ring: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.code}@kangqu")
    event.add("sequence", sequence_of(entry))
    event.add("dtstamp", at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.starts_at.astimezone(CITY))
    event.add("dtend", entry.ends_at.astimezone(CITY))
    event.add("summary", entry.title)
    event.add("location", entry.place)
    event.add("description", entry.about)
    event.add("status", "CANCELLED" if entry.cancelled else "TENTATIVE" if entry.tentative else "CONFIRMED")
    if entry.url:
        event.add("url", entry.url)
    if not entry.cancelled and not entry.tentative:
        rings = Alarm()
        rings.add("action", "DISPLAY")
        rings.add("description", ring)
        rings.add("trigger", -alarm)
        event.add_component(rings)
    return event
