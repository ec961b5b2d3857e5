"""What the web server calls."""

from __future__ import annotations

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries
from django.http import HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")
_django = get_wsgi_application()
# Every request gives its connection back when it ends: there is none to look for when the next begins.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django's answer; one that is whole is handed over whole, so that the server sends it at once with its length."""
    response = _django(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    body = [response.content]
    response.close()
    return body
