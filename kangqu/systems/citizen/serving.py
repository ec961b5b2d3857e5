"""What every page of the residents' portal has in common."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Viewer
from kangqu.systems.citizen.looks import look_again
from kangqu.web.serving import serves

RNG: Final = random.SystemRandom()
"""Where the numbers of new cards come from."""


def asked_for(request: HttpRequest) -> str:
    """The public code of the one a page is asked for (``?for=``); empty for the resident herself."""
    return request.GET.get("for", "")[:40]


def address(name: str, *arguments: object, who: str) -> str:
    """The address of a page for ``who`` (empty: for oneself)."""
    return reverse(name, args=arguments) + (f"?{urlencode({'for': who})}" if who else "")


def resident_page(operation: Operation) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Serve a page to the resident herself: in the look she chose, and kept by no browser or proxy on the way.

    An account that is bound to nobody yet is led to real-name registration.
    """

    def bind(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, viewer: Viewer, **kwargs: Any) -> HttpResponse:
            if viewer.person_id is None:
                return render(request, "citizen/unverified.html", {}, status=403)
            again = look_again(request, language=viewer.language, large_type=viewer.large_type)
            response = again or view(request, *args, viewer=viewer, **kwargs)
            response.setdefault("Cache-Control", "no-store")
            return response

        return serves(operation)(page)

    return bind
