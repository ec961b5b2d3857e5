"""What machines say through a broker: whose it is, said twice, said wrong."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import MachineKey, Pot, Reading, RefusedReport
from kangqu.systems.tcm_pharmacy.store import keys
from kangqu.systems.tcm_pharmacy.store.messages import LONGEST, refused_of, take, topic_of
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.store.test_store import browser


class Told:
    """A pot of the centre with its machine's key, and what the machine says."""

    def __init__(self, pharmacy: Pharmacy, name: str = "1号机", where: int | None = None) -> None:
        by = pharmacy.people["manager"]
        self.now, self.place = pharmacy.now, where or pharmacy.centre.pk
        self.pot: Pot = stock.add_pot(self.place, name=name, grams=2000, ml=8000, by=by, at=self.now)
        self.secret = keys.give_key(self.pot.pk, institution_id=self.place, by=by, at=self.now)
        self.topic = topic_of(self.pot.institution.code, self.pot.code)

    def body(self, *, pot: str = "", at: datetime | None = None, celsius: float = 98.25) -> bytes:
        reading = {"pot": pot or self.pot.code, "at": (at or self.now).isoformat(), "celsius": celsius}
        return json.dumps({"readings": [reading]}).encode()

    def says(self, body: bytes, *, topic: str = "", secret: str = "") -> str:
        """What came of it: ``kept/repeated`` or the code of the refusal."""
        message = keys.signed(body, secret or self.secret).encode()
        return came_of(topic or self.topic, message, self.now)


def came_of(topic: str, message: bytes, at: datetime) -> str:
    done = take(topic, message, at=at)
    return done.why.code if done.why else f"{done.kept}/{done.repeated}"


def test_a_report_is_written_once_however_often_it_comes(pharmacy: Pharmacy) -> None:
    machine = Told(pharmacy)
    assert [machine.says(machine.body()) for _ in range(3)] == ["1/0", "0/1", "0/1"]
    assert Reading.objects.get().pot_id == machine.pot.pk
    assert not RefusedReport.objects.exists()


def test_a_machine_writes_of_its_own_pot_alone(pharmacy: Pharmacy) -> None:
    own, second = Told(pharmacy), Told(pharmacy, "2号机")
    other = Told(pharmacy, "1号机", pharmacy.elsewhere.pk)
    for stranger in (second, other):
        assert own.says(own.body(), topic=stranger.topic) == "KQ-3332", "another's topic, its own key"
        assert own.says(stranger.body(), topic=stranger.topic) == "KQ-3332"
        assert own.says(own.body(pot=stranger.pot.code)) == "KQ-3334", "its own topic and key, another's pot"
    mixed = topic_of(pharmacy.elsewhere.code, own.pot.code)
    assert own.says(own.body(), topic=mixed) == "KQ-3331", "its own pot at another's pharmacy"
    assert not Reading.objects.exists()
    assert refused_of(second.pot.pk, at=pharmacy.now)[0].times == 2
    assert refused_of(None, at=pharmacy.now)[0].times == 1


def test_a_machine_signs_with_what_every_language_has(pharmacy: Pharmacy) -> None:
    machine = Told(pharmacy)
    head, body = (
        base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"typ":"JWT","alg":"HS256"}', machine.body())
    )
    mac = hmac.digest(machine.secret.encode(), head + b"." + body, "sha256")
    message = b".".join([head, body, base64.urlsafe_b64encode(mac).rstrip(b"=")])
    assert came_of(machine.topic, message, pharmacy.now) == "1/0"


def test_a_new_key_ends_the_old_one(pharmacy: Pharmacy) -> None:
    machine = Told(pharmacy)
    by = pharmacy.people["manager"]
    new = keys.give_key(machine.pot.pk, institution_id=machine.place, by=by, at=pharmacy.now)
    assert machine.says(machine.body()) == "KQ-3332"
    assert machine.says(machine.body(), secret=new) == "1/0"
    assert MachineKey.objects.filter(ended_at=None).count() == 1
    assert new.encode() not in bytes(MachineKey.objects.get(ended_at=None).secret_sealed)
    MachineKey.objects.update(ended_at=pharmacy.now)
    assert machine.says(machine.body(), secret=new) == "KQ-3332", "no key, no report"


