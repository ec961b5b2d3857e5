"""Looking a page over as people see it: phone and desk, Chinese and English, light, dark and elder mode."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from playwright.sync_api import Page

from kangqu.kernel.capacity.models import Schedule
from kangqu.kernel.cases.models import Case
from kangqu.web.formats import masked_name
from tests.browser import axe_violations, scrolls_sideways, small_targets, tiny_text

View = tuple[int, str, str]
"""Width in pixels, language, and the look: "", dark or elder."""

STAFF: tuple[View, ...] = ((320, "zh-hans", ""), (390, "en", ""), (1440, "zh-hans", ""), (1440, "en", "dark"))
STAFF_PAIRS: tuple[tuple[View, ...], ...] = ((STAFF[0], STAFF[3]), (STAFF[1], STAFF[2]))
RESIDENT_PAIRS: tuple[tuple[View, ...], ...] = (
    ((320, "en", ""), (390, "zh-hans", "elder")),
    ((390, "zh-hans", "dark"), (320, "en", "elder")),
)
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_DESK = 960  # from this width on the menu stands beside the page, and a mouse is at hand


class Looker:
    """Somebody's browser, in which page after page is looked over."""

    def __init__(self, open_page: Callable[..., Page], cookies: dict[str, str]) -> None:
        self._open = open_page
        self._cookies = cookies
        self._site = ""
        self._pages: dict[tuple[str, str], Page] = {}

    def findings(
        self, path: str, view: View, *, act: Callable[[Page], None] | None = None, title: str = "", data: Any = None
    ) -> list[str]:
        """What is wrong with the page at ``path`` in ``view``, each with where it was seen."""
        width, language, mode = view
        page = self._at(path, view)
        if act is not None:
            act(page)
        keep_picture(page, re.sub(r"[^\w-]+", "_", f"{title or path}-{width}-{language}-{mode}").strip("_"))
        found = list(_wrong(page, width=width, mode=mode, desk=width >= _DESK))
        if language == "en" and data is not None:
            found += [f"not in English: {text}" for text in untranslated(page, data())]
        return [f"{title or path} at {width}px {language} {mode}: {each}" for each in found]

    def _at(self, path: str, view: View) -> Page:
        width, language, mode = view
        known = self._pages.get((language, mode))
        if known is not None:
            known.set_viewport_size({"width": width, "height": 844})
            known.goto(self._site + path)
            return known
        wanted = {"kq-mode": mode} if mode == "elder" else {"kq-theme": mode} if mode else {}
        cookies = {**self._cookies, settings.LANGUAGE_COOKIE_NAME: language, **wanted}
        page = self._pages[language, mode] = self._open(path, width=width, cookies=cookies)
        self._site = re.sub(r"(?<=[^/:])/.*", "", page.url)
        return page


def _wrong(page: Page, *, width: int, mode: str, desk: bool, least_target: int = 0) -> Iterable[str]:
    """Nothing axe finds (WCAG 2.2 A and AA; 7:1 contrast in elder mode), no sideways scroll, nothing to tap that is
    too small, no tiny text."""
    elder = mode == "elder"
    target = max(60 if elder else 24 if desk else 44, least_target)
    if scrolls_sideways(page):
        yield "scrolls sideways"
    yield from (f"under {target} px: {each}" for each in small_targets(page, target))
    yield from (f"tiny text: {each}" for each in tiny_text(page, 18 if elder else 12 if desk else 14))
    yield from axe_violations(page, enhanced=elder)


def look_over(
    open_page: Callable[..., Page],
    path: str,
    *,
    cookies: dict[str, str] | None = None,
    views: Iterable[View] = STAFF,
    least_target: int = 0,
) -> None:
    """Open ``path`` in every view and assert what holds for every page. ``KANGQU_SHOTS`` names a folder for pictures."""
    found = []
    for view in views:
        found += Looker(open_page, cookies or {}).findings(path, view)
    assert found == [], "\n".join(found)


TEXTS = """
() => { const seen = n => n && n.checkVisibility ? n.checkVisibility() : true, found = [document.title];
  const skip = 'script,style,svg,[aria-hidden=true],[lang]:not(html)';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); let n;
  while ((n = walk.nextNode())) if (n.textContent.trim() && !n.parentElement.closest(skip)) found.push(n.textContent.trim());
  document.querySelectorAll('[aria-label],[placeholder],[title],[data-l],[data-busy]').forEach(e => { if (!e.closest('[lang]:not(html)'))
    for (const a of ['aria-label', 'placeholder', 'title', 'data-l', 'data-busy']) if (e.getAttribute(a)) found.push(e.getAttribute(a)); });
  return Array.from(new Set(found)); }
"""


def untranslated(page: Page, data: list[str]) -> list[str]:
    """Chinese on an English page that is neither data of the city nor marked as another language."""
    left = []
    for text in page.evaluate(TEXTS):
        rest = text
        for word in data:
            if not _CHINESE.search(rest):
                break
            rest = rest.replace(word, "")
        if _CHINESE.search(rest):
            left.append(text[:80])
    return left


def data_words() -> list[str]:
    """Every Chinese text that stands in the database, the longest first: names, addresses, notes."""
    found = {"没有"}  # what a look searched for
    for model in apps.get_models():
        names = [
            each.attname
            for each in model._meta.concrete_fields
            if isinstance(each, models.CharField | models.TextField)
        ]
        for row in model._default_manager.values_list(*names) if names and model._meta.managed else ():
            found.update(value for value in row if isinstance(value, str) and _CHINESE.search(value))
    for facts in (*Case.objects.values_list("facts", flat=True), *Schedule.objects.values_list("facts", flat=True)):
        found.update(value for value in facts.values() if isinstance(value, str) and _CHINESE.search(value))
    found |= {masked_name(word) for word in found}
    return sorted(found, key=len, reverse=True)


def keep_picture(page: Page, name: str) -> None:
    """Keep a screenshot where ``KANGQU_SHOTS`` says, for somebody to look at."""
    folder = os.environ.get("KANGQU_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def cookies_of(client: Any) -> dict[str, str]:
    """The session of Django's test client, for a browser."""
    return {name: morsel.value for name, morsel in client.cookies.items()}
