"""The lines of the menus: booking and one's appointments for residents."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.appointments.booking.operations import BOOK, OWN
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    add_to_menu(
        "h",
        MenuItem(key="book", label=_("预约挂号"), icon="calendar", view="book", order=44, allowed=may_open(BOOK)),
        MenuItem(key="appointments", label=_("我的预约"), icon="clock", view="own-appointments", order=46, allowed=may_open(OWN)),
    )  # fmt: skip
