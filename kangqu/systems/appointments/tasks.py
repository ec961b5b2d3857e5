"""What the queue finds of appointments."""

from __future__ import annotations

from kangqu.systems.appointments.booking.tasks import remind_of_tomorrow, tell_what_is_new

__all__ = ["remind_of_tomorrow", "tell_what_is_new"]
