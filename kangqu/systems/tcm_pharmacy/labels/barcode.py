"""Code 128 as bars in millimetres, each a whole number of a 203 dpi printer's dots wide."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import zxingcpp

from kangqu.web.labels import CODE_128

QUIET: Final = 10  # modules of white on either side, which the symbology wants
MODULES: Final = (0.375, 0.25)  # millimetres: three and two dots of an eighth


def bars(text: str, width: float) -> dict[str, Any]:
    """The bars of ``text`` for a space of ``width`` mm: ``[from, wide]`` each, and the whole width with its quiet zones.

    ``ValueError`` when it cannot be printed there so that scanners read it.
    """
    if not CODE_128.fullmatch(text):
        raise ValueError("a printed code holds 1 to 48 of 0-9 A-Z . -")
    row = _modules(text)
    module = next((each for each in MODULES if (len(row) + 2 * QUIET) * each <= width), None)
    if module is None:
        raise ValueError(f"the barcode of {text} is wider than {width:g} mm")
    found, at = [], QUIET
    for black, run in groupby(row):
        count = len(list(run))
        if black:
            found.append([at * module, count * module])
        at += count
    return {"bars": found, "width": (len(row) + 2 * QUIET) * module, "text": text}


def _modules(text: str) -> list[bool]:
    """One value a module, black or not, from the first bar to the last."""
    image = memoryview(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)))
    width = (image.shape or (0, 0))[1]
    row = [value < 128 for value in image.tobytes()[:width]]
    first = row.index(True)
    return row[first : width - row[::-1].index(True)]
