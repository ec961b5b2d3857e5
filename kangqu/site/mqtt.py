"""The broker machines report through: from the environment, or from ``mqtt.toml`` in ``KANGQU_HOME``; the environment wins.

::

    url = "mqtts://broker.example.org:8883"
    user = "kangqu"
    password = "…"
    ca = "/etc/kangqu/broker-ca.pem"

``KANGQU_MQTT_URL``, ``KANGQU_MQTT_USER``, ``KANGQU_MQTT_PASSWORD``, ``KANGQU_MQTT_CA`` say the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kangqu.kernel.basis.trouble import ConfigTrouble

FILE: Final = "mqtt.toml"
STATE: Final = "machines-listener"
"""Where the cache says how the listening goes: {"connected": bool, "at": instant, "why": words}."""
LOCK: Final = "tcm/machines"
"""The advisory lock of whoever listens for the house."""
_NAMES: Final = ("url", "user", "password", "ca")
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_HERE: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Mqtt:
    """Where the broker is and how the house signs in there. ``ca`` is a file of PEM certificates; empty: the system's."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""


def read_mqtt(environment: Mapping[str, str], home: Path) -> Mqtt | None:
    """The broker that is named; ``None`` where none is. ``ConfigTrouble`` when what is said cannot be used."""
    said = {**_kept(home / FILE), **_named(environment)}
    if not said.get("url"):
        return None
    unknown = set(said) - set(_NAMES)
    try:
        parts = urlsplit(said["url"])
        port = parts.port or _PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        unknown, host, port, parts = {"url"}, "", 0, urlsplit("")
    if unknown or not host or parts.username or parts.path not in ("", "/") or parts.query:
        raise ConfigTrouble(
            "MQTT 设置不能用：地址应像 mqtts://主机:8883，用户名和密码另写。",
            "The MQTT settings cannot be used: the address is like mqtts://host:8883, user and password apart.",
        )
    tls = parts.scheme == "mqtts"
    if said.get("password") and not tls and host not in _HERE:
        raise ConfigTrouble(
            "MQTT 密码只能经 mqtts:// 送出。", "A password for MQTT goes over mqtts:// only, or to this machine."
        )
    if said.get("ca") and not Path(said["ca"]).is_file():
        raise ConfigTrouble(f"证书文件 {said['ca']} 不存在。", f"There is no certificate file {said['ca']}.")
    return Mqtt(host, port, tls, said.get("user", ""), said.get("password", ""), said.get("ca", ""))


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: environment.get(f"KANGQU_MQTT_{name.upper()}", "") for name in _NAMES}
    return {name: value for name, value in found.items() if value}


def _kept(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
        raise ConfigTrouble(
            f"{file} 里的 MQTT 设置不能用。", f"The MQTT settings in {file} cannot be used.", wrong
        ) from wrong
    return {str(name): str(value) for name, value in read.items()}
