"""The lines of the workstation's menu, each shown to those who may open it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.operations import Operation
from kangqu.systems.population import operations
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.serving import viewer_of


def _may(operation: Operation) -> Callable[[HttpRequest], bool]:
    return lambda request: viewer_of(request).may(operation) is None


def fill_menu() -> None:
    """Add the lines, once."""
    items = (
        MenuItem(key="work", label=_("工作站"), icon="home", view="work", order=1, allowed=_may(operations.HOME)),
        MenuItem(
            key="residents", label=_("居民"), icon="family", view="residents", order=20, allowed=_may(operations.FIND)
        ),
        MenuItem(
            key="imports", label=_("导入名单"), icon="import", view="imports", order=40, allowed=_may(operations.IMPORT)
        ),
        MenuItem(
            key="reviews", label=_("疑似重复"), icon="merge", view="reviews", order=50, allowed=_may(operations.REVIEW)
        ),
    )
    add_to_menu("c", *items)
    add_to_menu("a", *(item for item in items if item.key == "reviews"))
