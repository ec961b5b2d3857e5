"""The lines of the menus: booking and one's appointments for residents, booking at the desk, appeals for managers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.appointments.booking.operations import ANNOUNCE, BOOK, DESK, OWN
from kangqu.systems.appointments.day.operations import BOARD, CALL, CARE, DAY, KIOSK
from kangqu.systems.appointments.noshow.operations import DECIDE
from kangqu.systems.appointments.rosters.operations import KEEP
from kangqu.systems.appointments.views.operations import CITY_FIGURES, FIGURES, HOARDING
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
        MenuItem(
            key="announce-draw", label=_("摇号"), icon="list", view="announce-draw", order=71, allowed=may_open(ANNOUNCE)
        ),
        MenuItem(key="clinic-figures", label=_("门诊运行"), icon="chart", view="clinic-figures", order=71, allowed=may_open(FIGURES)),
        MenuItem(key="city-clinic-figures", label=_("全市门诊运行"), icon="chart", view="city-clinic-figures", order=73, allowed=may_open(CITY_FIGURES)),
        MenuItem(key="clinic-hoarding", label=_("疑似抢号"), icon="eye", view="clinic-hoarding", order=74, allowed=may_open(HOARDING)),
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
    _fill_day()


def _fill_day() -> None:
    add_to_menu(
        "c",
        MenuItem(key="clinic-sessions", label=_("叫号"), icon="bell", view="clinic-sessions", order=26, allowed=may_open(CALL)),
        MenuItem(key="clinic-care", label=_("首诊责任"), icon="shield", view="clinic-care", order=31, allowed=may_open(CARE)),
        MenuItem(key="clinic-day", label=_("门诊日清单"), icon="list", view="clinic-day", order=27, allowed=may_open(DAY)),
        MenuItem(key="clinic-kiosk", label=_("自助报到"), icon="check", view="clinic-kiosk", order=28, allowed=may_open(KIOSK)),
        MenuItem(key="clinic-board", label=_("叫号屏"), icon="eye", view="clinic-board", order=29, allowed=may_open(BOARD)),
    )  # fmt: skip
    add_help(
        "c",
        "clinic-sessions",
        _("F8 办下一步：叫下一位、进诊室、看完；F9 重叫或去做检查；F4 过号。"),
        _("两位医生同时叫号，叫到的是两位病人；叫了的人没进来，先选“进诊室”或“过号”。"),
        _("做完检查回来的排在后面两位之后，过号的再过三位重叫，都不作废；几位在“政策参数”里定。"),
    )
    add_help(
        "c",
        "clinic-day",
        _("没有手机的老人，在名字后面点“报到”；没有预约的，扫码或输居民编码现场挂号。"),
        _("做完检查回来的点“回来了”；不等了的点“已离开”，他再扫码又回到队里。"),
        _("过了时段没有报到的标“没有来”；人已走到窗口的，现场挂号。"),
    )
    add_help(
        "c",
        "clinic-kiosk",
        _("扫一次健康码就报到，也可以输预约编号；再扫一次，看前面还有几人。"),
        _("做完检查回来，再扫一次健康码，就重新排上。"),
        _("屏上不显示全名；报不上的，屏上写明怎么办。"),
    )
    add_help(
        "c",
        "clinic-board",
        _("放在墙上，每 5 秒自己更新；点“开声音”，每次叫号念一遍。"),
        _("可以只看一个科室；不显示全名。"),
        _("顶上出现红条，说明数据停住了：看看有没有接上网。"),
    )
    add_help(
        "c",
        "clinic-care",
        _("谁先看的谁负责；移交要对方接受才算，对方没接受以前仍由您负责。"),
        _("“看完，检查改天做”的留在这里，可以在规定天数内约同科普通门诊免费复诊。"),
        _("不再需要的点“结束”；结束后再来要另挂号。"),
    )
