"""Codes on paper and on glass: QR by segno, Code 128 by zxing-cpp, both as inline SVG.

Version and mask are fixed when the caller knows them (a resident's code has one length): trying every mask costs four
times as long, and a code that keeps its size does not make the page jump.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import segno
import zxingcpp
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

ErrorLevel = Literal["L", "M", "Q", "H"]
CODE_128: Final = re.compile(r"[0-9A-Z.\-]{1,48}")
QUIET_MODULES: Final = 2  # ux: at least two modules, inside a white card


def qr_svg(
    text: str | bytes,
    *,
    label: str | None = None,
    error: ErrorLevel = "Q",
    version: int | None = None,
    mask: int | None = 2,
) -> Markup:
    """A QR code of ``text`` as one SVG path. Raises ``ValueError`` when it does not fit the version asked for."""
    try:
        code = segno.make(text, error=error, version=version, mask=mask, micro=False, boost_error=False)
    except segno.DataOverflowError as overflow:
        raise ValueError(str(overflow)) from overflow
    side = int(code.symbol_size(border=QUIET_MODULES)[0])
    runs: list[str] = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            runs.append(f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{end - x}v1H{x + QUIET_MODULES}z")
            x = end
    return _svg(side, side, "".join(runs), label or _("二维码"))


def code128_svg(text: str, *, label: str | None = None) -> Markup:
    """A Code 128 barcode of ``text`` (our alphabet: digits, capitals, dot and dash; at most 48 characters)."""
    if not CODE_128.fullmatch(text):
        raise ValueError("a printed code holds 1 to 48 of 0-9 A-Z . -")
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = memoryview(zxingcpp.write_barcode_to_image(barcode))
    width = (image.shape or (0, 0))[1]
    row = image.tobytes()[:width]  # one module is one pixel, every line is alike
    bars: list[str] = []
    x = 0
    while x < width:
        end = x
        while end < width and row[end] < 128:
            end += 1
        if end > x:
            bars.append(f"M{x} 0h{end - x}v40H{x}z")
        x = end + 1
    return _svg(width, 40, "".join(bars), label or _("条形码 {text}").format(text=text), stretch=True)


def _svg(width: int, height: int, path: str, label: str, *, stretch: bool = False) -> Markup:
    fit = ' preserveAspectRatio="none"' if stretch else ""
    return Markup(  # noqa: S704 - the path is numbers, the label is escaped
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" shape-rendering="crispEdges"{fit}>'
        f'<path d="{path}"/></svg>'
    )
