"""Every page of the population desk."""

from __future__ import annotations

from kangqu.systems.population import import_pages, residents_pages, review_pages

urlpatterns = [*residents_pages.urlpatterns, *review_pages.urlpatterns, *import_pages.urlpatterns]
