"""The desk's line in the workstation's menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.one_code.definition import DESK
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the line, once."""
    add_to_menu(
        "c", MenuItem(key="desk-scan", label=_("扫码"), icon="scan", view="desk-scan", order=10, allowed=may_open(DESK))
    )
