"""The desk's line in the workstation's menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.one_code.definition import DESK
from kangqu.web.frame import MenuItem, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the line, once."""
    add_to_menu(
        "c", MenuItem(key="desk-scan", label=_("扫码"), icon="scan", view="desk-scan", order=10, allowed=may_open(DESK))
    )
    add_help(
        "c",
        "desk-scan",
        _("扫码枪对着码扫就行，不用先点哪里；没有枪就用相机，或输入码下的字符。"),
        _("绿色是真码；红色会说明原因，请对方刷新后再扫。"),
        _("断网也能核验，扫过的记在本机，联网后自动上传，不会算两次。"),
    )
