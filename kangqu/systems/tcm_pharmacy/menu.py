"""The pharmacy's lines in the workstation's menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.tcm_pharmacy.definition import LINE
from kangqu.web.frame import MenuItem, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    add_to_menu(
        "c",
        MenuItem(key="tcm-line", label=_("中药房工位"), icon="scan", view="tcm-line", order=12, allowed=may_open(LINE)),
    )
    add_help(
        "c",
        "tcm-line",
        _("先选工位，之后只用扫码枪：扫处方，再按页面要求扫药斗、锅、袋数或“确认”。"),
        _("绿色是办好了，红色会说明原因；扫“清空”重新开始。"),
        _("每味药称量误差超过规定会被拒收，换批号也要重新扫药斗。"),
    )
