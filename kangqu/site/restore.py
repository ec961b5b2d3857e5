"""Restore: a backup read back into a database of its own beside the present one, proved, and only then put in its place."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import psycopg
from psycopg import sql

from kangqu.kernel.basis.postgres import database_named, django_database
from kangqu.kernel.basis.sealing import key_check
from kangqu.kernel.basis.trouble import ConfigTrouble, DatabaseTrouble, Trouble
from kangqu.site.backup import CHUNK, DUMP, FORMAT, MANIFEST, SECRET, counts, program, sign
from kangqu.site.config import Config

_LARGEST_MANIFEST: Final = 4 << 20
_LEAVING_TENTHS: Final = 50  # of a second


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup file that was read whole: every byte is the one that was written."""

    file: Path
    manifest: dict[str, Any]
    secret: bytes | None


def read_backup(file: Path) -> Backup:
    """Read the whole file and hold it against its manifest, before anything is touched. ``Trouble`` when it is damaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                raise ValueError("manifest")
            manifest = json.loads(archive.read(MANIFEST))
            digest = hashlib.sha256()
            with archive.open(DUMP) as dump:
                while chunk := dump.read(CHUNK):
                    digest.update(chunk)
            if manifest["format"] != FORMAT:
                raise ConfigTrouble(
                    f"{file} 是另一个版本的备份格式，请用写出它的版本恢复。",
                    f"{file} is a backup of another format: restore it with the version that wrote it.",
                )
            if digest.hexdigest() != manifest["sha256"]:
                raise ValueError("digest")
            secret = archive.read(SECRET) if SECRET in archive.namelist() else None
            return Backup(file, manifest, secret)
    except FileNotFoundError:
        raise ConfigTrouble(f"没有找到 {file}。", f"{file} was not found.") from None
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, EOFError, NotImplementedError) as broken:
        raise Trouble(
            f"{file} 不是完整的备份，什么也没有恢复。",
            f"{file} is not a whole backup; nothing was restored.",
            type(broken).__name__,
        ) from None


def bring_secret(backup: Backup, home: Path) -> None:
    """Put the backup's secret into a home that has none. A secret that is there is never overwritten."""
    kept = home / "secret"
    if backup.secret is None or kept.exists() or os.environ.get("KANGQU_SECRET"):
        return
    home.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(backup.secret)


def refuse_unfit(backup: Backup, config: Config, known_migrations: set[str], ours: set[str]) -> None:
    """Stop before anything is touched when this house cannot read the backup: other keys, another city, a newer version."""
    manifest = backup.manifest
    secrets = {str(number): secret for number, secret in config.secrets.items()}
    wrong = [
        number
        for number, check in manifest["keys"].items()
        if number not in secrets or key_check(secrets[number]) != check
    ]
    if wrong:
        raise ConfigTrouble(
            f"这份备份用的是另一把密钥（编号 {wrong[0]}）：请先放回原来的 secret 文件或 KANGQU_SECRET。",
            f"This backup was made with another secret (number {wrong[0]}): put back the file secret or KANGQU_SECRET first.",
        )
    if not hmac.compare_digest(sign(manifest, config.secrets), str(manifest.get("signature"))):
        raise Trouble(
            f"{backup.file} 的清单被改动过，什么也没有恢复。",
            f"The manifest of {backup.file} was changed; nothing was restored.",
        )
    if manifest["city"] != config.city:
        raise ConfigTrouble(
            f"这份备份属于 {manifest['city']}：请设置 KANGQU_CITY={manifest['city']}。",
            f"This backup belongs to {manifest['city']}: set KANGQU_CITY={manifest['city']}.",
        )
    newer = [name for name in manifest["migrations"] if name.partition(".")[0] in ours and name not in known_migrations]
    if newer:
        raise ConfigTrouble(
            f"这份备份来自更新版本的康衢（{newer[0]}），请升级程序。",
            f"This backup comes from a newer Kangqu ({newer[0]}): upgrade the program.",
        )


def restore(backup: Backup, url: str, *, replace: bool, at: datetime) -> None:
    """Fill a new database beside the one ``url`` names, prove its counts, and give it that name.

    A database with anything in it is refused unless ``replace`` says so; then it is kept under another name.
    """
    name = django_database(url)["NAME"]
    fresh = f"{name}_restoring"
    with psycopg.connect(database_named(url, "postgres"), autocommit=True, connect_timeout=10) as server:
        present = _present(server, url, name)
        if present and not replace:
            raise ConfigTrouble(
                f"数据库 {name} 里已有数据。要替换它请加 --replace，原来的会改名保留。",
                f"The database {name} already holds data. To replace it add --replace; the old one is kept under another name.",
            )
        _refuse_used(server, name)
        _recreate(server, fresh)
        try:
            _fill(backup, database_named(url, fresh), server.info.server_version // 10000)
            _prove(backup, database_named(url, fresh))
            _swap(server, name, fresh, keep=f"{name}_until_{at:%Y%m%d%H%M%S}" if present else None)
        except BaseException:
            with suppress(psycopg.Error):  # the next restore drops it, should the server be gone
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
            raise


def rehearse(backup: Backup, url: str) -> list[str]:
    """Restore into a database beside the present one, prove it by its counts and by every check, and drop it.

    The present database is not touched. Returns what the checks found.
    """
    trial = f"{django_database(url)['NAME']}_rehearsal"
    there = database_named(url, trial)
    with psycopg.connect(database_named(url, "postgres"), autocommit=True, connect_timeout=10) as server:
        _recreate(server, trial)
        try:
            _fill(backup, there, server.info.server_version // 10000)
            _prove(backup, there)
            return _checked(there)
        finally:
            with suppress(psycopg.Error):
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(trial)))


