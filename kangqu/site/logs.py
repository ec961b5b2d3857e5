"""The log: JSON lines on stderr that say what happened and hold nothing about anybody.

Our own lines name a route, a status, a duration, an account's number. Lines of libraries keep their words but not the
values put into them, and an exception keeps its kind and place but not its message: those may quote a path, a
statement or a row. What is left over with six digits in a row is blanked.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

_DIGITS: Final = re.compile(r"\d{6,}[\dXx]*")
_OURS: Final = "kangqu"

Line = MutableMapping[str, Any]


class _Wordless(logging.Filter):
    """Libraries' records keep their template, not its values."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_OURS):
            record.msg = _DIGITS.sub("#", str(getattr(record, "action", None) or record.msg))
            record.args = None
        return True


def without_messages(logger: Any, name: str, line: Line) -> Line:
    """An exception as its kind and the places it passed, innermost last; never its message."""
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if found and found[0] is not None:
        frames = traceback.extract_tb(found[2])[-12:]
        line["exception"] = found[0].__qualname__
        line["places"] = [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return line


def _module(path: str) -> str:
    for mark in ("site-packages/", "/kangqu/"):
        if mark in path:
            return path.rpartition(mark)[2] if mark != "/kangqu/" else "kangqu/" + path.rpartition(mark)[2]
    return path.rpartition("/")[2]


def write_requests(requests: Iterable[Mapping[str, Any]]) -> None:
    """The lines of requests, written straight to stderr: on its way through logging one would cost as much as a query.

    Their facts are ours (a route, a status, a number): nothing in them is a message of somebody else's.
    """
    if not _requests.isEnabledFor(logging.INFO):
        return
    told: dict[str, Any] = {"event": "request", "level": "info", "logger": _requests.name}
    told["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    lines = [_LINE.encode({**facts, **told}) for facts in requests]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


_requests: Final = logging.getLogger("kangqu.request")
_LINE: Final = json.JSONEncoder(ensure_ascii=False)


def json_formatter() -> logging.Formatter:
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_messages,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def log_settings(level: str) -> dict[str, Any]:
    """Django's ``LOGGING``: everything to stderr, one JSON object a line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"wordless": {"()": "kangqu.site.logs._Wordless"}},
        "formatters": {"json": {"()": "kangqu.site.logs.json_formatter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "json",
                "filters": ["wordless"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            _OURS: {"level": level},
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.request": {"level": "ERROR"},  # refusals are not troubles; each request has its own line
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "procrastinate": {"level": "WARNING"},
            "_granian": {"handlers": [], "level": "ERROR", "propagate": True},
            "granian.access": {"handlers": [], "level": "ERROR", "propagate": False},
        },
    }


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_messages,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
