"""Labels as PDF, a page each, typeset by typst; as PNG to look at before printing.

The compiler is the extra ``pdf``. It needs a Chinese font: one of the machine's, or one in the folder ``fonts``. Signs that this font lacks
come from any other font there is (``docs/pharmacy-labels.md``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.labels.barcode import bars
from kangqu.systems.tcm_pharmacy.labels.model import Label, Stock
from kangqu.systems.tcm_pharmacy.labels.words import words

FONTS: Final = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "PingFang SC", "Microsoft YaHei")
MOST_LABELS: Final = 1_000
PRINTER_DPI: Final = 203
_EDGE: Final = 1.5  # millimetres no printer prints on
_FRAME: Final = 1.2  # and those of the frame of a label for external use


def can_typeset(fonts: Path | None = None) -> bool:
    """Whether labels can be made here."""
    return _compiler(fonts) is not None


def typeset(labels: Sequence[Label], stock: Stock, *, fonts: Path | None = None) -> bytes:
    """The labels as one PDF, a page of ``stock`` each.

    ``ValueError``: no label or more than a thousand, a code that is not printable there, text that does not fit even when small.
    ``RuntimeError`` where ``can_typeset()`` is false.
    """
    return _compile(labels, stock, fonts, format="pdf", pdf_tags=False)


def picture(label: Label, stock: Stock, *, dpi: int = PRINTER_DPI, fonts: Path | None = None) -> bytes:
    """One label as PNG, by default in the dots of a printer. Errors as in ``typeset``."""
    return _compile([label], stock, fonts, format="png", ppi=float(dpi))


def _compile(labels: Sequence[Label], stock: Stock, fonts: Path | None, **how: Any) -> bytes:
    if not 1 <= len(labels) <= MOST_LABELS:
        raise ValueError(f"1 to {MOST_LABELS} labels at once")
    found = _compiler(fonts)
    if found is None:
        raise RuntimeError("the extra pdf or a Chinese font is missing")
    compiler, family, failure = found
    room = stock.width - 2 * (_EDGE + _FRAME)
    sheets = [{**words(label), "barcode": bars(label.code, room)} for label in labels]
    data = {"width": stock.width, "height": stock.height, "fonts": [family], "labels": sheets}
    try:
        made: bytes = compiler.compile(input=_template(), sys_inputs={"labels": json.dumps(data)}, **how)
    except failure as error:
        raise ValueError(str(error)) from error
    return made


@lru_cache(maxsize=4)
def _compiler(fonts: Path | None) -> tuple[Any, str, type[Exception]] | None:
    """The compiler, the font it sets Chinese in and its error; None when one of them is missing."""
    try:
        import typst
    except ImportError:
        return None
    folders = [str(fonts)] if fonts is not None else []
    known = set(typst.Fonts(font_paths=folders).families())
    family = next((name for name in FONTS if name in known), None)
    return (typst.Compiler(font_paths=folders), family, typst.TypstError) if family is not None else None


@lru_cache(maxsize=1)
def _template() -> bytes:
    return files(__package__).joinpath("label.typ").read_bytes()
