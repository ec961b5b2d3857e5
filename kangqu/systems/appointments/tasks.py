"""What the queue finds of appointments."""

from __future__ import annotations

from kangqu.systems.appointments.booking.tasks import draw_what_has_closed, remind_of_tomorrow, tell_what_is_new
from kangqu.systems.appointments.noshow.tasks import mark_missed_of_yesterday
from kangqu.systems.appointments.rosters.tasks import make_sessions
from kangqu.systems.appointments.stopping.tasks import rebook_session

__all__ = [
    "draw_what_has_closed",
    "make_sessions",
    "mark_missed_of_yesterday",
    "rebook_session",
    "remind_of_tomorrow",
    "tell_what_is_new",
]
