"""``/health``, ``/health/live``, ``/health/ready``, ``/metrics``: for load balancers, supervisors and Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
from functools import lru_cache

from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from kangqu.site.metrics import figures
from kangqu.site.start import pending_migrations


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The database answers and its tables are this version's. The queue is told beside them: pages work without it."""
    parts = {"database": _database(), "migrations": "unknown", "queue": "unknown"}
    if parts["database"] == "ok":
        parts |= {"migrations": _migrations(), "queue": _queue()}
    fit = parts["database"] == parts["migrations"] == "ok"
    return JsonResponse({"status": "ok" if fit else "not ready", **parts}, status=200 if fit else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "unreachable"
    return "ok"


@lru_cache(maxsize=1)
def _seen_whole() -> bool:
    """Tables that were once this version's stay so while this process runs."""
    lacking, unknown = pending_migrations()
    if lacking or unknown:
        raise LookupError
    return True


def _migrations() -> str:
    try:
        _seen_whole()
    except LookupError:
        return "pending"
    return "ok"


def _queue() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 s'")
        (beating,) = cursor.fetchone()
    return "ok" if beating else "no worker"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for this machine itself or with the token in ``KANGQU_METRICS_TOKEN``; others find nothing here."""
    if not _may_measure(request):
        raise Http404
    return HttpResponse(figures(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_measure(request: HttpRequest) -> bool:
    token = settings.KANGQU_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # A proxy on this machine passes on strangers' requests: then the address says nothing.
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