def test_what_cannot_be_read_is_counted(pharmacy: Pharmacy) -> None:
    machine = Told(pharmacy)
    late = machine.body(at=pharmacy.now + timedelta(hours=1))
    many = json.dumps({"readings": [json.loads(machine.body())["readings"][0]] * 1001}).encode()
    for body, why in (
        (b"", "KQ-3333"),
        (b"[]", "KQ-3333"),
        (b"\xff\xfe", "KQ-3333"),
        (b"[" * 100_000, "KQ-3333"),
        (machine.body(celsius=1e9), "KQ-3333"),
        (machine.body().replace(b"98.25", b"NaN"), "KQ-3333"),
        (machine.body().replace(b"readings", b"meanings"), "KQ-3333"),
        (many, "KQ-3333"),
        (late, "KQ-3236"),
        (b" " * LONGEST + machine.body(), "KQ-3332"),
    ):
        assert machine.says(body) == why
    for message in (b"", machine.body(), b"a.b.c", b"." * 2, b"\x00" * 9, keys.signed(b"{}", "x" * 43).encode()[:-3]):
        assert came_of(machine.topic, message, pharmacy.now) == "KQ-3332"
    unsigned = b"eyJhbGciOiJub25lIn0." + keys.signed(machine.body(), machine.secret).encode().split(b".")[1] + b"."
    assert came_of(machine.topic, unsigned, pharmacy.now) == "KQ-3332", "alg none"
    assert sum(each.times for each in refused_of(machine.pot.pk, at=pharmacy.now)) == 17
    assert refused_of(machine.pot.pk, at=pharmacy.now + timedelta(days=9)) == []
    assert not Reading.objects.exists()


@given(topic=st.text(max_size=80), message=st.binary(max_size=80))
@pytest.mark.django_db
def test_nothing_said_stops_the_listening(topic: str, message: bytes) -> None:
    assert came_of(topic, message, datetime.fromisoformat("2026-11-23T09:00:00+08:00")) == "KQ-3331"


def test_a_late_report_is_not_of_what_was_charged_since(pharmacy: Pharmacy) -> None:
    from kangqu.kernel.cases.models import Case

    machine = Told(pharmacy)
    pharmacy.send(pharmacy.order())
    case = Case.objects.get(programme="tcm_prescription")
    case.facts["boil_from"] = pharmacy.now.isoformat()
    case.save(update_fields=["facts"])
    Pot.objects.filter(pk=machine.pot.pk).update(case=case)
    for minutes in (-1, 0, 1):
        machine.says(machine.body(at=pharmacy.now + timedelta(minutes=minutes)))
    assert list(Reading.objects.order_by("at").values_list("case", flat=True)) == [None, case.pk, case.pk]


def test_the_manager_gives_a_machine_its_key_and_sees_what_was_refused(pharmacy: Pharmacy) -> None:
    machine = Told(pharmacy)
    manager = browser(pharmacy, "manager")
    came_of(machine.topic, b"x", pharmacy.now)
    page = manager.get(f"/c/tcm/store/machine/{machine.pot.code}").content.decode()
    assert machine.topic in page and "KQ-3332" in page and machine.secret not in page
    given_page = manager.post(f"/c/tcm/store/machine/{machine.pot.code}")
    found = re.findall(r">([\w-]{43})<", given_page.content.decode())
    assert given_page["Cache-Control"] == "no-store" and len(found) == 1
    assert machine.says(machine.body(), secret=found[0]) == "1/0"
    listed = manager.get("/c/tcm/store").content.decode()
    assert "最近上报" in listed and "上报被拒" in listed
    assert "98.2" in manager.get(f"/c/tcm/store/machine/{machine.pot.code}").content.decode()
    elsewhere = Told(pharmacy, "9号机", pharmacy.elsewhere.pk)
    assert manager.get(f"/c/tcm/store/machine/{elsewhere.pot.code}").status_code == 404
    assert browser(pharmacy, "dispenser").get(f"/c/tcm/store/machine/{machine.pot.code}").status_code == 403
    with pytest.raises(Refused) as refused:
        keys.give_key(elsewhere.pot.pk, institution_id=machine.place, by=pharmacy.people["manager"], at=pharmacy.now)
    assert refused.value.why is NOT_FOUND
