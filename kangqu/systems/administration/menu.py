"""The lines of the administration's menu, each shown to those who may open it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.administration import operations
from kangqu.web.frame import MenuItem, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    add_to_menu(
        "a",
        MenuItem(
            key="places",
            label=_("机构"),
            icon="building",
            view="places",
            order=10,
            allowed=may_open(operations.PLACES_READ),
        ),
        MenuItem(
            key="consortia",
            label=_("联合体"),
            icon="link",
            view="consortia",
            order=15,
            allowed=may_open(operations.PLACES_READ),
        ),
        MenuItem(
            key="staff", label=_("人员"), icon="family", view="staff", order=20, allowed=may_open(operations.STAFF_READ)
        ),
        MenuItem(
            key="roles",
            label=_("角色权限"),
            icon="lock",
            view="roles",
            order=30,
            allowed=may_open(operations.ROLES_READ),
        ),
        MenuItem(
            key="policies",
            label=_("政策参数"),
            icon="settings",
            view="policies",
            order=40,
            allowed=may_open(operations.POLICIES_READ),
        ),
        MenuItem(
            key="emergencies",
            label=_("紧急查看审查"),
            icon="warn",
            view="emergencies",
            order=50,
            allowed=may_open(operations.EMERGENCIES),
        ),
        MenuItem(
            key="trace",
            label=_("审计查询"),
            icon="search",
            view="trace",
            order=60,
            allowed=may_open(operations.TRACE_READ),
        ),
    )
    _fill_help()


def _fill_help() -> None:
    add_help(
        "a",
        "places",
        _("按名称、拼音或编码查机构；点名称看它的全部情况。"),
        _("证照、科室、岗位、扫码点都在机构页上登记。"),
        _("服务区域由上级分派：分派后，这家机构就能打开那里居民的资料。"),
    )
    add_help(
        "a",
        "consortia",
        _("牵头单位归您管，您才能改这个联合体。"),
        _("成员退出后，以前的日期仍然留着。"),
        _("牵头单位不能退出。"),
    )
    add_help(
        "a",
        "staff",
        _("开户后会显示一次性密码，只显示这一次，请当面交给本人。"),
        _("管全市的角色要另一位安全管理员确认才生效。"),
        _("收回角色或关闭账户，对方的登录马上结束。"),
    )
    add_help(
        "a",
        "roles",
        _("行是能办的事，列是角色。"),
        _("格子里写的是能对谁办：本人、本机构、下级、服务的居民或全市。"),
        _("这张表和系统实际执行的是同一张。"),
    )
    add_help(
        "a",
        "policies",
        _("一人提出、另一人批准；最早从明天起生效，已过的日子永远不改。"),
        _("批准前可在既往记录上试算：会有多少件结果不同，试算不改变任何记录。"),
        _("B 读过转述原文的公开文件；M、C 凭记忆，用前请核对原文；L 一地的做法；D 平台默认；V 已读原文。"),
    )
    add_help(
        "a",
        "emergencies",
        _("每一次紧急查看都要在 24 小时内审查。"),
        _("结论只有两个：合理，或滥用；居民看得到。"),
        _("自己查看的，不能自己审查。"),
    )
    add_help(
        "a",
        "trace",
        _("按居民、人员、时间或动作查；不填条件查最近 30 天。"),
        _("您的每次查询也会留下痕迹。"),
        _("痕迹改不了，也删不掉。"),
    )
