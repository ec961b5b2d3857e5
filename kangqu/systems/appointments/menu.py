"""The lines of the menus: booking and one's appointments for residents, booking at the desk, appeals for managers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.appointments.booking.operations import BOOK, DESK, OWN
from kangqu.systems.appointments.noshow.operations import DECIDE
from kangqu.systems.appointments.rosters.operations import KEEP
from kangqu.web.frame import MenuItem, add_for_resident, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    add_to_menu(
        "h",
        MenuItem(key="book", label=_("预约挂号"), icon="calendar", view="book", order=44, allowed=may_open(BOOK)),
        MenuItem(key="appointments", label=_("我的预约"), icon="clock", view="own-appointments", order=46, allowed=may_open(OWN)),
    )  # fmt: skip
    desk = MenuItem(
        key="desk-book", label=_("窗口代约"), icon="calendar", view="desk-book", order=30, allowed=may_open(DESK)
    )
    add_to_menu(
        "c",
        desk,
        MenuItem(key="clinics", label=_("门诊排班"), icon="calendar", view="clinics", order=70, allowed=may_open(KEEP)),
        MenuItem(key="appeals", label=_("爽约申诉"), icon="shield", view="appeals", order=72, allowed=may_open(DECIDE)),
    )  # fmt: skip
    add_for_resident(
        MenuItem(key="desk-book", label=_("预约挂号"), icon="calendar", view="desk-book-for", order=30, allowed=may_open(DESK))
    )  # fmt: skip
    add_help(
        "c",
        "desk-book",
        _("先找到人：扫卡、输姓名或证件号；外来的病人先在“扫码”里扫健康码。"),
        _("现场、复诊、绿色通道只约本机构的号；转诊可以约全市的预留号。"),
        _("窗口可以在居民自己的截止时间以后取消；约上、改约、取消都会通知本人。"),
    )
    add_help(
        "c",
        "clinics",
        _("先开设门诊，再按星期排班；号源提前生成，节假日自动停、调休日自动开。"),
        _("“看会怎样”先看结果，不保存；有人预约的场次不会被改动，要改请先停诊。"),
        _("某一天停诊、恢复照常，或把一周复制到后面几周，都在门诊页的下方。"),
    )
    add_help(
        "c",
        "appeals",
        _("居民对爽约有异议，在这里处理；接受的不再计次，停约随之解除。"),
        _("不接受的要写明原因，居民能看到。"),
        _("几次停约、停几天、迟到怎么算，在“政策参数”里。"),
    )
