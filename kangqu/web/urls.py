"""The frame's own addresses; the site includes them at its root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from kangqu.web import gallery, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("look", pages.look, name="look"),
    path("dev/ui", gallery.components, name="components"),
    path("c/sw.js", pages.offline_worker, name="offline-worker"),
]
