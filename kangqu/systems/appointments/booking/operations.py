"""What residents, desks and connected systems may do with bookings."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Operation, Reach, operation
from kangqu.kernel.access.roles import Purpose, Role


def _for_residents(name: str, title: str, title_en: str) -> Operation:
    return operation(
        f"appointments.{name}", title, title_en, roles={Role.RESIDENT}, reach=Reach.FAMILY, purpose=Purpose.SELF
    )


BOOK: Final = _for_residents("book", "预约挂号", "Book a clinic")
OWN: Final = _for_residents("own", "我的预约", "My appointments")
