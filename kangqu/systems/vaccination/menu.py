"""The vaccination lines in the workstation's menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.vaccination.definition import FORECAST
from kangqu.web.frame import MenuItem, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    add_to_menu(
        "c",
        MenuItem(
            key="vaccination-forecast",
            label=_("推算应种疫苗"),
            icon="calendar",
            view="vaccination-forecast",
            order=40,
            allowed=may_open(FORECAST),
        ),
    )
    add_help(
        "c",
        "vaccination-forecast",
        _("填出生日期和接种过的疫苗，不用填姓名；什么都不会保存。"),
        _("每一剂都写明算不算、为什么；点“为什么”看规则和文件。"),
        _("不清楚的情况选“未知”，页面会写明哪些规则没有判断；接种前仍由医生询问和决定。"),
    )
