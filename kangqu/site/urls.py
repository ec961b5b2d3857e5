"""Every door of the house opens from here. A system adds its pages by ``urlpatterns`` in its ``pages.py``."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from kangqu.site import health, operator_pages
from kangqu.site.demo_page import demo_codes_page
from kangqu.site.systems import SYSTEMS
from kangqu.web import oauth
from kangqu.web.api import api


def _pages() -> list[URLPattern | URLResolver]:
    return [path("", include(f"{name}.pages")) for name in SYSTEMS if find_spec(f"{name}.pages") is not None]


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.ready),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", health.metrics),
    path("api/v1/", api().urls),
    path("oauth/token", oauth.token, name="oauth-token"),
    path("oauth/revoke", oauth.revoke, name="oauth-revoke"),
    path("demo/codes", demo_codes_page, name="demo-codes"),
    path("", include("kangqu.web.urls")),
    *operator_pages.urlpatterns,
    *_pages(),
]

handler400 = "kangqu.web.pages.bad_request"
handler403 = "kangqu.web.pages.forbidden"
handler404 = "kangqu.web.pages.not_found"
handler500 = "kangqu.web.pages.broken"
