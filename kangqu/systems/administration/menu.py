"""The lines of the administration's menu, each shown to those who may open it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.administration import operations
from kangqu.web.frame import MenuItem, add_to_menu
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
