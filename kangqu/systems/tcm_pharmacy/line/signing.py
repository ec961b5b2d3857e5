"""Whether a picture is a signature at all: something was drawn."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Final

from PIL import Image

_HEAD: Final = "data:image/png;base64,"
LONGEST: Final = 400_000
_INK: Final = 200  # dark dots that a short stroke leaves


def drawn_in(text: str) -> bytes:
    """The PNG of a page's data address; empty when it is none or too long."""
    if not text.startswith(_HEAD) or len(text) > LONGEST:
        return b""
    try:
        return base64.b64decode(text[len(_HEAD) :], validate=True)
    except (binascii.Error, ValueError):
        return b""


def is_drawn(content: bytes) -> bool:
    """Whether ``content`` is a picture with enough ink on it."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            if picture.width * picture.height > 8_000_000:
                return False
            return sum(picture.convert("L").histogram()[:128]) >= _INK
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
