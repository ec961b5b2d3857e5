"""Where the database is: any PostgreSQL ≥ 15 named by ``KANGQU_DATABASE_URL``, else the embedded one (``embedded``)."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from kangqu.kernel.basis.trouble import ConfigTrouble

OLDEST_MAJOR: Final = 15


def django_database(url: str) -> dict[str, Any]:
    """The ``DATABASES`` entry for a ``postgresql://`` URL. ``ConfigTrouble`` when it is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("postgres", "postgresql"):
        raise ConfigTrouble(
            "KANGQU_DATABASE_URL 应形如 postgresql://用户:口令@主机:端口/库名。",
            "KANGQU_DATABASE_URL should read like postgresql://user:password@host:port/database.",
        )
    options: dict[str, Any] = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "kangqu",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or options.pop("port", "") or ""),
        "OPTIONS": options,
    }


def database_named(url: str, name: str) -> str:
    """The same server's URL with another database in it."""
    head, question, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    authority = rest.split("/", 1)[0]
    return f"{scheme}://{authority}/{name}{question}{query}"
