"""``kangqu demo``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer


def command(
    people: Annotated[int, typer.Option(help="合成城市的人数 / residents of the synthetic city", min=1)] = 5_000,
) -> None:
    """起一座演示城市：数据库、居民、网页、后台任务。 / A whole city to try: database, residents, pages, worker."""
    from kangqu.site.config import read_config
    from kangqu.site.server import prepare_to_serve, refuse_taken_port, serve, workers_for
    from kangqu.site.start import open_house
    from kangqu.site.telephone import start_telephone
    from kangqu.site.worker import at_work

    os.environ.setdefault("KANGQU_LOG_LEVEL", "WARNING")  # a line for each request would push the logins out of sight
    refuse_taken_port(read_config())
    start_telephone()  # before the settings are read: they say where messages go
    _say("正在准备数据库…… / Preparing the database…")
    config = open_house(migrate=True)
    from kangqu.site.demo import logins, settle

    settle(people, say=_say)
    prepare_to_serve(config)
    _wake_the_pharmacy()
    shown = [f"  {login.role:<22}{login.username:<24}{login.password}" for login in logins()]

    def ready() -> None:
        _say(f"\n康衢 Kangqu: http://{config.host}:{config.port}\n")
        if shown:
            _say("演示账号（每种岗位一个） / demo logins, one per role:")
            _say("\n".join(shown))
            _say(f"短信和动态口令 / texts and one-time codes: http://{config.host}:{config.port}/demo/codes")
        _say("\nCtrl-C 停止 / to stop")

    with at_work():
        serve(config, workers=workers_for(), ready=ready)


def _wake_the_pharmacy() -> None:
    """The demo's pharmacy works from the first start on; whoever turned it off finds it off."""
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.trace.actor import the_house
    from kangqu.systems.tcm_pharmacy.demo.switch import turn_on_first

    turn_on_first(by=the_house("operator"), at=system_clock())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
