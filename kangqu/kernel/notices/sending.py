"""Sending what is due. A message is claimed by one UPDATE; a sender that dies is relieved after a while.

Delivery is at least once: a sender killed between the gateway's answer and our note of it sends again. ``write`` makes
one row per cause, so a resident never gets two messages because a request was repeated.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.notices.actions import TO_FIELD, policy_value, values_of
from kangqu.kernel.notices.gateways import Gateway, GatewayTrouble, Message
from kangqu.kernel.notices.models import Channel, Notice, NoticeState
from kangqu.kernel.notices.templates import template

_NO_GATEWAY: Final = "no gateway is configured"


def due(at: datetime, limit: int = 500) -> list[int]:
    """SMS that should be on their way at ``at``, oldest first: waiting, failed before, or held by a sender that is gone."""
    stuck = at - timedelta(seconds=policy_value("notices.claim_seconds", city_day(at)))
    ready = Q(state__in=(NoticeState.WAITING, NoticeState.FAILED), due_at__lte=at) | Q(
        state=NoticeState.SENDING, claimed_at__lt=stuck
    )
    return list(
        Notice.objects.filter(ready, channel=Channel.SMS).order_by("due_at").values_list("pk", flat=True)[:limit]
    )


def send(notice_id: int, gateway: Gateway | None, at: datetime) -> NoticeState:
    """Send one message if it is due and nobody else is sending it; return the state it is in afterwards."""
    stuck = at - timedelta(seconds=policy_value("notices.claim_seconds", city_day(at)))
    ready = Q(state__in=(NoticeState.WAITING, NoticeState.FAILED), due_at__lte=at) | Q(
        state=NoticeState.SENDING, claimed_at__lt=stuck
    )
    claimed = Notice.objects.filter(ready, pk=notice_id, channel=Channel.SMS).update(
        state=NoticeState.SENDING, claimed_at=at, attempts=F("attempts") + 1
    )
    notice = Notice.objects.get(pk=notice_id)
    if not claimed:
        return NoticeState(notice.state)
    if notice.expires_at is not None and notice.expires_at <= at:
        return _settle(notice, NoticeState.CANCELLED, at, error="expired before it could be sent")
    if gateway is None:
        return _settle(notice, NoticeState.PARKED, at, error=_NO_GATEWAY)
    try:
        assert notice.to_sealed is not None
        gateway_id = gateway.send(
            Message(
                to=unseal(notice.to_sealed, TO_FIELD),
                template=template(notice.template),
                values=values_of(notice),
                language=notice.language,
                reference=str(notice.pk),
            )
        )
    except GatewayTrouble as trouble:
        return _settle_trouble(notice, trouble, at)
    return _settle(notice, NoticeState.SENT, at, gateway_id=gateway_id)


def _settle_trouble(notice: Notice, trouble: GatewayTrouble, at: datetime) -> NoticeState:
    """Try again later, twice as long each time; park it when trying again is useless or has been enough."""
    on = city_day(at)
    if trouble.final or notice.attempts >= policy_value("notices.attempts", on):
        return _settle(notice, NoticeState.PARKED, at, error=str(trouble))
    wait = policy_value("notices.retry_seconds", on) * 2 ** (notice.attempts - 1)
    return _settle(notice, NoticeState.FAILED, at, error=str(trouble), due_at=at + timedelta(seconds=wait))


def _settle(
    notice: Notice,
    state: NoticeState,
    at: datetime,
    *,
    error: str = "",
    gateway_id: str = "",
    due_at: datetime | None = None,
) -> NoticeState:
    """Note what became of it, unless somebody else took it over meanwhile."""
    changes: dict[str, object] = {"state": state, "last_error": error[:200], "gateway_id": gateway_id}
    if due_at is not None:
        changes["due_at"] = due_at
    if state is NoticeState.SENT:
        changes["sent_at"] = at
    if template(notice.template).secret and state not in (NoticeState.FAILED,):
        changes["values_sealed"] = None
    Notice.objects.filter(pk=notice.pk, state=NoticeState.SENDING, claimed_at=notice.claimed_at).update(**changes)
    return state
