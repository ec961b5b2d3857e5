"""The database connections that threads keep: one whose server went away is let go before the thread's next piece of work."""

from __future__ import annotations

import select
from typing import Any

from django.db import connections


def let_go_of_dead_connections(**_signal: Any) -> None:
    """Close this thread's connections that broke in its work before, or whose server went away since then."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is None:
            continue
        if _has_spoken(connection.connection):
            connection.close()
        else:
            connection.close_if_unusable_or_obsolete()


def _has_spoken(raw: Any) -> bool:
    """Whether the server says something though nobody has asked it anything: it says that it goes."""
    try:
        poll = select.poll()
        poll.register(raw.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except Exception:  # noqa: BLE001 - a connection that is closed has no number
        return True
