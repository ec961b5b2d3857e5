"""Reasons: a code, the rule it rests on, and a sentence in two languages made when somebody reads it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Final

from kangqu.kernel.rules.source import Source
from kangqu.systems.vaccination.forecast.products import PACKAGE, PRODUCTS
from kangqu.systems.vaccination.forecast.spans import Span

_WORDS: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    files(PACKAGE).joinpath("words.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why. ``until`` is the day that decides; ``because`` the rule's own sentences (Chinese, English)."""

    code: str
    rule: str = ""
    source: Source | None = None
    until: date | None = None
    length: Span | None = None
    number: int | None = None
    product: str = ""
    because: tuple[str, str] = ("", "")

    @property
    def zh(self) -> str:
        return self._said("zh")

    @property
    def en(self) -> str:
        return self._said("en")

    def _said(self, language: str) -> str:
        product = PRODUCTS.get(self.product)
        return _WORDS[self.code][language].format(
            number=self.number,
            until=self.until.isoformat() if self.until else "",
            length=getattr(self.length, language) if self.length else "",
            product=getattr(product, language) if product else "",
            because=self.because[language == "en"],
        )
