"""The nouns the kernel lacks: what is told of a booking, an appeal against a miss, a calendar that follows one's appointments."""

from __future__ import annotations

from kangqu.systems.appointments.booking.models import Feed, News
from kangqu.systems.appointments.noshow.models import Appeal

__all__ = ["Appeal", "Feed", "News"]
