"""Every page of the administration."""

from __future__ import annotations

from kangqu.systems.administration import emergency_pages, home_pages, places_pages, staff_pages, trace_pages

urlpatterns = [
    *home_pages.urlpatterns,
    *places_pages.urlpatterns,
    *staff_pages.urlpatterns,
    *trace_pages.urlpatterns,
    *emergency_pages.urlpatterns,
]
