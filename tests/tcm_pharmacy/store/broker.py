"""A real broker on loopback, in a thread of the test's process: with a password, with TLS, ended and begun again."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from amqtt.broker import Broker
from amqtt.mqtt.protocol.handler import ProtocolHandler
from amqtt.session import OUTGOING
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from pwdlib.hashers.argon2 import Argon2Hasher

USER, PASSWORD = "machines", "wrong horse"


_flow = ProtocolHandler._handle_qos1_message_flow


async def _unforgetful(handler: Any, message: Any) -> None:
    """This broker forgets what was not acknowledged when the connection ends; MQTT says that it is sent again (4.4.0-1)."""
    session = handler.session
    try:
        await _flow(handler, message)
    except (asyncio.CancelledError, TimeoutError):
        if message.direction == OUTGOING and message.puback_packet is None:
            session.inflight_out[message.packet_id] = message
        raise


class RealBroker:
    """A broker on ``port``; ``tls`` is the folder that ``certificate`` filled."""

    def __init__(self, port: int, folder: Path, *, tls: Path | None = None) -> None:
        passwords = folder / "passwords"
        passwords.write_text(f"{USER}:{Argon2Hasher(time_cost=1, memory_cost=64).hash(PASSWORD)}\n")
        listener: dict[str, Any] = {"type": "tcp", "bind": f"127.0.0.1:{port}"}
        if tls is not None:
            listener |= {"ssl": True, "certfile": str(tls / "broker.pem"), "keyfile": str(tls / "broker.key")}
        self.port = port
        self._config = {
            "listeners": {"default": listener},
            "timeout_disconnect_delay": 0,
            "plugins": {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(passwords)}},
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._broker: Broker | None = None

    def start(self) -> None:
        ProtocolHandler._handle_qos1_message_flow = _unforgetful

        async def begin() -> Broker:
            broker = Broker(self._config, loop=self._loop)
            await broker.start()
            return broker

        self._broker = asyncio.run_coroutine_threadsafe(begin(), self._loop).result(20)

    def stop(self) -> None:
        assert self._broker is not None
        asyncio.run_coroutine_threadsafe(self._broker.shutdown(), self._loop).result(20)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


def certificate(folder: Path, now: datetime) -> Path:
    """A certificate for 127.0.0.1 that signs itself: broker.pem, broker.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    (folder / "broker.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "broker.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


class Machine:
    """A machine's MQTT client: connected, it publishes and waits until the broker has the message."""

    def __init__(self, port: int, *, ca: Path | None = None) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        if ca is not None:
            self._client.tls_set(ca_certs=str(ca))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def says(self, topic: str, message: bytes | str) -> None:
        told: MQTTMessageInfo = self._client.publish(topic, message, qos=1)
        told.wait_for_publish(20)
        assert told.is_published()

    def goes(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def until(true: Callable[[], Any], seconds: float = 20) -> None:
    """Wait for what another thread does."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)
