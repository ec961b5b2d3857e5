"""What the environment says. Read once, checked at once: a wrong setting stops the start with one sentence."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from kangqu.kernel.basis.postgres import django_database
from kangqu.kernel.basis.trouble import ConfigTrouble

CITIES = {"zibo": "370300", "jinan": "370100", "liaocheng": "371500"}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one running city.

    ``home`` keeps what the city itself keeps (embedded database, secret, backups); ``secrets`` are its keys by number;
    ``database_url`` is empty for the embedded server.
    """

    home: Path
    database_url: str
    host: str
    port: int
    city: str
    secrets: dict[int, bytes]
    development: bool
    metrics_token: str
    log_level: str
    allowed_hosts: tuple[str, ...]
    https: bool


def read_config(environment: dict[str, str] | None = None) -> Config:
    env = dict(os.environ) if environment is None else environment
    home = Path(env.get("KANGQU_HOME", "var")).expanduser().absolute()
    city = env.get("KANGQU_CITY", "zibo")
    if city not in CITIES:
        raise ConfigTrouble(
            f"KANGQU_CITY 应为 {'、'.join(CITIES)} 之一。", f"KANGQU_CITY must be one of {', '.join(CITIES)}."
        )
    try:
        port = int(env.get("KANGQU_PORT", "8000"))
    except ValueError:
        port = -1
    if not 0 < port < 65536:
        raise ConfigTrouble("KANGQU_PORT 应为 1–65535 的整数。", "KANGQU_PORT must be a whole number from 1 to 65535.")
    database_url = env.get("KANGQU_DATABASE_URL", "")
    if database_url:
        django_database(database_url)
    return Config(
        home=home,
        database_url=database_url,
        host=env.get("KANGQU_HOST", "127.0.0.1"),
        port=port,
        city=city,
        secrets=_secrets(env.get("KANGQU_SECRET", ""), home),
        development=env.get("KANGQU_DEVELOPMENT", "") == "1",
        metrics_token=_metrics_token(env.get("KANGQU_METRICS_TOKEN", "")),
        log_level=_log_level(env.get("KANGQU_LOG_LEVEL", "INFO")),
        allowed_hosts=_allowed_hosts(env.get("KANGQU_HOST", "127.0.0.1"), env.get("KANGQU_ALLOWED_HOSTS", "")),
        https=env.get("KANGQU_HTTPS", "") == "1",
    )


def _allowed_hosts(host: str, value: str) -> tuple[str, ...]:
    """The names the city is served under. On loopback any name will do; where others reach it the names are given."""
    named = tuple(name.strip() for name in value.split(",") if name.strip())
    if "*" in named or (host in ("0.0.0.0", "::", "") and not named):  # noqa: S104 - refused, not bound
        raise ConfigTrouble(
            "对外提供服务时请用 KANGQU_ALLOWED_HOSTS 写明域名，不能用 *。",
            "Where others can reach it, name the hosts in KANGQU_ALLOWED_HOSTS; * is not a name.",
        )
    return named or (("*",) if host in ("127.0.0.1", "localhost", "::1") else (host,))


def _metrics_token(value: str) -> str:
    if value and len(value) < 16:
        raise ConfigTrouble(
            "KANGQU_METRICS_TOKEN 至少 16 个字符。", "KANGQU_METRICS_TOKEN needs at least 16 characters."
        )
    return value


def _log_level(value: str) -> str:
    if value not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigTrouble(
            "KANGQU_LOG_LEVEL 应为 DEBUG、INFO、WARNING、ERROR 之一。",
            "KANGQU_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR.",
        )
    return value


def _secrets(value: str, home: Path) -> dict[int, bytes]:
    """``KANGQU_SECRET`` is one secret, or ``1:…,2:…`` while keys rotate; without it one is made and kept in ``home``."""
    if not value:
        return {1: _kept_secret(home / "secret").encode()}
    numbered: dict[int, bytes] = {}
    for position, part in enumerate(value.split(","), start=1):
        number, colon, secret = part.partition(":")
        if not colon:
            number, secret = str(position), part
        if not number.isdigit() or not 0 < int(number) < 256 or len(secret) < 32:
            raise ConfigTrouble(
                "KANGQU_SECRET 每个密钥至少 32 个字符，编号 1–255。",
                "Each secret in KANGQU_SECRET needs 32 characters, numbered 1–255.",
            )
        numbered[int(number)] = secret.encode()
    return numbered


def _kept_secret(file: Path) -> str:
    if not file.exists() and (file.parent / "postgres" / "PG_VERSION").exists():
        raise ConfigTrouble(
            f"密钥文件 {file} 不见了，而这里有一座用它密封的城市：请从另外保管的地方放回。",
            f"The secret {file} is missing, and there is a city here sealed with it: put it back from where it is kept.",
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    except OSError as failed:
        raise ConfigTrouble(
            f"目录 {file.parent} 不能写入。", f"The folder {file.parent} cannot be written to.", failed
        ) from None
    try:
        kept = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failed:
        raise ConfigTrouble(f"密钥文件 {file} 读不出来。", f"The secret {file} cannot be read.", failed) from None
    if len(kept) < 32:
        raise ConfigTrouble(
            f"{file} 里的密钥不完整，请从备份恢复。", f"The secret in {file} is not whole: restore it from a backup."
        )
    return kept
