"""Every page of casework."""

from __future__ import annotations

from kangqu.systems.casework import (
    case_pages,
    document_pages,
    event_pages,
    find_pages,
    own_pages,
    step_pages,
    task_pages,
)

urlpatterns = [
    *task_pages.urlpatterns,
    *find_pages.urlpatterns,
    *case_pages.urlpatterns,
    *step_pages.urlpatterns,
    *document_pages.urlpatterns,
    *own_pages.urlpatterns,
    *event_pages.urlpatterns,
]
