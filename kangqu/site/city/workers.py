"""Processes that make chunks. Imports nothing of Django before a process has set it up."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from kangqu.site.city.order import Order

if TYPE_CHECKING:
    from kangqu.site.city.make import ChunkMaker
    from kangqu.site.city.residents import Chunk

_MAKER: list[ChunkMaker] = []


def worker_pool(order: Order, workers: int, database: str) -> ProcessPoolExecutor:
    """Fresh processes with a connection of their own to ``database`` on the server of the settings."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_start, initargs=(order, database))


def _start(order: Order, database: str) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import django

    django.setup()
    from django.db import connections

    from kangqu.site.city.make import ChunkMaker

    connections["default"].settings_dict["NAME"] = database
    _MAKER.append(ChunkMaker(order))


def _end_with_parent() -> None:
    """A killed parent cannot tell its processes to stop: each waits for its end and goes with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def make_chunk(chunk: Chunk) -> list[tuple[str, str]]:
    """Make a chunk in this process; return the public codes of the people in it who are registered twice."""
    return _MAKER[0].make(chunk)
