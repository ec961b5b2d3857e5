"""What the desk page refuses beside the words of the codes themselves."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

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
NO_STATION = refusal("no_station", "KQ-1834", zh="请先选择扫码点。", en="Choose your station first.")
