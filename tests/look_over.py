"""Looking a page over as people see it: phone and desk, Chinese and English, light, dark and elder mode."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser import axe_violations, scrolls_sideways, small_targets, tiny_text

STAFF = ((320, "zh-hans", ""), (390, "en", ""), (1440, "zh-hans", ""), (1440, "en", "dark"))
RESIDENT = ((320, "en", ""), (390, "zh-hans", ""), (390, "zh-hans", "elder"), (1440, "en", "dark"))


def look_over(
    open_page: Callable[..., Page],
    path: str,
    *,
    cookies: dict[str, str] | None = None,
    views: Iterable[tuple[int, str, str]] = STAFF,
    least_target: int = 24,
) -> None:
    """Open ``path`` in every view and assert what holds for every page.

    Nothing axe finds (WCAG 2.2 A and AA; 7:1 contrast in elder mode), no sideways scroll, nothing to tap that is too
    small, no tiny text. With ``KANGQU_SHOTS`` set to a folder a screenshot of each view is kept there.
    """
    for width, language, mode in views:
        wanted = {"kq-mode": mode} if mode == "elder" else {"kq-theme": mode} if mode else {}
        page = open_page(path, width=width, cookies={**(cookies or {}), **_language(language), **wanted})
        where = f"{path} at {width}px {language} {mode}"
        keep_picture(
            page,
            f"{path.strip('/').replace('/', '_').partition('?')[0] or 'home'}-{width}-{language}{'-' + mode if mode else ''}",
        )
        elder = mode == "elder"
        target = max(60 if elder else 0, 44 if views is RESIDENT else 0, least_target)
        assert not scrolls_sideways(page), where
        found = small_targets(page, target)
        assert found == [], f"{where}: {found}"
        found = tiny_text(page, 18 if elder else 14 if width < 600 else 12)
        assert found == [], f"{where}: {found}"
        found = axe_violations(page, enhanced=elder)
        assert found == [], f"{where}: {found}"
        page.context.close()


def _language(language: str) -> dict[str, str]:
    from django.conf import settings

    return {settings.LANGUAGE_COOKIE_NAME: language}


def keep_picture(page: Page, name: str) -> None:
    """Keep a screenshot where ``KANGQU_SHOTS`` says, for somebody to look at."""
    folder = os.environ.get("KANGQU_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def cookies_of(client: Any) -> dict[str, str]:
    """The session of Django's test client, for a browser."""
    return {name: morsel.value for name, morsel in client.cookies.items()}