def _checked(url: str) -> list[str]:
    """What ``kangqu check`` finds in another database, brought up to date; in a process of its own."""
    program = "from kangqu.site.cli import main; main()"
    for arguments in (["migrate"], ["check", "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, "KANGQU_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1) or not (done.stdout or arguments == ["migrate"]):
            raise DatabaseTrouble(
                "演练里的核对没有做成。", "The checks of the rehearsal could not be run.", done.stderr[:2000]
            )
    return [
        f"{each['name']} {finding['where']}: {finding['what']}"
        for each in json.loads(done.stdout)
        for finding in each["findings"]
    ]


def _present(server: psycopg.Connection[Any], url: str, name: str) -> bool:
    if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return False
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm')"
            " AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' LIMIT 1"
        )
        return tables.fetchone() is not None


def _refuse_used(server: psycopg.Connection[Any], name: str) -> None:
    """Before the work, not after it: a database somebody is connected to cannot be renamed.

    Whoever has just gone is still listed for a moment, as PostgreSQL itself allows for when it renames.
    """
    asked = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend' LIMIT 1"
    for _ in range(_LEAVING_TENTHS):
        if server.execute(asked, [name]).fetchone() is None:
            return
        time.sleep(0.1)
    raise _in_use(name)


def _in_use(name: str) -> DatabaseTrouble:
    return DatabaseTrouble(
        f"数据库 {name} 正在使用：请先停止康衢再恢复。",
        f"The database {name} is in use: stop Kangqu before you restore.",
    )


def _recreate(server: psycopg.Connection[Any], name: str) -> None:
    try:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'").format(
                sql.Identifier(name)
            )
        )
    except psycopg.Error as failed:
        raise DatabaseTrouble(
            "不能新建恢复用的数据库：帐号需要 CREATEDB 权限。",
            "No database to restore into can be made: the account needs CREATEDB.",
            failed,
        ) from None


def _fill(backup: Backup, url: str, server: int) -> None:
    """pg_restore turns the dump into SQL, psql runs it in one transaction."""
    tool = program("pg_restore", at_least=backup.manifest["pg_dump"])
    psql = tool.with_name("psql")
    if server < backup.manifest["postgresql"]:
        raise DatabaseTrouble(
            f"备份来自 PostgreSQL {backup.manifest['postgresql']}，服务器是 {server}：请换同样新或更新的服务器。",
            f"The backup comes from PostgreSQL {backup.manifest['postgresql']} and the server is {server}: use one as new or newer.",
        )
    with tempfile.TemporaryFile() as said:
        reading = subprocess.Popen(
            [str(tool), "--no-owner", "--no-privileges", "--exit-on-error", "--file=-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
        running = subprocess.Popen(
            [str(psql), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={url}"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
        assert reading.stdin is not None
        assert reading.stdout is not None
        assert running.stdin is not None
        feeding = threading.Thread(target=_feed, args=(backup.file, reading.stdin))
        feeding.start()
        _pass_on(reading.stdout, running.stdin, server)
        feeding.join()
        if reading.wait() or running.wait():
            said.seek(0)
            raise DatabaseTrouble(
                "恢复没有成功，原有数据未动。",
                "The restore did not succeed; nothing was changed.",
                said.read(2000).decode(errors="replace"),
            )


def _feed(file: Path, pipe: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive, archive.open(DUMP) as dump, pipe:
            while chunk := dump.read(CHUNK):
                pipe.write(chunk)
    except BrokenPipeError:
        pass  # the reader's own words say why


def _pass_on(source: IO[bytes], target: IO[bytes], server: int) -> None:
    """The script, less the one setting in its head that servers before 17 do not know."""
    head = True
    try:
        with target:
            for line in source:
                head = head and not line.startswith(b"COPY ")
                if head and server < 17 and line.startswith(b"SET transaction_timeout"):
                    continue
                target.write(line)
    except BrokenPipeError:
        for _ in source:
            pass


def _prove(backup: Backup, url: str) -> None:
    with psycopg.connect(url) as connection:
        found = counts(connection)
    differing = [table for table, count in backup.manifest["counts"].items() if found.get(table) != count]
    if differing:
        raise DatabaseTrouble(
            f"恢复出的行数与清单不符（{differing[0]}），没有启用。",
            f"The restored counts differ from the manifest ({differing[0]}); the restore was not put in place.",
        )


def _swap(server: psycopg.Connection[Any], name: str, fresh: str, *, keep: str | None) -> None:
    try:
        if keep:
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(keep)))
        else:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse:
        raise _in_use(name) from None
