"""The frame's own pages: the chosen look, refusals in words, the offline worker."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import path

from kangqu.kernel.basis.refusals import STALE, TOO_MANY, Refused
from kangqu.site.urls import urlpatterns as site_urls
from kangqu.web import pages
from kangqu.web.forms import draft_done


def raises(error: Exception):
    def view(request: HttpRequest):
        raise error

    return view


urlpatterns = [
    *site_urls,
    path("t/stale", raises(Refused(STALE))),
    path("t/many", raises(Refused(TOO_MANY, seconds=30))),
    path("t/forbidden", raises(PermissionDenied())),
    path("t/odd", raises(SuspiciousOperation())),
    path("t/broken", raises(RuntimeError("boom"))),
    path("t/form", lambda request: pages.bad_request(request)),
]
handler400 = "kangqu.web.pages.bad_request"
handler403 = "kangqu.web.pages.forbidden"
handler404 = "kangqu.web.pages.not_found"
handler500 = "kangqu.web.pages.broken"


@pytest.fixture
def web(settings, client: Client) -> Client:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/nowhere", 404, "KQ-1001"),
        ("/t/stale", 409, "KQ-1008"),
        ("/t/many", 429, "KQ-1004"),
        ("/t/forbidden", 403, "KQ-1002"),
        ("/t/odd", 400, "KQ-1910"),
        ("/t/broken", 500, "KQ-1912"),
        ("/look\x00", 404, "KQ-1001"),
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_refusals_are_pages(web: Client, settings, address: str, status: int, code: str, language: str) -> None:
    web.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = web.get(address)
    text = answer.content.decode()
    assert answer.status_code == status
    assert code in text
    assert "boom" not in text and "Traceback" not in text
    assert ("Go back" in text or "Home page" in text) if language == "en" else "回首页" in text


def test_too_many_says_when_again(web: Client) -> None:
    answer = web.get("/t/many")
    assert answer["Retry-After"] == "30"
    assert "30 秒" in answer.content.decode()


def test_an_expired_form_is_told_so(settings) -> None:
    settings.ROOT_URLCONF = __name__
    answer = Client(enforce_csrf_checks=True).post("/t/form")
    assert answer.status_code == 403
    assert "KQ-1911" in answer.content.decode()


def test_the_last_page_needs_nothing(rf: RequestFactory, monkeypatch) -> None:
    def fails(*args, **kwargs):
        raise RuntimeError("templates are gone")

    monkeypatch.setattr(pages, "render", fails)
    answer = pages.broken(rf.get("/x"))
    assert answer.status_code == 500
    assert "KQ-1912" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "cookie", "value"),
    [("mode=elder", "kq-mode", "elder"), ("theme=dark", "kq-theme", "dark"), ("size=xl", "kq-size", "xl"), ("language=en", "django_language", "en")],
)  # fmt: skip
def test_look_is_kept(client: Client, query: str, cookie: str, value: str) -> None:
    answer = client.get(f"/look?{query}&next=/h/code%3Fa%3D1")
    assert (answer.status_code, answer["Location"]) == (302, "/h/code?a=1")
    assert answer.cookies[cookie].value == value


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\\\\evil", ""]
)
def test_look_leads_nowhere_else(client: Client, to: str) -> None:
    assert client.get("/look", {"mode": "elder", "next": to})["Location"] == "/"


def test_unknown_looks_are_ignored(client: Client) -> None:
    answer = client.get("/look?mode=<script>&language=xx&size=9")
    assert not answer.cookies
    client.cookies["kq-mode"] = '"><script>'
    assert "<script>alert" not in client.get("/nowhere").content.decode()
    assert client.post("/look").status_code == 405


def test_policy_names_no_other_host(client: Client, settings) -> None:
    settings.KANGQU_DEVELOPMENT = True
    policy = client.get("/dev/ui")["Content-Security-Policy"]
    assert "http" not in policy and "unsafe" not in policy
    assert "'nonce-" in policy


def test_components_are_for_development(client: Client, settings) -> None:
    settings.KANGQU_DEVELOPMENT = False
    assert client.get("/dev/ui").status_code == 404


def test_offline_worker_keeps_the_shell(client: Client) -> None:
    answer = client.get("/c/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/c"
    assert "/static/kq/kq." in answer.content.decode()


def test_a_sent_draft_is_named(client: Client) -> None:
    from django.http import HttpResponse

    response = HttpResponse()
    draft_done(response, "visit:17")
    assert "kq_done" in response.cookies
