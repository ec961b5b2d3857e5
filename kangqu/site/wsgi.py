"""What the web server calls."""

from __future__ import annotations

import os
import select
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")
_django = get_wsgi_application()
request_started.disconnect(close_old_connections)  # done when a request ends
request_started.disconnect(reset_queries)


def let_go_of_dead_connections(**_signal: Any) -> None:
    """Close this thread's connections whose server went away: nobody has asked it anything, and yet it has spoken."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and _has_spoken(connection.connection):
            connection.close()


def _has_spoken(raw: Any) -> bool:
    try:
        poll = select.poll()
        poll.register(raw.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except Exception:  # noqa: BLE001 - a connection that is closed has no number
        return True


request_started.connect(let_go_of_dead_connections)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django's answer; one that is whole is handed over whole, so that the server sends it at once with its length."""
    response = _django(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    body = [response.content]
    response.close()
    return body
