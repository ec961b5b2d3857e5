"""What a process remembers of the city's policies, held against the database every few seconds (docs/algorithms/policies.md)."""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog

from kangqu.site.connections import let_go_of_dead_connections

SECONDS: Final = 5.0
_log = structlog.get_logger("kangqu.policies")


class _Fresh:
    """When this process last compared, by its steady clock; one thread at a time does."""

    until = 0.0
    comparing = threading.Lock()


def keep_policies_fresh() -> None:
    """Before a request or a job: compare with the database if five seconds have passed. Others do not wait for who does."""
    if time.monotonic() < _Fresh.until or not _Fresh.comparing.acquire(blocking=False):
        return
    try:
        _compare()
    finally:
        _Fresh.comparing.release()


def _compare() -> None:
    from django.db import Error

    from kangqu.kernel.policies.known import know

    let_go_of_dead_connections()
    try:
        know()
        _Fresh.until = time.monotonic() + SECONDS
    except Error:  # the request will say so itself, if it needs the database at all
        _log.warning("policies not compared", exc_info=True)
