"""What a person chose to see, kept by the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponseBase

_KEPT: Final = timedelta(days=365)


def keep_choice(request: HttpRequest, response: HttpResponseBase, name: str, value: str) -> None:
    """Let ``response`` set the cookie ``name`` for a year; an empty ``value`` takes it away."""
    age = int(_KEPT.total_seconds()) if value else 0
    response.set_cookie(name, value, max_age=age, samesite="Lax", secure=request.is_secure())
