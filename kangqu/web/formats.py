"""How values are shown: days in the city's time, numbers grouped, names and numbers of people masked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import get_language

from kangqu.kernel.basis.clock import CITY, city_day

THIN_SPACE: Final = "\u2009"
_WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def in_english() -> bool:
    """Whether the page is read in English; otherwise it is Chinese, also where no language was chosen."""
    return (get_language() or "zh").startswith("en")


def show_date(value: date | datetime | None) -> str:
    """``2026-11-22``: the city's day, for tables."""
    if value is None:
        return ""
    day = city_day(value) if isinstance(value, datetime) else value
    return day.isoformat()


def show_datetime(value: datetime | None) -> str:
    """``2026-11-22 14:20`` in the city's time."""
    return "" if value is None else value.astimezone(CITY).strftime("%Y-%m-%d %H:%M")


def show_time(value: datetime | None) -> str:
    """``14:20`` in the city's time."""
    return "" if value is None else value.astimezone(CITY).strftime("%H:%M")


def show_day(value: date | datetime | None) -> str:
    """``11 月 22 日 周日`` (``Sun 22 Nov``), for prose."""
    if value is None:
        return ""
    day = city_day(value) if isinstance(value, datetime) else value
    if in_english():
        return f"{day:%a} {day.day} {day:%b}"
    return f"{day.month} 月 {day.day} 日 {_WEEKDAYS[day.weekday()]}"


def grouped(value: float | None, places: int | None = None) -> str:
    """``3 416.8``: digits grouped by a thin space; ``places`` fixes the decimals."""
    if value is None:
        return ""
    text = f"{value:,}" if places is None else f"{value:,.{places}f}"
    return text.replace(",", THIN_SPACE)


def yuan(fen: int | None) -> str:
    """Whole fen as yuan with two decimals: ``1 204.50``."""
    if fen is None:
        return ""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{grouped(whole)}.{rest:02d}"


def masked_id(number: str | None) -> str:
    """``3703 **** **** 1246``: the first and last four, never the birth date. A short number shows its last two only."""
    if not number:
        return ""
    if len(number) < 12:
        return "*" * (len(number) - 2) + number[-2:]
    return f"{number[:4]} {'**** **** ' if len(number) >= 16 else '**** '}{number[-4:]}"


def masked_phone(number: str | None) -> str:
    """``138 **** 0001``."""
    if not number:
        return ""
    digits = number.replace(" ", "")
    return f"{digits[:3]} **** {digits[-4:]}" if len(digits) >= 9 else "*" * (len(digits) - 2) + digits[-2:]


def masked_name(name: str | None) -> str:
    """``王**``: one sign stays; characters outside the basic plane count as one."""
    return "" if not name else name[0] + "*" * (len(name) - 1)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "date": show_date,
    "datetime": show_datetime,
    "time": show_time,
    "day": show_day,
    "grouped": grouped,
    "yuan": yuan,
    "masked_id": masked_id,
    "masked_phone": masked_phone,
    "masked_name": masked_name,
}
