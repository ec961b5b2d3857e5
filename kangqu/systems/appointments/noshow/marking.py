"""Every night: whoever was booked for a day that is over and never came is noted as missed, and told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.booking import give_back
from kangqu.kernel.capacity.models import Booking, BookingStatus, SessionState
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.kind import APPOINTMENT

WHY: Final = "没有到"
_BACK: Final = timedelta(days=14)


def mark_missed(*, by: Actor, at: datetime, most: int = 20_000) -> int:
    """Note who did not come on days that are over, one transaction each; how many. Goes on where it was killed.

    Of a stopped session nobody is missed. What is held or waited for is not booked and does not count.
    """
    today = city_day(at)
    due = Booking.objects.filter(
        kind=APPOINTMENT.code, status=BookingStatus.BOOKED, session__day__lt=today, session__day__gte=today - _BACK,
        session__state=SessionState.OPEN,
    ).exclude(Q(slot=None))  # fmt: skip
    marked = 0
    for person_id, booking_id in list(due.values_list("person_id", "id")[:most]):
        try:
            with transaction.atomic():
                booked = Booking.objects.select_for_update().filter(
                    person_id=person_id, id=booking_id, status=BookingStatus.BOOKED, day__lt=today
                )
                if booked.exists():
                    give_back(person_id, booking_id, by=by, at=at, why=WHY, noshow=True)
                    marked += 1
        except Refused:  # came, moved or cancelled meanwhile
            continue
    return marked
