"""The certificates' line on the residents' first page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.certificates.definition import OWN
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the line, once."""
    add_to_menu(
        "h",
        MenuItem(
            key="own-certificates",
            label=_("我的证明"),
            icon="shield",
            view="own-certificates",
            order=60,
            allowed=may_open(OWN),
        ),
    )
