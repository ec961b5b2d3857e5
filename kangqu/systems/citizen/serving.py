"""What every page of the residents' portal has in common."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Viewer
from kangqu.systems.citizen.looks import look_again
from kangqu.systems.citizen.reads import Resident, self_or_ward
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

RNG: Final = random.SystemRandom()
"""Where the numbers of new cards come from."""


def asked_for(request: HttpRequest) -> str:
    """The public code of the one a page is asked for (``?for=``); empty for the resident herself."""
    return request.GET.get("for", "")[:40]


def address(name: str, *arguments: object, who: str, **query: str) -> str:
    """The address of a page for ``who`` (empty: for oneself); what is empty of ``query`` is left out too."""
    said = urlencode({key: value for key, value in {**query, "for": who}.items() if value})
    return reverse(name, args=arguments) + (f"?{said}" if said else "")


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose pages are read: ``resident``, who is the ``ward`` when she is a child in one's care and not oneself."""

    resident: Resident
    ward: Resident | None

    def address(self, name: str, *arguments: object, **query: str) -> str:
        """The address of a page that is about her as well."""
        return address(name, *arguments, who=self.ward.code if self.ward else "", **query)


def whose(request: HttpRequest, viewer: Viewer, *, action: str) -> Whose:
    """Whom the page is asked for, oneself or a ward; the look is noted as ``action``. Others are refused."""
    resident = self_or_ward(viewer, asked_for(request), at=instant_of(request), action=action)
    return Whose(resident, resident if resident.person_id != viewer.person_id else None)


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
