"""What the web server calls."""

from __future__ import annotations

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries
from django.http import HttpResponse

from kangqu.site.connections import let_go_of_dead_connections
from kangqu.site.fresh import keep_policies_fresh

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")
_django = get_wsgi_application()

from kangqu.site.lanes import answer_in_lane  # noqa: E402 - its models can be had only now

for _signal in (request_started, request_finished):
    _signal.disconnect(close_old_connections)
request_started.disconnect(reset_queries)
request_finished.disconnect(close_caches)  # no cache of ours holds a connection of its own
request_finished.disconnect(reset_urlconf)  # every request sets it when it begins
request_started.connect(let_go_of_dead_connections)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A lane's answer or Django's; one that is whole is handed over whole, so that the server sends it at once with its length."""
    keep_policies_fresh()
    answered = answer_in_lane(environ)
    if answered is not None:
        status, headers, content = answered
        start_response(status, headers)
        return [content]
    response = _django(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    body = [response.content]
    response.close()
    return body
