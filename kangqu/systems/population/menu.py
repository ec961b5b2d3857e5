"""The lines of the workstation's menu, each shown to those who may open it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.population import operations
from kangqu.web.frame import MenuItem, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    items = (
        MenuItem(key="work", label=_("工作站"), icon="home", view="work", order=1, allowed=may_open(operations.HOME)),
        MenuItem(
            key="residents",
            label=_("居民"),
            icon="family",
            view="residents",
            order=20,
            allowed=may_open(operations.FIND),
        ),
        MenuItem(
            key="imports",
            label=_("导入名单"),
            icon="import",
            view="imports",
            order=40,
            allowed=may_open(operations.IMPORT),
        ),
        MenuItem(
            key="reviews",
            label=_("疑似重复"),
            icon="merge",
            view="reviews",
            order=50,
            allowed=may_open(operations.REVIEW),
        ),
    )
    add_to_menu("c", *items)
    add_to_menu("a", *(item for item in items if item.key == "reviews"))
    _fill_help()


def _fill_help() -> None:
    add_help(
        "c",
        "work",
        _("要找人，按 F2，扫码、刷身份证或输入姓名。"),
        _("没有登记过的人，点“建档”；新生儿没有证件也能建。"),
        _("15 分钟不动会自动退出；建档没交的内容留在这台电脑上，再登录还在。"),
    )
    add_help(
        "c",
        "residents",
        _("按 F2 后扫码、刷身份证、输入姓名或拼音，都能找到人。"),
        _("号码平时遮住；点“显示号码”看 30 秒，居民会知道。"),
        _("两个人同时改，后保存的会看到两边的内容，再决定。"),
    )
    add_help(
        "c",
        "imports",
        _("先下载模板填好，再上传；Excel 和 CSV 都可以。"),
        _("上传后先核对，点“写入”才会改动；24 小时内可以整批撤销。"),
        _("有错的行可以下载，改好后原样再传。"),
    )
    for portal in "ca":
        add_help(
            portal,
            "reviews",
            _("每一对要看姓名、证件、出生日期和住址，拿不准就先不定。"),
            _("合并以后可以拆开，两份记录都恢复原样。"),
            _("定为“两个人”的，以后不会再提示。"),
        )
