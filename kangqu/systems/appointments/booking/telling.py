"""Telling residents and those who book for them what became of an appointment: each change once, the reminder once.

What is to be told is written down in the transaction of the change (``News``); its messages are written afterwards, by
a job a minute. A job that is killed between two has told some, and tells the rest when it comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kangqu.kernel.access.roles import Right
from kangqu.kernel.basis.clock import CITY, city_day, day_ends
from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.capacity.kinds import Change
from kangqu.kernel.capacity.models import Booking, BookingStatus, Session, SessionState
from kangqu.kernel.notices.actions import Message, write_many
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.phones import mask_phone
from kangqu.kernel.people.receivers import Told, told_of
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.appointments.booking.models import News, NewsKind
from kangqu.systems.appointments.booking.policy import reminds_from
from kangqu.systems.appointments.kind import APPOINTMENT, hear

AT_ONCE: Final = 200
_IN_APP_ONLY: Final = frozenset({NewsKind.WAITING, NewsKind.CANCELLED})
_HAS: Final = (BookingStatus.BOOKED, BookingStatus.ARRIVED)


_REMEMBER: Final = """
INSERT INTO appointments_news (person_id, id, booking_id, session_id, kind, key, at)
SELECT t.person_id, nextval('kangqu_id'), t.booking_id, t.session_id, t.kind, t.key, t.at
  FROM json_to_recordset(%s::json) AS t(person_id bigint, booking_id bigint, session_id bigint, kind text, key text, at timestamptz)
