"""The house listens at a real broker: over TLS, through its absence, past what nobody can read, each report once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from kangqu.kernel.basis.trouble import ConfigTrouble
from kangqu.site.machines import MachineListener, listener
from kangqu.site.mqtt import STATE, Mqtt, read_mqtt
from kangqu.site.state import lines
from kangqu.systems.tcm_pharmacy.models import Reading, RefusedReport
from kangqu.systems.tcm_pharmacy.store import keys
from kangqu.systems.tcm_pharmacy.store.messages import TOPIC, take
from tests.site.running import free_port
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.store.broker import PASSWORD, USER, Machine, RealBroker, certificate, until
from tests.tcm_pharmacy.store.test_messages import Told


class House:
    """The house's listener at a broker; ``fails`` makes the database be away for so many messages."""

    def __init__(self, pharmacy: Pharmacy, mqtt: Mqtt) -> None:
        self.fails, self.came = 0, list[bytes]()
        self._pharmacy, self._mqtt = pharmacy, mqtt
        self._listener: MachineListener | None = None

    def listens(self) -> None:
        self._listener = MachineListener(
            self._mqtt, session="kangqu-test", topic=TOPIC, take=self._take, first_wait=0.05
        )
        self._listener.start()
        assert self._listener.listening.wait(20)

    @property
    def listening(self) -> threading.Event:
        assert self._listener is not None
        return self._listener.listening

    def stops(self) -> None:
        if self._listener is not None:
            self._listener.stop()
        self._listener = None

    def _take(self, topic: str, message: bytes) -> None:
        self.came.append(message)
        if self.fails:
            self.fails -= 1
            raise OperationalError("away")
        take(topic, message, at=self._pharmacy.now)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RealBroker]:
    found = RealBroker(free_port(), tmp_path)
    found.start()
    yield found
    found.stop()
    found.end()


@pytest.mark.django_db(transaction=True)
def test_reports_are_written_once_whoever_goes_away_meanwhile(pharmacy: Pharmacy, broker: RealBroker) -> None:
    told = Told(pharmacy)
    house = House(pharmacy, Mqtt("127.0.0.1", broker.port, tls=False, user=USER, password=PASSWORD))

    def report(minutes: int) -> str:
        return keys.signed(told.body(at=pharmacy.now - timedelta(minutes=minutes)), told.secret)

    try:
        house.listens()
        machine = Machine(broker.port)
        machine.says(told.topic, report(1))
        until(lambda: Reading.objects.count() == 1)

        for rubbish in (b"", b"\xff\x00", b"{}", b"x" * 100_000):
            machine.says(told.topic, rubbish)
        machine.says("kangqu/tcm/X/P/reading", report(1))
        machine.says(told.topic, report(2))
        until(lambda: Reading.objects.count() == 2)
        assert sum(RefusedReport.objects.values_list("times", flat=True)) == 5

        house.fails, before = 1, len(house.came)
        machine.says(told.topic, report(3))
        until(lambda: Reading.objects.count() == 3)
        assert len(house.came) == before + 2, "not written, not acknowledged: it was brought again"

        house.stops()
        machine.says(told.topic, report(4))
        assert Reading.objects.count() == 3, "nobody listens; the broker keeps it"
        house.listens()
        until(lambda: Reading.objects.count() == 4)
        machine.goes()

        broker.stop()
        until(lambda: not house.listening.is_set())
        until(lambda: not cache.get(STATE)["connected"])
        broker.start()
        assert house.listening.wait(20)
        machine = Machine(broker.port)
        machine.says(told.topic, report(5))
        until(lambda: Reading.objects.count() == 5)
        machine.goes()
    finally:
        house.stops()


