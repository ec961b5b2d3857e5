"""The words of a rating: what stars mean, the reasons to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from kangqu.web.formats import in_english

STARS: Final[dict[int, Any]] = {
    5: _("5 星，很满意"),
    4: _("4 星，满意"),
    3: _("3 星，一般"),
    2: _("2 星，不满意"),
    1: _("1 星，很不满意"),
}
REASONS: Final[dict[str, Any]] = {
    "on_time": _("准时"),
    "kind": _("服务好"),
    "well_packed": _("包装好"),
    "clear": _("服法说得清楚"),
    "unwell": _("服后不舒服"),
    "late": _("送药晚"),
    "rude": _("服务态度不好"),
    "leaks": _("破袋、漏液"),
    "odd": _("颜色、气味不对"),
    "count": _("袋数或剂数不符"),
    "unclear": _("服法说得不清楚"),
}
ABOUT: Final = {"unwell": "harm", "odd": "taste", "leaks": "bag", "count": "count", "late": "late", "rude": "service"}
"""What a complaint is about, by the gravest reason: in this order."""


def reason_words(codes: Sequence[str]) -> str:
    """The reasons in the reader's language."""
    return (", " if in_english() else "、").join(str(REASONS[code]) for code in codes if code in REASONS)


def in_the_pharmacys_words(codes: Sequence[str]) -> str:
    """The reasons in Chinese, whatever the patient reads: for who looks into a complaint."""
    with override("zh-hans"):
        return reason_words(codes)


def kind_of(stars: int) -> str:
    """How stars are marked."""
    return "ok" if stars >= 4 else "warn" if stars == 3 else "bad"
