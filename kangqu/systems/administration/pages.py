"""Every page of the administration."""

from __future__ import annotations

from kangqu.systems.administration import (
    consortia_pages,
    emergency_pages,
    home_pages,
    places_pages,
    policies_pages,
    served_pages,
    staff_pages,
    trace_pages,
    trial_pages,
)

urlpatterns = [
    *home_pages.urlpatterns,
    *places_pages.urlpatterns,
    *served_pages.urlpatterns,
    *consortia_pages.urlpatterns,
    *staff_pages.urlpatterns,
    *trace_pages.urlpatterns,
    *emergency_pages.urlpatterns,
    *trial_pages.urlpatterns,
    *policies_pages.urlpatterns,
]