@pytest.mark.django_db(transaction=True)
def test_the_broker_is_known_by_its_certificate(pharmacy: Pharmacy, tmp_path: Path) -> None:
    tls = certificate(tmp_path / "tls", pharmacy.now)
    found = RealBroker(free_port(), tmp_path, tls=tls)
    found.start()
    told = Told(pharmacy)
    ca = tls / "broker.pem"
    known = House(pharmacy, Mqtt("127.0.0.1", found.port, tls=True, user=USER, password=PASSWORD, ca=str(ca)))
    try:
        unknown = MachineListener(
            Mqtt("127.0.0.1", found.port, tls=True), session="x", topic=TOPIC, take=lambda *_: None, first_wait=0.05
        )
        unknown.start()
        until(lambda: "CERTIFICATE_VERIFY_FAILED" in (cache.get(STATE) or {}).get("why", ""))
        unknown.stop()
        known.listens()
        machine = Machine(found.port, ca=ca)
        machine.says(told.topic, keys.signed(told.body(), told.secret))
        until(lambda: Reading.objects.count() == 1)
        machine.goes()
    finally:
        known.stops()
        found.stop()
        found.end()


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_is_said_and_one_process_listens_at_a_time(pharmacy: Pharmacy, broker: RealBroker) -> None:
    mqtt = Mqtt("127.0.0.1", broker.port, tls=False, user=USER, password="guessed")
    refused = MachineListener(mqtt, session="x", topic=TOPIC, take=lambda *_: None, first_wait=0.05)
    refused.start()
    until(lambda: "authori" in (cache.get(STATE) or {}).get("why", "").lower())
    assert not refused.listening.is_set()
    refused.stop()
    right = Mqtt("127.0.0.1", broker.port, tls=False, user=USER, password=PASSWORD)
    first, second = House(pharmacy, right), MachineListener(right, session="x", topic=TOPIC, take=lambda *_: None)
    try:
        first.listens()
        second.start()
        assert not second.listening.wait(0.5)
    finally:
        second.stop()
        first.stops()


@pytest.mark.django_db(transaction=True)
def test_the_operator_sees_whether_the_broker_is_heard(pharmacy: Pharmacy, broker: RealBroker, settings: Any) -> None:
    assert listener() is None, "where no broker is named nobody listens"
    settings.KANGQU_MQTT = Mqtt("127.0.0.1", broker.port, tls=False, user=USER, password=PASSWORD)
    cache.delete(STATE)

    def kinds() -> list[str]:
        return [each.kind for each in lines(pharmacy.now) if str(broker.port) in each.value or "来历不明" in each.name]

    assert kinds() == ["bad", "ok"]
    house = listener()
    assert house is not None
    house.start()
    try:
        assert house.listening.wait(20)
        until(lambda: kinds() == ["ok", "ok"])
        machine = Machine(broker.port)
        machine.says("kangqu/tcm/X/P0000000000000/reading", "x")
        until(lambda: kinds() == ["ok", "warn"])
        machine.goes()
    finally:
        house.stop()
    until(lambda: kinds() == ["bad", "warn"])


def test_settings_are_read_and_wrong_ones_refused(tmp_path: Path) -> None:
    assert read_mqtt({}, tmp_path) is None
    (tmp_path / "mqtt.toml").write_text('url = "mqtts://broker.example.org"\nuser = "kangqu"\npassword = "secret"\n')
    kept = read_mqtt({}, tmp_path)
    assert kept == Mqtt("broker.example.org", 8883, True, "kangqu", "secret") and "secret" not in repr(kept)
    named = read_mqtt({"KANGQU_MQTT_URL": "mqtts://127.0.0.1:1", "KANGQU_MQTT_USER": "x"}, tmp_path)
    assert named == Mqtt("127.0.0.1", 1, True, "x", "secret")
    for url in ("http://x", "x", "mqtt://", "mqtt://x:99999", "mqtt://a:b@x", "mqtts://x/y", "mqtt://away.example.org"):
        with pytest.raises(ConfigTrouble):
            read_mqtt({"KANGQU_MQTT_URL": url}, tmp_path)
    with pytest.raises(ConfigTrouble):
        read_mqtt({"KANGQU_MQTT_CA": "/nowhere"}, tmp_path)
    (tmp_path / "mqtt.toml").write_text("url = ")
    with pytest.raises(ConfigTrouble):
        read_mqtt({}, tmp_path)
