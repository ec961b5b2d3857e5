"""Listening at the broker: what machines report is written down, and only then acknowledged.

One process of a house listens at a time, in a session the broker keeps while nobody does. A message whose writing fails
for want of the database is not acknowledged: the run ends, and the broker brings it again to the next.
"""

from __future__ import annotations

import signal
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from django.db import connections
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kangqu.site.connections import let_go_of_dead_connections
from kangqu.site.mqtt import LOCK, STATE, Mqtt

_KEEPALIVE_SECONDS: Final = 30
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_STAND_BY: Final = 10.0
_GRACE_SECONDS: Final = 20

_log = structlog.get_logger("kangqu.machines")

Take = Callable[[str, bytes], None]


class Away(Exception):
    """The broker cannot be reached, or does not let the house in."""


class MachineListener:
    """Listens in a thread of its own until told to stop; what ends a run, the next begins again, later each time.

    ``take`` writes one message down; what it raises ends the run with the message unacknowledged.
    """

    def __init__(self, mqtt: Mqtt, *, session: str, topic: str, take: Take, first_wait: float = _FIRST_WAIT) -> None:
        self._mqtt, self._session, self._topic, self._take = mqtt, session, topic, take
        self._first_wait = self._wait = first_wait
        self._stopped = threading.Event()
        self._client: Client | None = None
        self._thread = threading.Thread(target=self._run, name="kangqu-machines", daemon=True)
        self.listening = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write down what is at hand, leave the session with the broker, and return when that is done."""
        self._stopped.set()
        if self._client is not None:
            self._client.disconnect()
        self._thread.join(_GRACE_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                let_go_of_dead_connections()
                if not _mine():
                    self._stopped.wait(_STAND_BY)
                    continue
                self._listen()
            except Exception as ended:  # noqa: BLE001 - broker or database are away for a while; the session keeps
                _log.warning("machines are not heard", why=_why(ended))
                _tell(connected=False, why=_why(ended))
            self.listening.clear()
            self._stopped.wait(self._wait)
            self._wait = min(self._wait * 2, _LONGEST_WAIT)
        connections.close_all()

    def _listen(self) -> None:
        """One run: connected, subscribed, message after message; returns when told to stop, raises when it is lost."""
        self._client = client = self._new_client()
        if self._stopped.is_set():
            return
        client.connect(self._mqtt.host, self._mqtt.port, keepalive=_KEEPALIVE_SECONDS)
        try:
            ended = client.loop_forever(retry_first_connection=False)
        finally:
            with suppress(Exception):
                client.socket().close()  # type: ignore[union-attr]
        if not self._stopped.is_set():
            raise Away(str(ended))

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._session,
            clean_session=False,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if self._mqtt.user:
            client.username_pw_set(self._mqtt.user, self._mqtt.password)
        if self._mqtt.tls:
            client.tls_set(ca_certs=self._mqtt.ca or None, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message, client.on_disconnect = self._on_message, self._on_disconnect
        return client

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _with: Properties | None
    ) -> None:
        if reason.is_failure:
            raise Away(str(reason))
        client.subscribe(self._topic, qos=1)

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _with: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            raise Away("subscription refused")
        self._wait = self._first_wait
        self.listening.set()
        _tell(connected=True)

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        let_go_of_dead_connections()
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._take(topic, bytes(message.payload))
        client.ack(message.mid, message.qos)

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, _reason: ReasonCode, _with: Properties | None
    ) -> None:
        self.listening.clear()


def _why(ended: Exception) -> str:
    """In few words, without what a message held."""
    return str(ended) if isinstance(ended, Away | OSError) else type(ended).__name__


def _mine() -> bool:
    """Whether this thread's connection holds the house's listening; it does until the connection ends."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        return bool(cursor.fetchone()[0])


def _tell(*, connected: bool, why: str = "") -> None:
    from django.core.cache import cache

    from kangqu.kernel.basis.clock import system_clock

    with suppress(Exception):  # the database may be what is away
        cache.set(STATE, {"connected": connected, "at": system_clock(), "why": why}, timeout=None)


def listener() -> MachineListener | None:
    """The house's listener, as its settings name the broker; ``None`` where they name none."""
    from django.conf import settings

    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.sealing import key_check
    from kangqu.systems.tcm_pharmacy.store.messages import TOPIC, take

    if settings.KANGQU_MQTT is None:
        return None

    def write(topic: str, payload: bytes) -> None:
        take(topic, payload, at=system_clock())

    # The session is the city's own, whichever machine runs it.
    session = f"kangqu-{settings.KANGQU_CITY}-{key_check(settings.KANGQU_KEYS[min(settings.KANGQU_KEYS)])[:12]}"
    return MachineListener(settings.KANGQU_MQTT, session=session, topic=TOPIC, take=write)


def listen() -> bool:
    """Listen until told to stop (SIGTERM, Ctrl-C); False where no broker is named."""
    found = listener()
    if found is None:
        return False
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    found.start()
    told.wait()
    found.stop()
    return True
