"""``python -m docs.screenshots`` (``make screenshots``): pictures of the running product for the READMEs.

Starts the demo in a folder of its own, signs in through the real pages, keeps the pictures in ``docs/images``.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import ARGUMENTS, chromium_here

IMAGES = Path(__file__).parent / "images"
_WAIT_SECONDS = 300


def main() -> int:
    """Make every picture; the exit code is 0 when all were made."""
    IMAGES.mkdir(exist_ok=True)
    home, port = tempfile.mkdtemp(prefix="kangqu-pictures-"), _free_port()
    environment = {**os.environ, "KANGQU_HOME": home, "KANGQU_PORT": str(port), "KANGQU_DATABASE_URL": ""}
    log = Path(home) / "demo.log"
    with log.open("w") as said:
        demo = subprocess.Popen(
            [Path(sys.executable).parent / "kangqu", "demo", "--people", "2000"],
            env=environment,
            stdout=said,
            stderr=said,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health/ready", demo)
        with sync_playwright() as engine:
            browser = engine.chromium.launch(executable_path=chromium_here(), args=ARGUMENTS)
            _pictures(browser, f"http://127.0.0.1:{port}", log.read_text())
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)
        shutil.rmtree(home, ignore_errors=True)
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, demo: subprocess.Popen[bytes]) -> None:
    for _ in range(_WAIT_SECONDS):
        if demo.poll() is not None:
            raise SystemExit("the demo stopped before it was ready")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own demo
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    raise SystemExit("the demo was not ready in time")


def _pictures(browser: Browser, site: str, said: str) -> None:
    phone = re.findall(r"resident\s+(1\d{10})", said)[0]
    with browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", device_scale_factor=2) as context:
        page = _sign_in_resident(context, site, phone)
        _keep(page, f"{site}/h/code", "code")
        context.add_cookies([{"name": "kq-mode", "value": "elder", "url": site}])
        _keep(page, f"{site}/h/code", "code-elder")
    for role, pictures in (
        ("registrar", (("/c", "work"), ("/c/p?q=王", "residents"), ("/c/import", "import"))),
        ("audit-admin", (("/a/audit", "trace"),)),
        ("system-admin", (("/a/orgs", "institutions"), ("/a/system", "system"))),
    ):
        with browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN") as context:
            page = _sign_in_staff(context, site, role, said)
            for path, name in pictures:
                _keep(page, site + path, name)


def _keep(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(IMAGES / f"{name}.png"))


def _sign_in_resident(context: BrowserContext, site: str, phone: str) -> Page:
    page, telephone = context.new_page(), context.new_page()
    page.goto(f"{site}/sign-in?next=/h")
    page.fill("input[type=tel]", phone)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for _ in range(60):
        telephone.goto(f"{site}/demo/codes")
        found = re.search(r"验证码 (\d{6})", telephone.inner_text("main"))
        if found:
            break
        time.sleep(1)
    else:
        raise SystemExit("the demo's telephone did not ring")
    page.fill("input[autocomplete=one-time-code]", found.group(1))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    if "/sign-in/who" in page.url:
        with page.expect_navigation():
            page.click("main button")
    return page


def _code(secret: str) -> str:
    """The one-time code an authenticator shows now (RFC 6238: SHA-1, six digits, 30 seconds)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    totp = TOTP(key, 6, SHA1(), 30, enforce_key_length=False)  # noqa: S303
    return totp.generate(int(time.time())).decode()


def _sign_in_staff(context: BrowserContext, site: str, username: str, said: str) -> Page:
    found = re.search(rf"\s*{username}\s+(\S+)\s+TOTP (\w+)", said)
    if found is None:
        raise SystemExit(f"the demo printed no login for {username}")
    page = context.new_page()
    page.goto(f"{site}/sign-in/staff")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", found.group(1))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.fill("input[autocomplete=one-time-code]", _code(found.group(2)))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page


if __name__ == "__main__":
    sys.exit(main())
