"""Draws whose entering has ended are drawn by the clock: nobody has to press anything, and nobody can press early."""

from __future__ import annotations

from datetime import datetime

from kangqu.kernel.capacity.models import Release
from kangqu.kernel.capacity.releases import hold_draw
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.booking.taking import KIND


def draw_due(*, by: Actor, at: datetime) -> int:
    """Draw every draw of clinics that has closed, one transaction each; how many. One that was drawn is drawn no more."""
    due = Release.objects.filter(kind=KIND, closes_at__lte=at, drawn_at=None).order_by("closes_at", "id")
    numbers = list(due.values_list("pk", flat=True)[:100])
    for number in numbers:
        hold_draw(number, at=at, by=by)
    return len(numbers)
