"""``kangqu migrate``."""

from __future__ import annotations

from kangqu.site.start import open_house


def command() -> None:
    """把数据库升级到当前版本。 / Bring the database to this version."""
    open_house(migrate=True)
