"""What every request carries: the instant it began and a number to find it by."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.basis.refusals import Refused
from kangqu.web.pages import refused_page

Answer = Callable[[HttpRequest], HttpResponse]


class RequestFacts:
    """Asks the clock once for the whole request and names the request."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = system_clock()  # type: ignore[attr-defined]
        request.number = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = self._answer(request)
        response["X-Request-Id"] = request.number  # type: ignore[attr-defined]
        return response


class Refusals:
    """A refusal that no form caught becomes a page in words. The API answers its own."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refused_page(request, exception) if isinstance(exception, Refused) else None


def instant_of(request: HttpRequest) -> datetime:
    """When the request began."""
    return request.at  # type: ignore[attr-defined]
