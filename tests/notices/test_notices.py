"""Messages: written once for their cause, kept quiet at night, signed on the real wire, never lost, never sent by two."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.db import connection, transaction

from kangqu.kernel.basis.clock import CITY, system_clock
from kangqu.kernel.basis.refusals import KEY_REUSED, NOT_FOUND, Refused
from kangqu.kernel.notices import actions, reads, sending
from kangqu.kernel.notices.gateways import GatewayTrouble, Message, TencentSms
from kangqu.kernel.notices.models import Channel, Notice, NoticeState
from kangqu.kernel.notices.simulator import ShownText, SmsSimulator, simulator_config
from kangqu.kernel.notices.templates import FIELDS_DIFFER, UNKNOWN_TEMPLATE, template
from kangqu.kernel.trace.actor import Actor
from tests.conftest import NINE

BY = Actor(account_id=7, role="registrar", institution_id=3)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Telephone:
    """The simulator on loopback and what it showed."""

    def __init__(self) -> None:
        self.shown: list[ShownText] = []
        self.simulator: SmsSimulator
        self.server = make_server("127.0.0.1", 0, lambda e, s: self.simulator(e, s), handler_class=_Quiet)
        self.config = simulator_config(host="127.0.0.1", port=self.server.server_port, secret="s" * 32)
        self.simulator = SmsSimulator(self.config, self.shown.append, system_clock)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def telephone() -> Iterator[Telephone]:
    telephone = Telephone()
    yield telephone
    telephone.server.shutdown()


def _write(key: str = "k1", *, name: str = "sign_in_code", at: datetime = NINE, **changes: Any) -> Notice:
    values = {"code": "123456", "minutes": "5"} if name == "sign_in_code" else {"agent": "甲", "person": "𠮷乙"}
    asked: dict[str, Any] = {
        "key": key,
        "channel": Channel.SMS,
        "template": name,
        "values": values,
        "to": "+8613800000001",
        "shown": "138****0001",
        "by": BY,
        "at": at,
    }
    return actions.write(**(asked | changes))


def _queued() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'notice_id' FROM procrastinate_jobs WHERE task_name = 'notices.send' ORDER BY id")
        return [number for (number,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("hour", "minute", "due"),
    [
        (20, 59, "2026-11-23 20:59"),
        (21, 0, "2026-11-24 08:00"),
        (23, 59, "2026-11-24 08:00"),
        (0, 0, "2026-11-23 08:00"),
        (7, 59, "2026-11-23 08:00"),
        (8, 0, "2026-11-23 08:00"),
    ],
)
def test_quiet_hours_end_in_the_morning(hour, minute, due):
    at = datetime(2026, 11, 23, hour, minute, tzinfo=CITY)
    assert f"{actions.after_quiet_hours(at):%Y-%m-%d %H:%M}" == due


@pytest.mark.django_db(transaction=True)
def test_at_night_a_code_goes_at_once_and_the_rest_waits():
    night = datetime(2026, 11, 23, 23, 30, tzinfo=CITY)
    assert _write("a", at=night).due_at == night
    assert _write("b", name="proxy_revoked", at=night).due_at == datetime(2026, 11, 24, 8, 0, tzinfo=CITY)


@pytest.mark.django_db(transaction=True)
def test_one_cause_writes_one_message_and_a_key_serves_one_cause():
    assert _write().pk == _write().pk
    with pytest.raises(Refused) as refused:
        _write(shown="139****0002", to="+8613900000002")
    assert refused.value.why is KEY_REUSED
    assert Notice.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "news-<object at 0x7f00>", "x" * 121])
def test_what_is_no_name_of_a_cause_is_no_key(key):
    with pytest.raises(ValueError, match="key"):
        _write(key=key)
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_written_nor_queued():
    before = _queued()
    with transaction.atomic():
        _write()
        assert len(_queued()) == len(before) + 1
        transaction.set_rollback(True)
    assert Notice.objects.count() == 0
    assert _queued() == before


@pytest.mark.django_db(transaction=True)
def test_a_written_message_is_queued_and_nothing_readable_is_stored():
    notice = _write()
    assert str(notice.pk) in _queued()
    with connection.cursor() as cursor:
        cursor.execute("SELECT notices_notice::text FROM notices_notice")
        (row,) = cursor.fetchone()
    assert "123456" not in row and "13800000001" not in row


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"template": "no_such"}, UNKNOWN_TEMPLATE),
        ({"values": {"code": "1"}}, FIELDS_DIFFER),
        ({"to": None}, actions.NO_RECEIVER),
        ({"channel": Channel.IN_APP, "to": None}, actions.NO_RECEIVER),
    ],
)
def test_a_message_that_cannot_be_sent_is_not_written(changes, why):
    with pytest.raises(Refused) as refused:
        _write(**changes)
    assert refused.value.why is why
    assert Notice.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_message_travels_the_wire_once_and_its_secret_is_erased(telephone):
    notice = _write()
    gateway = TencentSms(telephone.config)
    assert sending.send(notice.pk, gateway, NINE) is NoticeState.SENT
    assert sending.send(notice.pk, gateway, NINE) is NoticeState.SENT
    assert [shown.to for shown in telephone.shown] == ["+8613800000001"]
    assert "123456" in telephone.shown[0].text
    notice.refresh_from_db()
    assert notice.values_sealed is None
    actions.take_receipt(gateway_id=notice.gateway_id, delivered=True, detail="", at=NINE)
    actions.take_receipt(gateway_id=notice.gateway_id, delivered=False, detail="late", at=NINE)
    notice.refresh_from_db()
    assert notice.state == NoticeState.DELIVERED


@pytest.mark.django_db(transaction=True)
def test_a_forged_signature_is_refused_and_not_tried_again(telephone):
    notice = _write()
    forged = TencentSms(replace(telephone.config, secret_key="x" * 32))
    assert sending.send(notice.pk, forged, NINE) is NoticeState.PARKED
    assert telephone.shown == []
    notice.refresh_from_db()
    assert notice.last_error == "AuthFailure.SignatureFailure"


def test_the_simulator_refuses_a_stale_request(telephone):
    telephone.simulator._clock = lambda: system_clock() + timedelta(minutes=6)
    message = Message("+8613800000001", template("sign_in_code"), {"code": "1", "minutes": "5"}, "zh-hans", "1")
    with pytest.raises(GatewayTrouble, match="SignatureExpire"):
        TencentSms(telephone.config).send(message)


@pytest.mark.django_db(transaction=True)
def test_an_unreachable_gateway_is_tried_later_twice_as_long_then_parked():
    notice = _write()
    closed = TencentSms(replace(simulator_config(host="127.0.0.1", port=9, secret="s" * 32), timeout_seconds=1))
    at, waits = NINE, []
    while (state := sending.send(notice.pk, closed, at)) is NoticeState.FAILED:
        notice.refresh_from_db()
        waits.append((notice.due_at - at).total_seconds())
        assert sending.send(notice.pk, closed, at) is NoticeState.FAILED, "not before it is due again"
        at = notice.due_at
    assert waits == [15, 30, 60, 120, 240]
    assert state is NoticeState.PARKED
    assert [parked.pk for parked in reads.parked()] == [notice.pk]


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_died_is_relieved():
    notice = _write()
    Notice.objects.update(state=NoticeState.SENDING, claimed_at=NINE)
    assert sending.due(NINE + timedelta(seconds=59)) == []
    assert sending.due(NINE + timedelta(seconds=61)) == [notice.pk]


@pytest.mark.django_db(transaction=True)
def test_an_expired_message_is_never_sent(telephone):
    notice = _write(expires_at=NINE + timedelta(minutes=5))
    assert sending.send(notice.pk, TencentSms(telephone.config), NINE + timedelta(minutes=6)) is NoticeState.CANCELLED
    assert telephone.shown == []


@pytest.mark.django_db(transaction=True)
def test_without_a_gateway_the_operator_sees_it():
    notice = _write()
    assert sending.send(notice.pk, None, NINE) is NoticeState.PARKED
    assert reads.outbox_state()["parked"] == 1
    assert reads.parked()[0].pk == notice.pk


@pytest.mark.django_db(transaction=True)
def test_two_senders_send_once(telephone):
    notice = _write()
    gateway = TencentSms(telephone.config)

    def run() -> None:
        sending.send(notice.pk, gateway, NINE)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(telephone.shown) == 1


@pytest.mark.django_db(transaction=True)
def test_the_inbox_shows_ones_own_and_a_call_list_its_own_institution():
    _write("a", name="proxy_revoked", channel=Channel.IN_APP, to=None, person_id=5)
    call = _write("b", name="proxy_revoked", channel=Channel.CALL_LIST, person_id=5, institution_id=3)
    assert [line.text for line in reads.inbox([5], language="en")] == ["[Kangqu] 甲 no longer acts for 𠮷乙."]
    assert reads.inbox([6], language="zh-hans") == []
    assert [row.phone for row in reads.call_list([3], at=NINE, language="zh-hans")] == ["+8613800000001"]
    assert reads.call_list([4], at=NINE, language="zh-hans") == []
    with pytest.raises(Refused) as refused:
        actions.handle_call(notice_id=call.pk, institution_ids=frozenset({4}), outcome="reached", by=BY, at=NINE)
    assert refused.value.why is NOT_FOUND
    actions.handle_call(notice_id=call.pk, institution_ids=frozenset({3}), outcome="reached", by=BY, at=NINE)
    with pytest.raises(Refused) as refused:
        actions.handle_call(notice_id=call.pk, institution_ids=frozenset({3}), outcome="reached", by=BY, at=NINE)
    assert refused.value.why is actions.ALREADY_HANDLED
