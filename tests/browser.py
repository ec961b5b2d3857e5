"""A real browser on real pages: the server in this process, Chromium from this machine, axe to look over both.

Loaded as a plugin. A test asks for ``site`` (the address of a running server on the test database) and ``browser``
(Playwright's), or for ``open_page`` which gives pages that refuse every other host and fail on any script error.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same engine without the windows around it: half the work for each page."""
ARGUMENTS = [
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host: routes would switch off the cache
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
]


WATCH_THE_BAR = """
window.bars = []; addEventListener('DOMContentLoaded', () => { const bar = document.querySelector('.top,.bar');
  const look = () => ['on-ok', 'on-bad'].forEach(on => { if (bar.classList.contains(on)) bars.push(on) });
  if (bar) { look(); new MutationObserver(look).observe(bar, {attributes: true, attributeFilter: ['class']}) } })
"""
"""The bar shows a colour for a second only: a page keeps in ``bars`` what it has shown, however slow who asks is."""


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        from django.db import connections

        super().process_request_thread(request, client_address)
        connections.close_all()  # a thread serves one request


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not printed."""


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    """The address of the whole site, served by threads of this process."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    settings.KANGQU_DEVELOPMENT = True
    with make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
    connections.close_all()


def chromium_here() -> str | None:
    """The Chromium of this machine, if it has one."""
    named = os.environ.get("KANGQU_CHROMIUM")
    return named or next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the run: this machine's, else Playwright's own, else the tests are skipped and say so."""
    with contextlib.ExitStack() as stack:
        try:
            engine = stack.enter_context(sync_playwright())
            started = engine.chromium.launch(executable_path=chromium_here(), args=ARGUMENTS)
        except (Error, OSError) as trouble:
            pytest.skip(f"NO BROWSER: install chromium to see the pages tested ({str(trouble).splitlines()[0]})")
        stack.callback(started.close)
        # The engine keeps an event loop on this thread; Django would take it for asynchronous code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield started


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """``open_page("/h", width=390, cookies={…})``: a page in a context of its own.

    Requests to any other host are refused; a script error, or a break of the content policy, fails the test.
    """
    contexts = []
    wrong: list[str] = []

    def open_page(
        path: str,
        *,
        width: int = 390,
        height: int = 844,
        language: str = "zh-CN",
        cookies: dict[str, str] | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language, **options)
        contexts.append(context)
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in (cookies or {}).items()])
        context.add_init_script(WATCH_THE_BAR)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(site + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def until(page: Page, asked: str, expected: object) -> None:
    """Ask the page again and again, for up to 20 s, until the answer (a promise's value too) is the expected one.

    ``wait_for_function`` takes a promise for true before it is kept.
    """
    for _ in range(200):
        if page.evaluate(asked) == expected:
            return
        page.wait_for_timeout(100)
    assert page.evaluate(asked) == expected


def in_outbox(page: Page, n: int) -> None:
    """Wait until the outbox of the device holds ``n`` rows."""
    until(page, "() => new Promise(ok => KQ.outbox.all(rows => ok(rows.length)))", n)


GUN = """
(text, end = true) => { for (const c of text + (end ? '\\n' : '')) {
  const code = c === '\\n' ? 'Enter' : /[0-9]/.test(c) ? 'Digit' + c : c === '-' ? 'Minus' : c === '.' ? 'Period' : 'Key' + c;
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {code, key: 'Process', bubbles: true, cancelable: true})); } }
"""
"""A scan gun: physical keys in quick succession (an input method takes their signs), then Enter."""


def scan(page: Page, code: str) -> None:
    """As a scan gun does, on the page as it stands."""
    page.evaluate("() => { bars.length = 0 }")
    page.evaluate(GUN, code)


def bar_turned(page: Page, on: str) -> None:
    """Wait until the bar has turned green (``on-ok``) or red (``on-bad``) since the last scan, and never the other."""
    page.wait_for_function("() => bars.length")
    assert set(page.evaluate("() => bars")) == {on}


AXE = """
(options) => axe.run(document, options).then(r => r.violations.map(v =>
  v.id + ': ' + v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + (n.any[0] ? n.any[0].message : n.failureSummary)).join(' | ')))
"""


def axe_violations(page: Page, *, enhanced: bool = False) -> list[str]:
    """What axe-core finds wrong (WCAG 2.0–2.2 A and AA, best practice; ``enhanced`` adds the 7:1 contrast of the elder mode)."""
    import axe_playwright_python

    # Nothing under a fixed bar: what a bar hides at this scroll is not what a person cannot reach.
    width = page.evaluate("() => innerWidth")
    page.set_viewport_size(
        {"width": width, "height": page.evaluate("() => document.documentElement.scrollHeight + 200")}
    )
    if not page.evaluate("() => !!window.axe"):
        page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    rules = {"target-size": {"enabled": True}, "color-contrast-enhanced": {"enabled": enhanced}}
    only = {"type": "tag", "values": tags}
    return page.evaluate(AXE, {"runOnly": only, "rules": rules, "resultTypes": ["violations"]})


SMALL = """
(least) => Array.from(document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')).filter(n => {
  const style = getComputedStyle(n); if (style.visibility === 'hidden' || n.closest('.sr,.skip')) return false;
  const box = (n.type === 'checkbox' || n.type === 'radio') && n.closest('label') ? n.closest('label').getBoundingClientRect() : n.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && (box.height < least - 0.5 || box.width < Math.min(least, 44) - 0.5);
}).map(n => n.outerHTML.slice(0, 120) + ' ' + Math.round(n.getBoundingClientRect().width) + 'x' + Math.round(n.getBoundingClientRect().height))
"""


def small_targets(page: Page, least: int) -> list[str]:
    """Things to tap that are smaller than ``least`` pixels."""
    return page.evaluate(SMALL, least)


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")


TINY = """
(least) => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []; let n;
  while ((n = walk.nextNode())) { const e = n.parentElement; if (!n.textContent.trim() || !e.offsetParent || e.closest('.sr,svg,.lb,.card,script')) continue;
    if (parseFloat(getComputedStyle(e).fontSize) < least - 0.01) found.push(e.tagName + '.' + e.className + ' ' + n.textContent.trim().slice(0, 20)); }
  return found; }
"""


def tiny_text(page: Page, least: float) -> list[str]:
    """Text smaller than ``least`` pixels."""
    return page.evaluate(TINY, least)
