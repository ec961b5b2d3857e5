"""The look a resident chose (elder mode, language) stays with her account and comes back on another device."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from kangqu.kernel.access.residents import keep_look
from kangqu.web.serving import viewer_of

_SHIPPED = "zh-hans"


def remember_look(sender: Any, request: HttpRequest, choice: dict[str, str], **_: Any) -> None:
    """Receiver of ``look_chosen``."""
    viewer = viewer_of(request)
    if viewer.is_resident:
        keep_look(
            viewer, language=choice.get("language"), large_type=choice["mode"] == "elder" if "mode" in choice else None
        )


def look_again(request: HttpRequest, *, language: str, large_type: bool) -> HttpResponse | None:
    """On a browser that does not know the account's look yet: the way to set it and come back."""
    if (
        request.method != "GET"
        or "X-KQ-Fragment" in request.headers
        or settings.SESSION_COOKIE_NAME not in request.COOKIES
    ):
        return None
    wanted = {}
    if large_type and "kq-mode" not in request.COOKIES:
        wanted["mode"] = "elder"
    if language != _SHIPPED and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        wanted["language"] = language
    return redirect(f"{reverse('look')}?{urlencode({**wanted, 'next': request.get_full_path()})}") if wanted else None