ON CONFLICT DO NOTHING
"""


def remember(changes: Sequence[Change]) -> None:
    """Write down what is to be told of the changes, in their transaction."""
    stopped, over = _left(changes)
    rows = [
        {
            "person_id": each.person_id, "booking_id": each.booking_id, "session_id": each.session_id, "kind": kind.value,
            "at": each.at.isoformat(), "key": f"{kind}/{each.booking_id}/{each.session_id}/{each.at.timestamp():.6f}",
        }
        for each in changes
        if (kind := _kind_of(each, stopped, over)) is not None
    ]  # fmt: skip
    if rows:
        run(_REMEMBER, (as_json(rows),))


def _left(changes: Sequence[Change]) -> tuple[set[int], set[int]]:
    """Which of the sessions that were left are stopped (then it was the hospital's doing), and which are over."""
    left = {
        each.left_session_id or each.session_id: each.at
        for each in changes
        if each.after == "cancelled" or each.left_session_id
    }
    rows = list(Session.objects.filter(pk__in=left).values_list("pk", "state", "ends_at")) if left else []
    stopped = {number for number, state, _ends in rows if state == SessionState.STOPPED}
    return stopped, {number for number, _state, ends in rows if ends <= left[number]}


def _kind_of(change: Change, stopped: set[int], over: set[int]) -> NewsKind | None:
    """What is told of a change; holds and arrivals are told to nobody."""
    if change.left_session_id is not None:
        return NewsKind.MOVED_BY_HOSPITAL if change.left_session_id in stopped else NewsKind.MOVED
    match change.before, change.after:
        case ("", "booked") | ("proposed", "booked"):
            return NewsKind.BOOKED
        case "waitlist", "booked":
            return NewsKind.PROMOTED
        case "", "waitlist":
            return NewsKind.WAITING
        case ("booked" | "waitlist", "cancelled") if change.session_id in stopped:
            return NewsKind.CANCELLED_BY_HOSPITAL
        case "booked", "cancelled":
            return NewsKind.CANCELLED
        case "waitlist", "cancelled" if change.session_id in over:
            return NewsKind.IN_VAIN
        case _, "noshow":
            return NewsKind.NO_SHOW
    return None


def remind(*, at: datetime) -> int:
    """Write down who is to be reminded of tomorrow, from the evening before on; how many were not written down yet."""
    tomorrow = city_day(at) + timedelta(days=1)
    if at < reminds_from(tomorrow, at):
        return 0
    booked = Booking.objects.filter(
        kind=APPOINTMENT.code, status=BookingStatus.BOOKED, session__day=tomorrow, session__state=SessionState.OPEN
    )
    written, rows = 0, list[News]()
    for person_id, booking_id, session_id in booked.values_list("person_id", "id", "session_id").iterator(chunk_size=2_000):  # fmt: skip
        key = f"{NewsKind.REMIND}/{booking_id}/{session_id}"
        rows.append(
            News(person_id=person_id, booking_id=booking_id, session_id=session_id, kind=NewsKind.REMIND, key=key, at=at)
        )  # fmt: skip
        if len(rows) >= 2_000:
            written, rows = written + _write_down(rows), []
    return written + _write_down(rows)


def _write_down(rows: list[News]) -> int:
    known = set(News.objects.filter(person_id__in={row.person_id for row in rows}, kind=NewsKind.REMIND).values_list("key", flat=True))  # fmt: skip
    fresh = [row for row in rows if row.key not in known]
    News.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def tell(*, at: datetime) -> int:
    """Write the messages of what is to be told; how many things were told."""
    told = 0
    while done := _tell_some(at):
        told += done
        if done < AT_ONCE:
            break
    return told


def _tell_some(at: datetime) -> int:
    by = the_house("appointments")
    with transaction.atomic():
        waiting = News.objects.select_for_update(skip_locked=True).filter(told_at=None).order_by("at", "id")
        news = list(waiting[:AT_ONCE])
        if not news:
            return 0
        people = told_of([each.person_id for each in news], at=at, right=Right.BOOK.value)
        facts = _facts(news)
        for each in news:
            whom, values = people.get(each.person_id), facts.get(each.id)
            if whom is not None and values is not None and _still_so(each, at):
                _write(each, whom, {**values, "name": whom.name}, by, at)
        for each in news:
            News.objects.filter(person_id=each.person_id, id=each.id).update(told_at=at)
    return len(news)


def _still_so(news: News, at: datetime) -> bool:
    """Whether a reminder is still one: the booking is kept, and for that session; the others are told as they happened."""
    if news.kind != NewsKind.REMIND:
        return True
    mine = Booking.objects.filter(person_id=news.person_id, id=news.booking_id, session_id=news.session_id)
    return mine.filter(status__in=_HAS, session__ends_at__gt=at).exists()


def _facts(news: Iterable[News]) -> dict[int, Mapping[str, str]]:
    """What the messages name: where, which clinic, when, the booking's code. When: as the booking is now."""
    wanted = {each.booking_id for each in news}
    rows = {
        row.id: row
        for row in Booking.objects.filter(person_id__in={each.person_id for each in news}, id__in=wanted).select_related("slot")
    }  # fmt: skip
    sessions = Session.objects.select_related("institution", "schedule").in_bulk({each.session_id for each in news})
    found = dict[int, Mapping[str, str]]()
    for each in news:
        booking, session = rows.get(each.booking_id), sessions.get(each.session_id)
        if booking is None or session is None:
            continue
        here = booking.slot is not None and booking.session_id == session.pk
        begins = booking.slot.starts_at if here and booking.slot is not None else session.starts_at
        found[each.id] = {
            "place": session.institution.short_name or session.institution.name, "clinic": session.schedule.title,
            "time": f"{begins.astimezone(CITY):%m-%d %H:%M}", "code": booking.code,
        }  # fmt: skip
    return found


def _write(news: News, whom: Told, values: Mapping[str, str], by: Actor, at: datetime) -> None:
    template = f"appointment_{news.kind}"
    key = f"appointment-{news.id}"
    inside = [Message(f"{key}-{reader}", values, person_id=reader) for reader in whom.readers]
    write_many(inside, channel=Channel.IN_APP, template=template, by=by, at=at)
    if whom.phone and news.kind not in _IN_APP_ONLY:
        phone = Message(f"{key}-sms", values, person_id=whom.readers[0], to=whom.phone, shown=mask_phone(whom.phone))
        expires = day_ends(city_day(at)) if news.kind == NewsKind.REMIND else None
        write_many([phone], channel=Channel.SMS, template=template, by=by, at=at, expires_at=expires)


def listen() -> None:
    """Hear of bookings' changes, once at start."""
    hear(remember)
