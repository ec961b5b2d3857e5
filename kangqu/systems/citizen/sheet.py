"""The sheet with a resident's paper card as PDF: two cards of bank-card size to cut out, typeset by typst.

The compiler is the extra ``pdf``; where it or a Chinese font is missing there is no PDF, and the page that the browser
prints serves instead. Words reach the compiler as values, never as its source.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final

_FONTS: Final = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "PingFang SC", "Microsoft YaHei")

_SHEET: Final = """
#let it = sys.inputs
#set page(paper: "a4", margin: 18mm)
#set document(title: it.title)
#set text(font: (it.font,), size: 10pt, lang: it.lang)
#let card = rect(width: 85.6mm, height: 54mm, radius: 3mm, inset: 4mm, stroke: 0.4pt + gray, grid(
  columns: (1fr, 42mm), column-gutter: 3mm,
  stack(spacing: 3mm, text(weight: "bold", it.title), text(size: 15pt, weight: "bold", it.name),
    text(size: 9pt, it.code), text(size: 9pt, it.until), text(size: 8pt, it.lost)),
  image(bytes(it.qr), format: "svg", width: 42mm)))
#text(size: 14pt, weight: "bold", it.title)
#v(4mm)
#grid(columns: 1, row-gutter: 8mm, card, card)
#v(6mm)
#it.advice
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The words of a sheet, in the resident's language, and its code as SVG."""

    title: str
    name: str
    code: str
    until: str
    lost: str
    advice: str
    qr: str
    lang: str


@lru_cache(maxsize=1)
def _compiler() -> tuple[Any, str] | None:
    """The compiler and the font it sets Chinese in, or None when one of them is missing."""
    try:
        import typst
    except ImportError:
        return None
    known = set(typst.Fonts().families())
    font = next((name for name in _FONTS if name in known), None)
    return (typst, font) if font is not None else None


def can_typeset() -> bool:
    """Whether a PDF can be made here."""
    return _compiler() is not None


def typeset(sheet: Sheet) -> bytes:
    """The sheet as PDF. ``RuntimeError`` where ``can_typeset()`` is false."""
    found = _compiler()
    if found is None:
        raise RuntimeError("the extra pdf or a Chinese font is missing")
    typst, font = found
    pdf: bytes = typst.compile(_SHEET.encode(), sys_inputs={**asdict(sheet), "font": font})
    return pdf
