"""A code found in a photo a browser sent. The picture is read in memory, in bounds, and not kept."""

from __future__ import annotations

from struct import error as struct_error
from typing import Any, Final

import zxingcpp
from PIL import Image

from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.one_code.refusals import NO_CODE_IN_PHOTO, PHOTO_TOO_LARGE, PHOTO_UNREADABLE

MOST_BYTES: Final = 12_000_000
MOST_PIXELS: Final = 60_000_000
_SYMBOLS: Final = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SIDE: Final = 2400  # pixels; a code that cannot be read at this size was not readable in the photo either


def code_in(photo: Any) -> str:
    """The text of the code in an uploaded file (with ``size`` and ``read``), one of ours before any other.

    ``Refused`` when the file is too large, is no picture, or shows no code.
    """
    if photo.size > MOST_BYTES:
        raise _too_large()
    found = zxingcpp.read_barcodes(_grey(photo), formats=_SYMBOLS)
    texts = sorted((each.text for each in found if each.text), key=lambda text: not text.upper().startswith("R"))
    if not texts:
        raise Refused(NO_CODE_IN_PHOTO, field="photo")
    return texts[0]


def _grey(photo: Any) -> Image.Image:
    """The photo in shades of grey, no larger than reading needs. Its size is looked at before its pixels are."""
    try:
        with Image.open(photo, formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_large()
            picture.draft("L", (_SIDE, _SIDE))
            grey = picture.convert("RGBA" if picture.mode in ("P", "LA", "PA") else picture.mode)
            if grey.mode == "RGBA":
                paper = Image.new("RGBA", grey.size, "white")
                paper.alpha_composite(grey)
                grey = paper
            grey = grey.convert("L")
            grey.thumbnail((_SIDE, _SIDE))
            return grey
    except (OSError, ValueError, SyntaxError, EOFError, struct_error, Image.DecompressionBombError) as trouble:
        raise Refused(PHOTO_UNREADABLE, field="photo") from trouble


def _too_large() -> Refused:
    return Refused(
        PHOTO_TOO_LARGE, field="photo", megabytes=MOST_BYTES // 1_000_000, megapixels=MOST_PIXELS // 1_000_000
    )
