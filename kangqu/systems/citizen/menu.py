"""The four tabs of the residents' frame."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.web.frame import MenuItem, add_to_menu


def fill_menu() -> None:
    """Add the tabs, once."""
    add_to_menu(
        "h",
        MenuItem(key="home", label=_("首页"), icon="home", view="citizen-home", order=10),
        MenuItem(key="code", label=_("亮码"), icon="code", view="citizen-code", order=20),
        MenuItem(key="family", label=_("家人"), icon="family", view="citizen-family", order=30),
        MenuItem(key="me", label=_("我的"), icon="user", view="citizen-me", order=40),
    )
