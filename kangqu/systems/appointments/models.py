"""The nouns the kernel lacks: what is told of a booking, an appeal against a miss, a calendar that follows one's appointments, and
who came, is called and seen."""

from __future__ import annotations

from kangqu.systems.appointments.booking.models import Feed, News
from kangqu.systems.appointments.care.models import Episode, HandOver
from kangqu.systems.appointments.day.models import Call, Numbering, Post, Visit
from kangqu.systems.appointments.noshow.models import Appeal

__all__ = ["Appeal", "Call", "Episode", "Feed", "HandOver", "News", "Numbering", "Post", "Visit"]
