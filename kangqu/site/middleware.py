"""What the house does around every request: measure it, write one line about it, spare programs what only pages need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from kangqu.site.logs import write_requests
from kangqu.site.metrics import REQUESTS, SECONDS

Answer = Callable[[HttpRequest], HttpResponse]

FOR_PROGRAMS: Final = ("/api/", "/fhir/", "/health", "/metrics")


def is_for_programs(request: HttpRequest) -> bool:
    """Whether the path is one that programs call: no session, no language of a page, no form to forge."""
    return request.path_info.startswith(FOR_PROGRAMS)


class SeeRequests:
    """Counts and times every request by its route, and logs it: never its path, query, body or who it is about."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self._answer(request)
        seconds = time.perf_counter() - began
        method = request.method if request.method in _METHODS else "OTHER"
        number, status = getattr(request, "number", ""), response.status_code
        note_requests([Seen(number, route_of(request), method, status, seconds, _account(request))])
        return response


class Seen(NamedTuple):
    """What is kept of an answered request: its number, route, method and status, the seconds it took, who asked."""

    number: str
    route: str
    method: str
    status: int
    seconds: float
    account: int | None = None


def note_requests(answered: Iterable[Seen]) -> None:
    """Count, time and log answered requests."""
    lines = []
    for each in answered:
        REQUESTS.labels(each.route, each.method, each.status).inc()
        SECONDS.labels(each.route).observe(each.seconds)
        facts: dict[str, Any] = {"request": each.number, "route": each.route, "method": each.method}
        lines.append(facts | {"status": each.status, "ms": round(each.seconds * 1000, 1), "account": each.account})
    write_requests(lines)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, such as ``api/v1/residents/<str:code>``; never the address."""
    match = request.resolver_match
    return match.route if match else "none"


def _account(request: HttpRequest) -> int | None:
    viewer = getattr(request, "_viewer", None)
    return getattr(viewer, "account_id", None)


class ForPages:
    """The middleware of ``KANGQU_PAGE_MIDDLEWARE``, one inside the other as Django builds them, for pages only."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._views: list[Callable[..., HttpResponse | None]] = []
        page: Answer = answer
        for path in reversed(settings.KANGQU_PAGE_MIDDLEWARE):
            middleware = import_string(path)(page)
            if hasattr(middleware, "process_exception") or hasattr(middleware, "process_template_response"):
                raise ImproperlyConfigured(f"{path} has a hook that is not called here")
            if hasattr(middleware, "process_view"):
                self._views.insert(0, middleware.process_view)
            page = cast(Answer, convert_exception_to_response(middleware))
        self._page = page

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request) if is_for_programs(request) else self._page(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """The first answer that one of them gives before the view is called."""
        if is_for_programs(request):
            return None
        return next((answer for each in self._views if (answer := each(request, *view)) is not None), None)
