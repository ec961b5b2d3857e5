"""Backup: one file with the whole city as it stood at one instant, and what is needed to know it whole.

The file is a ZIP of ``database.dump`` (pg_dump's custom format), ``manifest.json`` (version, counts of one and the same
snapshot, digest, check values of the keys) and, only when asked for, ``secret``. The manifest is signed with a key
derived from the city's secret. Without the secret a backup's sealed fields stay sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from kangqu.kernel.basis.embedded import binary
from kangqu.kernel.basis.sealing import derive, key_check
from kangqu.kernel.basis.trouble import ConfigTrouble, DatabaseTrouble, Trouble
from kangqu.site.config import Config
from kangqu.site.files import whole_file

FORMAT: Final = 1
DUMP: Final = "database.dump"
MANIFEST: Final = "manifest.json"
SECRET: Final = "secret"  # noqa: S105 - the name of an entry
CHUNK: Final = 1 << 20

# Whole tables, partitions counted with the table they are part of.
_TABLES: Final = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
)


def back_up(config: Config, url: str, file: Path, *, at: datetime, with_secret: bool) -> dict[str, Any]:
    """Write the backup to ``file``, whole or not at all, readable by its owner only; return its manifest."""
    if file.exists():
        raise ConfigTrouble(f"{file} 已存在，不会覆盖。", f"{file} exists and is not overwritten.")
    if with_secret and not (config.home / "secret").exists():
        raise ConfigTrouble(
            "密钥来自 KANGQU_SECRET，不在 KANGQU_HOME 里，不能放进备份。",
            "The secret comes from KANGQU_SECRET, not from KANGQU_HOME: it cannot go into the backup.",
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            manifest = _write(archive, config, url, at)
            if with_secret:
                archive.writestr(SECRET, (config.home / "secret").read_bytes())
    except OSError as failed:
        raise Trouble(f"备份没有写成：{file}。", f"The backup could not be written: {file}.", failed) from None
    return manifest


def _write(archive: zipfile.ZipFile, config: Config, url: str, at: datetime) -> dict[str, Any]:
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        server = connection.info.server_version // 10000
        tool = program("pg_dump", at_least=server)
        (snapshot,) = _row(connection, "SELECT pg_export_snapshot()")
        digest, size = _dump(archive, tool, url, snapshot)
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "kangqu": version("kangqu"),
            "city": config.city,
            "made_at": at.isoformat(),
            "postgresql": server,
            "pg_dump": major_of(tool),
            "migrations": [
                f"{app}.{name}"
                for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
            ],
            "counts": counts(connection),
            "keys": {str(number): key_check(secret) for number, secret in config.secrets.items()},
            "sha256": digest,
            "bytes": size,
        }
    manifest["signature"] = sign(manifest, config.secrets)
    archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _row(connection: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def _dump(archive: zipfile.ZipFile, tool: Path, url: str, snapshot: str) -> tuple[str, int]:
    """pg_dump's output into the archive as it comes; its digest and size."""
    digest, size = hashlib.sha256(), 0
    command = [
        str(tool),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--snapshot={snapshot}",
        f"--dbname={url}",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with archive.open(DUMP, "w", force_zip64=True) as entry:
            while chunk := process.stdout.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                entry.write(chunk)
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise DatabaseTrouble("pg_dump 没有成功。", "pg_dump did not succeed.", said)
    return digest.hexdigest(), size


def counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table has."""
    found = {}
    for (table,) in connection.execute(_TABLES).fetchall():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        found[table] = connection.execute(query).fetchone()[0]  # type: ignore[index]
    return found


def sign(manifest: Mapping[str, Any], secrets: Mapping[int, bytes]) -> str:
    """The manifest's signature: HMAC-SHA256 under the oldest key, over everything but the signature itself."""
    said = {name: value for name, value in manifest.items() if name != "signature"}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(derive(secrets[min(secrets)], "kangqu/backup"), text.encode(), "sha256").hex()


def program(name: str, *, at_least: int) -> Path:
    """The oldest PostgreSQL program ``name`` on this machine that is new enough for a server of ``at_least``."""
    found = {major_of(path): path for path in _installed(name)}
    fit = [major for major in sorted(found) if major >= at_least]
    if not fit:
        raise DatabaseTrouble(
            f"服务器是 PostgreSQL {at_least}，这里的 {name} 太旧：请安装 postgresql-client-{at_least}。",
            f"The server is PostgreSQL {at_least} and {name} here is too old: install postgresql-client-{at_least}.",
        )
    return found[fit[0]]


def _installed(name: str) -> list[Path]:
    found = [binary(name), *Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
    if on_path := shutil.which(name):
        found.append(Path(on_path))
    return [path for path in found if path.exists()]


def major_of(path: Path) -> int:
    """The major version a program of PostgreSQL says it is; 0 when it says nothing."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", said)
    return int(number[1]) if number else 0
