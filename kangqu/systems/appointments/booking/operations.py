"""What residents, desks and connected systems may do with bookings."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Operation, Reach, operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.systems.appointments.definition import DESKS, ROSTER_KEEPERS


def _for_residents(name: str, title: str, title_en: str) -> Operation:
    return operation(
        f"appointments.{name}", title, title_en, roles={Role.RESIDENT}, reach=Reach.FAMILY, purpose=Purpose.SELF
    )


BOOK: Final = _for_residents("book", "预约挂号", "Book a clinic")
OWN: Final = _for_residents("own", "我的预约", "My appointments")
FEED: Final = _for_residents("feed", "日历订阅", "Calendar feed")
READ_FEED: Final = operation("appointments.read_feed", "读日历订阅", "Read a calendar feed", reach=Reach.PUBLIC)
DRAW: Final = _for_residents("draw", "摇号报名", "Enter a draw")
DESK: Final = operation(
    "appointments.desk", "窗口代约", "Book at the desk", roles=DESKS, reach=Reach.SERVED, purpose=Purpose.REGISTRATION
)
SLOTS: Final = operation(
    "appointments.slots", "查询号源", "Free slots", roles={Role.SYSTEM}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION, scope="appointments.read",
)  # fmt: skip
FOLLOW: Final = operation(
    "appointments.follow", "查询预约", "Read appointments", roles={Role.SYSTEM}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION, scope="appointments.read",
)  # fmt: skip
CALL: Final = operation(
    "appointments.call", "接口预约", "Book by API", roles={Role.SYSTEM}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION, scope="appointments.write",
)  # fmt: skip
ANNOUNCE: Final = operation(
    "appointments.announce", "公布摇号", "Announce a draw", roles=ROSTER_KEEPERS, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION,
)  # fmt: skip
