"""Every page of appointments."""

from __future__ import annotations

from kangqu.systems.appointments.booking import pages as booking
from kangqu.systems.appointments.finding import pages as finding

urlpatterns = [
    *finding.urlpatterns,
    *booking.urlpatterns,
]
