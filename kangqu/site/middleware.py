"""What the house does around every request: measure it, write one line about it, spare programs what only pages need."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from kangqu.site.logs import write_request
from kangqu.site.metrics import REQUESTS, SECONDS

Answer = Callable[[HttpRequest], HttpResponse]

FOR_PROGRAMS: Final = ("/api/", "/fhir/", "/health/", "/metrics")


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
        route = route_of(request)
        method = request.method if request.method in _METHODS else "OTHER"
        REQUESTS.labels(route, method, response.status_code).inc()
        SECONDS.labels(route).observe(seconds)
        write_request(
            request=getattr(request, "number", ""),
            route=route,
            method=method,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            account=_account(request),
        )
        return response


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, such as ``api/v1/residents/<str:code>``; never the address."""
    match = request.resolver_match
    return match.route if match else "none"


def _account(request: HttpRequest) -> int | None:
    viewer = getattr(request, "_viewer", None)
    return getattr(viewer, "account_id", None)


def for_pages(path: str) -> Callable[[Answer], Any]:
    """The middleware at ``path``, for pages only: a request of a program goes past it."""

    def build(answer: Answer) -> Any:
        return _ForPages(import_string(path), answer)

    return build


class _ForPages:
    def __init__(self, middleware: Callable[[Answer], Any], answer: Answer) -> None:
        self._answer = answer
        self._middleware = middleware(answer)
        # Django looks the hooks up by name; those the middleware has are there, and skip programs as well.
        for hook in ("process_view", "process_exception", "process_template_response"):
            if hasattr(self._middleware, hook):
                setattr(self, hook, self._hook(getattr(self._middleware, hook), keeps=hook.endswith("response")))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request) if is_for_programs(request) else self._middleware(request)

    @staticmethod
    def _hook(function: Callable[..., Any], *, keeps: bool) -> Callable[..., Any]:
        def hook(request: HttpRequest, *arguments: Any) -> Any:
            if is_for_programs(request):
                return arguments[0] if keeps else None
            return function(request, *arguments)

        return hook


Sessions = for_pages("django.contrib.sessions.middleware.SessionMiddleware")
Languages = for_pages("django.middleware.locale.LocaleMiddleware")
Common = for_pages("django.middleware.common.CommonMiddleware")
Forgery = for_pages("django.middleware.csrf.CsrfViewMiddleware")
Accounts = for_pages("django.contrib.auth.middleware.AuthenticationMiddleware")
Fragments = for_pages("django_htmx.middleware.HtmxMiddleware")
Messages = for_pages("django.contrib.messages.middleware.MessageMiddleware")
ContentPolicy = for_pages("csp.middleware.CSPMiddleware")
Framing = for_pages("django.middleware.clickjacking.XFrameOptionsMiddleware")
