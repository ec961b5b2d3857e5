"""``kangqu serve``."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Annotated

import typer


def command(
    workers: Annotated[int, typer.Option(help="进程数，0 为按核数 / processes, 0: one a core", min=0, max=64)] = 0,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="同时处理后台任务 / work the queue too")] = False,
) -> None:
    """提供网页和接口服务。 / Serve pages and API."""
    from kangqu.site.config import read_config
    from kangqu.site.server import prepare_to_serve, refuse_taken_port, serve, workers_for
    from kangqu.site.start import open_house
    from kangqu.site.worker import at_work

    refuse_taken_port(read_config())
    config = open_house(migrate=True)
    prepare_to_serve(config)

    def ready() -> None:
        sys.stderr.write(f"康衢 Kangqu: http://{config.host}:{config.port}\n")

    with at_work() if with_worker else nullcontext():
        serve(config, workers=workers_for(workers), ready=ready)
