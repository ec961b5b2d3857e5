"""What every resident's page of appointments has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Viewer
from kangqu.web.frame import PORTALS
from kangqu.web.serving import serves

View = Callable[..., HttpResponse]
LONGEST_KEY: Final = 40


def resident_page(operation: Operation) -> Callable[[View], View]:
    """Serve a page to the resident: kept by nobody on the way; an account bound to nobody begins at the first page."""

    def bind(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, viewer: Viewer, **kwargs: Any) -> HttpResponse:
            if viewer.person_id is None:
                return redirect(PORTALS["h"].home)
            response = view(request, *args, viewer=viewer, **kwargs)
            response.setdefault("Cache-Control", "no-store")
            return response

        return serves(operation)(page)

    return bind


def asked_for(request: HttpRequest) -> str:
    """The public code of the one a page is asked for (``for``); empty for the resident herself."""
    return (request.POST.get("for") or request.GET.get("for", ""))[:40]


def request_key(request: HttpRequest, viewer: Viewer) -> str:
    """The form's own key: two clicks send the same one."""
    given = "".join(each for each in request.POST.get("key", "")[:LONGEST_KEY] if each.isascii() and each.isalnum())
    return f"page/{viewer.account_id}/{given or request.number}"  # type: ignore[attr-defined]


def address(name: str, *arguments: object, **query: object) -> str:
    """The address of a page; what is empty of ``query`` is left out."""
    said = urlencode({key: value for key, value in query.items() if value})
    return reverse(name, args=arguments) + (f"?{said}" if said else "")


def number_in(text: str) -> int | None:
    """A whole number of the database's in a query; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63 else None
