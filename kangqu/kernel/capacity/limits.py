"""How much one person, one household, one account may ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Count, Sum

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import TOO_MANY, Refused
from kangqu.kernel.capacity.models import HAS_A_SEAT, Asking, Booking, BookingStatus
from kangqu.kernel.capacity.policy import number
from kangqu.kernel.capacity.refusals import TOO_MANY_BOOKINGS, TOO_MANY_OF_HOUSEHOLD

_ASKED: Final = """
INSERT INTO capacity_asking (account_id, minute, asked, beyond)
VALUES (%(account)s::bigint, date_trunc('minute', %(at)s::timestamptz), 1, 0)
ON CONFLICT (account_id, minute) DO UPDATE
   SET asked = capacity_asking.asked + 1,
       beyond = capacity_asking.beyond + (capacity_asking.asked >= %(limit)s::int)::int
RETURNING asked
"""


class Hoarder(NamedTuple):
    """An account that asked beyond the limit: how often, in how many minutes."""

    account_id: int
    beyond: int
    minutes: int


def note_asking(account_id: int, *, at: datetime) -> None:
    """Count an account's request for a seat; refuse it, and keep that it came, when there were too many this minute.

    To be called before anything is read, outside the transaction of the booking: what is refused is counted all the same.
    """
    asked = {"account": account_id, "at": at, "limit": number("asks_a_minute", at)}
    if run(_ASKED, asked)[0][0] > asked["limit"]:
        raise Refused(TOO_MANY, seconds=60 - at.second)


def hoarders(since: datetime, until: datetime, *, limit: int = 100) -> list[Hoarder]:
    """Who asked beyond the limit in this time, the most first: for an officer to look at."""
    rows = Asking.objects.filter(minute__gte=since, minute__lt=until, beyond__gt=0).values("account_id")
    counted = rows.annotate(times=Sum("beyond"), minutes=Count("minute")).order_by("-times", "account_id")[:limit]
    return [Hoarder(row["account_id"], row["times"], row["minutes"]) for row in counted]


def keep_within(person_id: int, household_id: int | None, *, kind: str, session_id: int, at: datetime) -> None:
    """Refuse a booking beyond what a person may have ahead of a kind, or a household in one session.

    Within the transaction that books: until it ends, nobody else books for the same person or household.
    """
    _one_at_a_time(f"capacity/person/{person_id}")
    ahead = Booking.objects.filter(
        person_id=person_id, kind=kind, status__in=(*HAS_A_SEAT, BookingStatus.WAITLIST), session__ends_at__gt=at
    )
    if ahead.count() >= number("of_a_person", at):
        raise Refused(TOO_MANY_BOOKINGS, count=number("of_a_person", at))
    if household_id is None:
        return
    _one_at_a_time(f"capacity/household/{household_id}")
    together = Booking.objects.filter(session_id=session_id, household_id=household_id, status__in=HAS_A_SEAT)
    if together.count() >= number("of_a_household", at):
        raise Refused(TOO_MANY_OF_HOUSEHOLD, count=number("of_a_household", at))


def _one_at_a_time(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
