"""Codes as pictures: SVG, black on white, made on the server. Sizes and level: docs/decisions/0045."""

from __future__ import annotations

from typing import Final

import segno
import zxingcpp

QR_VERSION: Final = 5
QR_LEVEL: Final = "M"
_MASK: Final = 4  # fixed: trying all eight takes four times as long and reads no better
_QUIET: Final = 2


def qr_svg(code: str) -> str:
    """The QR symbol of a code as an inline ``<svg>`` without a size of its own; the page gives it one."""
    symbol = segno.make_qr(code, version=QR_VERSION, error=QR_LEVEL, mask=_MASK, boost_error=False, mode="alphanumeric")
    svg = symbol.svg_inline(border=_QUIET, omitsize=True, light="#fff")
    return str(svg).replace("<svg ", '<svg shape-rendering="crispEdges" ', 1)


def barcode_svg(text: str) -> str:
    """The Code 128 symbol (ISO/IEC 15417) of a barcode's text as ``<svg>``."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    return str(zxingcpp.write_barcode_to_svg(made, add_quiet_zones=True))
