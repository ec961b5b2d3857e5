"""Appointments over the API."""

from __future__ import annotations

from ninja import Router

from kangqu.systems.appointments.booking.calls import router as booking
from kangqu.systems.appointments.day.calls import router as day
from kangqu.systems.appointments.rosters.calls import router as rosters

router = Router(tags=["appointments"])
router.add_router("", booking)
router.add_router("", rosters)
router.add_router("", day)
