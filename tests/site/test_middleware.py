"""What stands around a request: programs go past what only pages need, and the log learns nothing about anybody."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from kangqu.site.logs import _Wordless, json_formatter
from kangqu.site.middleware import ForPages, is_for_programs, route_of

NUMBER = "370303199003074477"


@pytest.mark.parametrize(
    ("path", "programs"),
    [
        ("/api/v1/x", True),
        ("/fhir/R4/Patient", True),
        ("/health/live", True),
        ("/metrics", True),
        ("/", False),
        ("/apiary", False),
    ],
)
def test_programs_are_known_by_their_path(path, programs):
    assert is_for_programs(RequestFactory().get(path)) is programs


def test_a_program_has_no_session_and_a_page_has():
    seen = {}

    def answer(request):
        seen[request.path] = hasattr(request, "session")
        return HttpResponse()

    around = ForPages(answer)
    for path in ("/api/v1/x", "/somewhere"):
        around(RequestFactory().get(path))
    assert seen == {"/api/v1/x": False, "/somewhere": True}


def test_a_forged_form_is_refused_on_a_page_and_not_looked_for_in_a_program():
    around = ForPages(lambda request: HttpResponse())
    page, program = RequestFactory().post("/somewhere"), RequestFactory().post("/api/v1/x")
    for request in (page, program):
        request._dont_enforce_csrf_checks = False  # type: ignore[attr-defined]

    def view(request):
        return HttpResponse()

    refused = around.process_view(page, view, (), {})
    assert refused is not None and refused.status_code == 403
    assert around.process_view(program, view, (), {}) is None


def test_the_route_is_the_pattern_and_never_the_address():
    request = RequestFactory().get("/health/live")
    assert route_of(request) == "none"
    request.resolver_match = resolve("/health/live")
    assert route_of(request) == "health/live"


def _line(name: str, message: str, *values: object, exc_info: object = None) -> dict[str, object]:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, values, exc_info)  # type: ignore[arg-type]
    assert _Wordless().filter(record)
    return json.loads(json_formatter().format(record))


def test_a_library_keeps_its_words_and_loses_its_values():
    assert _line("django.request", "Not Found: %s", f"/residents/{NUMBER}")["event"] == "Not Found: %s"
    assert NUMBER[:6] not in json.dumps(_line("x", f"bad value {NUMBER}"))


def test_an_exception_keeps_its_kind_and_place_and_loses_its_message():
    try:
        raise ValueError(f"duplicate key ({NUMBER})")
    except ValueError:
        line = _line("django.request", "Internal Server Error: %s", "/x", exc_info=sys.exc_info())
    assert line["exception"] == "ValueError"
    assert "test_an_exception_keeps" in str(line["places"])
    assert NUMBER not in json.dumps(line)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "203.0.113.9", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer " + "t" * 20}, "203.0.113.9", 200),
        ({"Authorization": "Bearer " + "u" * 20}, "203.0.113.9", 404),
        ({"Authorization": "Bearer 令牌"}, "203.0.113.9", 404),
    ],
)
def test_figures_are_for_this_machine_or_the_token(headers, address, status, settings):
    settings.KANGQU_METRICS_TOKEN = "t" * 20
    assert Client(headers=headers, REMOTE_ADDR=address).get("/metrics").status_code == status


@pytest.mark.django_db
def test_health_says_what_is_there():
    assert Client().get("/health/live").json() == {"status": "ok"}
    ready = Client().get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "database": "ok", "migrations": "ok", "queue": "no worker"}
    assert Client().post("/health/live").status_code == 405
