"""The lines of the menus: work and cases for those whom a programme concerns, one's own cases for residents."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.operations import Operation
from kangqu.systems.casework import operations
from kangqu.systems.casework.posts import programmes_of
from kangqu.web.frame import MenuItem, add_help, add_to_menu
from kangqu.web.serving import may_open, viewer_of


def _concerned(operation: Operation) -> Callable[[HttpRequest], bool]:
    may = may_open(operation)
    return lambda request: may(request) and bool(programmes_of(viewer_of(request)))


def fill_menu() -> None:
    """Add the lines, once."""
    concerned = _concerned(operations.READ)
    add_to_menu(
        "c",
        MenuItem(key="tasks", label=_("待办"), icon="tasks", view="tasks", order=2, allowed=concerned),
        MenuItem(key="cases", label=_("办件"), icon="list", view="cases", order=10, allowed=concerned),
    )
    add_to_menu(
        "h",
        MenuItem(
            key="own-cases",
            label=_("我的办件"),
            icon="tasks",
            view="own-cases",
            order=50,
            allowed=may_open(operations.OWN),
        ),
    )
    add_to_menu(
        "a",
        MenuItem(
            key="events",
            label=_("搁置的消息"),
            icon="bell",
            view="events",
            order=91,
            allowed=may_open(operations.EVENTS),
        ),
    )
    _fill_help()


def _fill_help() -> None:
    add_help(
        "c",
        "tasks",
        _("最急的在最上面；红色是已经超时的。"),
        _("按 F2 后扫办件码，打开那一件；↑↓ 选，回车打开，空格勾选。"),
        _("选定一种业务的一个环节后，可以勾选几件一起办。"),
    )
    add_help(
        "c",
        "cases",
        _("按 F2 后扫办件码、输入办件号或处方号，都能打开。"),
        _("按 F8 办这一件的下一步；要填的先填，要紧的再问一遍。"),
        _("办错了，有的环节可以写明原因退回上一步；退回也留痕。"),
    )
    add_help(
        "a",
        "events",
        _("消息是一个环节告诉另一个系统的事；处理几次都没成的搁在这里。"),
        _("先看原因，改好后点“重送”；重送不会重复生效。"),
        _("最早一条等了多久，也在 /metrics 里。"),
    )
