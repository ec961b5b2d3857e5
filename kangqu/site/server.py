"""The web server: granian's workers, each with its own Django, behind one address."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kangqu.kernel.basis.trouble import ConfigTrouble
from kangqu.site.config import Config

# Requests that come together share statements (``Together``): a worker takes enough of them at a time, and all workers
# together fewer than the hundred connections that a database server gives when nobody says otherwise.
_THREADS: Final = 16
_CONNECTIONS: Final = 80


def cores() -> int:
    """How many cores this process may use."""
    return max(1, min(8, len(os.sched_getaffinity(0))))


def workers_for(asked: int = 0) -> int:
    """How many processes serve: as many as were asked for, or by the cores."""
    return asked or cores()


def threads_for(workers: int) -> int:
    """How many requests each of so many processes answers at a time; each has a database connection."""
    return max(4, min(_THREADS, _CONNECTIONS // workers))


def refuse_taken_port(config: Config) -> None:
    """Say so in a sentence when the address cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as failed:
        where = f"{config.host}:{config.port}"
        if failed.errno == errno.EADDRINUSE:
            raise ConfigTrouble(
                f"{where} 已被占用：康衢是否已在运行？可用 KANGQU_PORT 换一个端口，例如 KANGQU_PORT={config.port % 65535 + 1}。",
                f"{where} is taken: is Kangqu running already? KANGQU_PORT names another port, such as {config.port % 65535 + 1}.",
            ) from None
        raise ConfigTrouble(
            f"不能在 {where} 上提供服务：请核对 KANGQU_HOST 和 KANGQU_PORT。",
            f"{where} cannot be listened on: check KANGQU_HOST and KANGQU_PORT.",
            failed,
        ) from None


def prepare_to_serve(config: Config) -> None:
    """What a server needs beside the database: a fresh folder in which its workers count together."""
    counts = config.home / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)


def serve(config: Config, *, workers: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C); ``ready`` is called once the workers have been started."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from kangqu.site.logs import log_settings

    # A worker begins anew: threads and connections of this process would not survive a fork.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "kangqu.site.wsgi:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads_for(workers),
        log_level=LogLevels.error,
        log_dictconfig=log_settings(config.log_level),
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        working_dir=Path.cwd(),
    )
    server.on_startup(ready)
    server.serve()
