"""A code found in a photo a browser sent. The picture is read in memory, in bounds, and not kept."""

from __future__ import annotations

from struct import error as struct_error
from typing import Any, Final

import zxingcpp
from PIL import Image

from kangqu.kernel.basis.refusals import Refused, refusal

NO_CODE_IN_PHOTO = refusal(
    "no_code_in_photo",
    "KQ-1831",
    zh="照片里没有认出码，请靠近、对正、避开反光再拍一张。",
    en="No code was found in the photo: take another one closer, straight and without glare.",
)
PHOTO_UNREADABLE = refusal(
    "photo_unreadable",
    "KQ-1832",
    zh="这个文件打不开，请选 JPEG、PNG 或 WebP 照片。",
    en="This file cannot be opened: choose a JPEG, PNG or WebP photo.",
)
PHOTO_TOO_LARGE = refusal(
    "photo_too_large",
    "KQ-1833",
    zh="照片太大（最多 {megabytes} MB、{megapixels} 百万像素），请调小后再选。",
    en="The photo is too large (at most {megabytes} MB and {megapixels} megapixels): choose a smaller one.",
)
MOST_BYTES: Final = 12_000_000
MOST_PIXELS: Final = 60_000_000
_SYMBOLS: Final = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SIDE: Final = 2400  # pixels; a code that cannot be read at this size was not readable in the photo either


def code_in(photo: Any, *, first: str = "R") -> str:
    """The text of the code in an uploaded file (with ``size`` and ``read``), one that begins with ``first`` before any other.

    ``Refused`` when the file is too large, is no picture, or shows no code.
    """
    if photo.size > MOST_BYTES:
        raise _too_large()
    found = zxingcpp.read_barcodes(_grey(photo), formats=_SYMBOLS)
    texts = sorted((each.text for each in found if each.text), key=lambda text: not text.upper().startswith(first))
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
