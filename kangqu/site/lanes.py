"""Before the framework: what may be answered in a lane (``kangqu.web.lanes``) is taken out of the stream of requests."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final
from wsgiref.types import WSGIEnvironment

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware

from kangqu.kernel.basis.together import Together
from kangqu.site.connections import let_go_of_dead_connections
from kangqu.site.middleware import Seen, note_requests
from kangqu.web.api import api
from kangqu.web.lanes import LANES, MOST_BYTES, Arrived, Lane, arrived

_log: Final = structlog.get_logger("kangqu.lanes")

Reply = tuple[str, list[tuple[str, str]], bytes]
"""Status line, headers and body of an answer, as WSGI hands them on."""

_Together = Together[Arrived, Reply | None]


def answer_in_lane(environ: WSGIEnvironment) -> Reply | None:
    """The answer to a request that has a lane and is plain enough for it; None leaves it to the framework, unread."""
    together = _lanes().get(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
    if together is None or environ.get("QUERY_STRING") or not _secure(environ):
        return None
    body = _small_body(environ)
    if body is None:
        return None
    try:
        return together.ask(arrived(environ, body))
    except Exception:  # noqa: BLE001 - the framework meets the same and has an answer for it
        _log.warning("lane_failed", exc_info=True)
        return None


@lru_cache(maxsize=1)
def _lanes() -> dict[str, _Together]:
    """The lanes of the installed systems, by path."""
    api()  # the systems' calls are declared with it
    return {path: Together(partial(_answer, path.lstrip("/"), lane)) for path, lane in LANES.items()}


def _answer(route: str, lane: Lane, lot: Sequence[Arrived]) -> list[Reply | None]:
    let_go_of_dead_connections()
    responses = lane.answer_all(lot)
    ended = time.perf_counter()
    note_requests(
        Seen(came.number, route, "POST", response.status_code, ended - came.began)
        for came, response in zip(lot, responses, strict=True)
        if response is not None
    )
    return [_reply(response, came.number) for came, response in zip(lot, responses, strict=True)]


def _reply(response: HttpResponse | None, number: str) -> Reply | None:
    if response is None:
        return None
    headers = _headers() | dict(response.items()) | {"X-Request-Id": number}
    return f"{response.status_code} {response.reason_phrase}", list(headers.items()), response.content


def _small_body(environ: WSGIEnvironment) -> bytes | None:
    """The body, if it is small; whoever reads it again finds it again."""
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdigit()) or int(length) > MOST_BYTES:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


_FORWARDED: Final = "HTTP_X_FORWARDED_PROTO"


def _secure(environ: WSGIEnvironment) -> bool:
    """Whether the framework would answer here, instead of leading to the address behind TLS."""
    return not settings.SECURE_SSL_REDIRECT or environ.get(_FORWARDED) == "https"


@lru_cache(maxsize=1)
def _headers() -> dict[str, str]:
    """What the framework's middleware adds to every answer of a call."""
    asked = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": io.BytesIO(), _FORWARDED: "https"}
    response = SecurityMiddleware(lambda _: HttpResponse()).process_response(WSGIRequest(asked), HttpResponse())
    return dict(response.items())
