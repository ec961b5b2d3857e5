"""``kangqu worker``."""

from __future__ import annotations


def command() -> None:
    """处理后台任务。 / Do the background work."""
    from kangqu.site.start import open_house

    open_house()
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.site.upkeep import prepare
    from kangqu.site.worker import work

    prepare(system_clock())
    work()
