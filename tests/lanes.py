"""A call as the web server hands it over: answered in a lane, or the ordinary way."""

from __future__ import annotations

import json
from typing import Any

from django.test import RequestFactory
from django.utils import timezone

from kangqu.kernel.access import identify
from kangqu.site import lanes
from kangqu.web.lanes import Arrived, arrived
from tests.code.test_api import post

Told = tuple[int, dict[str, str], dict[str, Any]]
"""Status, headers and body of an answer."""


def remember(token: str) -> None:
    """Have the device known, as after its first call."""
    assert identify.viewer_of_token(token, timezone.now(), remembered=True) is not None


def environ(
    path: str, token: str, body: Any, *, method: str = "POST", query: str = "", **headers: str
) -> dict[str, Any]:
    """What the web server makes of a request; ``body`` is bytes or becomes JSON."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = RequestFactory().generic(
        method, f"/api/v1/{path}", text, "application/json", headers={"Authorization": f"Bearer {token}"} | headers
    )
    return asked.environ | {"QUERY_STRING": query}


def arriving(path: str, token: str, body: Any) -> Arrived:
    """A request on its way into a lane."""
    came = environ(path, token, body)
    return arrived(came, came["wsgi.input"].read())


def is_left(path: str, token: str, body: Any, **how: str) -> bool:
    """Whether no lane answers the call."""
    return lanes.answer_in_lane(environ(path, token, body, **how)) is None


def laned(path: str, token: str, body: Any, **how: str) -> Told:
    """A lane's answer."""
    reply = lanes.answer_in_lane(environ(path, token, body, **how))
    assert reply is not None
    status, headers, content = reply
    return int(status.split()[0]), dict(headers), json.loads(content)


def ordinary(path: str, token: str, body: Any, **headers: str) -> Told:
    """The framework's answer."""
    answer = post(path, token, body, **headers)
    return answer.status_code, dict(answer.headers), answer.json()


def without_numbers(told: Told) -> Told:
    """An answer without what is each call's own."""
    status, headers, said = told
    own = ("X-Request-Id", "Content-Length")
    return status, {name: value for name, value in headers.items() if name not in own}, said | {"key": ""}
