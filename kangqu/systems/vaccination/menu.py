"""The vaccination lines in the workstation's menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kangqu.systems.vaccination.definition import CLINIC, COVERAGE, EXCURSIONS, FORECAST, FRIDGES, LOTS, OWN_CARD, STORE
from kangqu.systems.vaccination.school.lists import is_school
from kangqu.systems.vaccination.school.operations import LISTS
from kangqu.web.frame import MenuItem, add_for_resident, add_help, add_to_menu
from kangqu.web.serving import may_open, viewer_of


def _at_a_school(request: HttpRequest) -> bool:
    """Whether the viewer keeps the lists of a school."""
    held = viewer_of(request).holding(LISTS.roles)
    return may_open(LISTS)(request) and bool(held) and is_school(held[0].institution_id)


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
    add_to_menu(
        "c",
        MenuItem(key="vaccination-clinic", label=_("接种门诊"), icon="scan", view="vaccination-clinic", order=38, allowed=may_open(CLINIC)),
        MenuItem(key="vaccination-store", label=_("疫苗库存"), icon="building", view="vaccination-store", order=39, allowed=may_open(STORE)),
        MenuItem(key="vaccine-fridges", label=_("疫苗冰箱"), icon="chart", view="vaccine-fridges", order=39, allowed=may_open(FRIDGES)),
        MenuItem(key="vaccine-excursions", label=_("冷链异常"), icon="bell", view="vaccine-excursions", order=41, allowed=may_open(EXCURSIONS)),
        MenuItem(key="school-classes", label=_("班级名单"), icon="family", view="school-classes", order=43, allowed=_at_a_school),
        MenuItem(key="vaccine-lots", label=_("疫苗批号"), icon="list", view="vaccine-lots", order=42, allowed=may_open(LOTS)),
        MenuItem(key="vaccination-coverage", label=_("接种率"), icon="chart", view="vaccination-coverage", order=43, allowed=may_open(COVERAGE)),
    )  # fmt: skip
    add_for_resident(
        MenuItem(
            key="vaccination", label=_("接种疫苗"), icon="check", view="vaccination-person", allowed=may_open(CLINIC)
        )
    )
    add_to_menu(
        "h",
        MenuItem(key="vaccination-own", label=_("我的接种卡"), icon="shield", view="vaccination-own", order=58, allowed=may_open(OWN_CARD)),
    )  # fmt: skip
    add_help(
        "c",
        "vaccination-clinic",
        _("扫居民的码、刷卡或输入姓名，打开接种卡；先逐项询问，再扫疫苗批号，F8 接种。"),
        _("能不能接种由程序判断，不能的写明原因；程序留给医生决定的，由医生写明理由。"),
        _("接种后自动开始留观，满时间才能放行；提前走的登记为自行离开并写明情况。"),
    )
    add_help(
        "c",
        "vaccination-store",
        _("疫苗按批号和冰箱入库，先到期的在前；接种时自动扣减。"),
        _("开启的疫苗过了时间就不能用，点“废弃”写入流水。"),
        _("盘点有差异要写原因；所有变动都留有记录。"),
    )
    add_help(
        "c",
        "vaccination-coverage",
        _("先选疫苗、算第几剂、截至哪一天；点地区名往下看到村，点数字看是哪些人。"),
        _("分母有四种口径，每个数都写明；超过百分之百的照实列出并说明。"),
        _("加强只在截止日前完成全程、已到间隔的人中计算。"),
    )
