"""Every page of the administration."""

from __future__ import annotations

from kangqu.systems.administration import places_pages, trace_pages

urlpatterns = [*places_pages.urlpatterns, *trace_pages.urlpatterns]
