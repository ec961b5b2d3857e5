"""Words of appointments: statuses, levels, days, channels."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.capacity.models import BookingStatus

STATUSES: Final[dict[str, tuple[str, Any]]] = {
    BookingStatus.PROPOSED: ("warn", lazy("占号待确认")),
    BookingStatus.BOOKED: ("ok", lazy("已预约")),
    BookingStatus.WAITLIST: ("info", lazy("候补中")),
    BookingStatus.ARRIVED: ("ok", lazy("已到院")),
    BookingStatus.FULFILLED: ("ok", lazy("已就诊")),
    BookingStatus.CANCELLED: ("info", lazy("已取消")),
    BookingStatus.NO_SHOW: ("bad", lazy("爽约")),
    BookingStatus.LAPSED: ("info", lazy("超时释放")),
}
"""FHIR's statuses as they are shown: the kind of mark, the words."""
LEVELS: Final[dict[str, Any]] = {"general": lazy("普通门诊"), "expert": lazy("专家门诊"), "special": lazy("特需门诊")}
CHANNELS: Final[dict[str, Any]] = {
    "citizen": lazy("网上预约"), "onsite": lazy("现场挂号"), "referral": lazy("转诊预约"), "green": lazy("绿色通道"),
    "returning": lazy("复诊预约"), "over": lazy("加号"),
}  # fmt: skip


def near_day(day: date, today: date) -> str:
    """今天, 明天; nothing for other days, whose weekday stands with their date."""
    match (day - today).days:
        case 0:
            return _("今天")
        case 1:
            return _("明天")
    return ""


def level(code: str) -> str:
    return str(LEVELS.get(code, code))


def status(code: str) -> str:
    return str(STATUSES[code][1])


def status_kind(code: str) -> str:
    return STATUSES[code][0]


def channel(code: str) -> str:
    return str(CHANNELS.get(code, code))
