"""The lines of the workstation's menu, each shown to those who may open it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.population import operations
from kangqu.web.frame import MenuItem, add_to_menu
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
