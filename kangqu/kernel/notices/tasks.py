"""The queue's side of the outbox: one job a message, and a sweep for what was left behind."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.notices import sending
from kangqu.kernel.notices.gateways import Gateway, TencentSms
from kangqu.kernel.notices.models import Notice, NoticeState


@lru_cache(maxsize=1)
def gateway() -> Gateway | None:
    """The configured way out; none means that messages are parked where the operator sees them."""
    config = settings.KANGQU_SMS
    return None if config is None else TencentSms(config)


def send_soon(notice_id: int, due_at: datetime) -> None:
    """Queue the sending of a message, in the transaction that wrote it."""
    send_notice.configure(schedule_at=due_at).defer(notice_id=notice_id)


@app.task(queue="notices", name="notices.send")
def send_notice(notice_id: int) -> None:
    """Send one message; what failed is tried again when the policy says."""
    if sending.send(notice_id, gateway(), system_clock()) is NoticeState.FAILED:
        send_soon(notice_id, Notice.objects.values_list("due_at", flat=True).get(pk=notice_id))


@app.periodic(cron="* * * * *")
@app.task(queue="notices", name="notices.sweep", queueing_lock="notices.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Send what is due and has no job of its own left: a sender was killed, or waited longer than its job."""
    for notice_id in sending.due(system_clock()):
        sending.send(notice_id, gateway(), system_clock())
