"""Every page of appointments."""

from __future__ import annotations

from kangqu.systems.appointments.booking import announce_pages, calendar_pages, desk_pages, draw_pages
from kangqu.systems.appointments.booking import pages as booking
from kangqu.systems.appointments.care import pages as care
from kangqu.systems.appointments.day import doctor_pages, hall_pages, own_pages
from kangqu.systems.appointments.finding import pages as finding
from kangqu.systems.appointments.noshow import pages as noshow
from kangqu.systems.appointments.rosters import pages as rosters
from kangqu.systems.appointments.stopping import pages as stopping
from kangqu.systems.appointments.views import pages as views

urlpatterns = [
    *care.urlpatterns,
    *doctor_pages.urlpatterns,
    *hall_pages.urlpatterns,
    *own_pages.urlpatterns,
    *finding.urlpatterns,
    *calendar_pages.urlpatterns,  # before the pages of one appointment, whose codes its address looks like
    *noshow.urlpatterns,
    *booking.urlpatterns,
    *draw_pages.urlpatterns,
    *announce_pages.urlpatterns,
    *desk_pages.urlpatterns,
    *stopping.urlpatterns,  # before a clinic, whose address its looks like
    *rosters.urlpatterns,
    *views.urlpatterns,
]
