"""Writing to the outbox, and what becomes of a message afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.refusals import KEY_REUSED, NOT_FOUND, Refused, refusal
from kangqu.kernel.basis.sealing import seal, unseal
from kangqu.kernel.notices.models import Channel, Notice, NoticeState
from kangqu.kernel.notices.templates import template as find_template
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

POLICIES: PolicyBook = load_policies("kangqu.kernel.notices")
VALUES_FIELD = "notice.values"
TO_FIELD = "notice.to"

NO_RECEIVER = refusal("notice_without_receiver", "KQ-2003", zh="消息没有收件人。", en="The message has no receiver.")
ALREADY_HANDLED = refusal(
    "call_already_handled",
    "KQ-2004",
    zh="这通电话已有人处理。",
    en="This call has already been dealt with.",
    status=409,
)
CALL_OUTCOMES = ("reached", "no_answer", "wrong_number", "refused")
UNKNOWN_OUTCOME = refusal(
    "unknown_call_outcome", "KQ-2005", zh="没有这种通话结果。", en="There is no such call outcome."
)


def after_quiet_hours(at: datetime) -> datetime:
    """``at`` itself outside quiet hours, else the end of the quiet hours it falls in (city time)."""
    local = at.astimezone(CITY)
    on = city_day(at)
    starts, ends = POLICIES.value("notices.quiet.from_hour", on=on), POLICIES.value("notices.quiet.to_hour", on=on)
    if ends <= local.hour < starts:
        return at
    morning = local.replace(hour=ends, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=1) if local.hour >= starts else morning


def write(
    *,
    key: str,
    channel: Channel,
    template: str,
    values: Mapping[str, str],
    by: Actor,
    at: datetime,
    to: str | None = None,
    shown: str = "",
    person_id: int | None = None,
    institution_id: int | None = None,
    language: str = "zh-hans",
    expires_at: datetime | None = None,
) -> Notice:
    """Put a message into the outbox, in the caller's transaction. The same ``key`` writes it once.

    ``to`` is the phone (E.164) of an SMS or a call, ``shown`` its mask; an in-app message needs ``person_id``. A call
    list entry belongs to the institution that calls. Texts that are not urgent wait for the end of quiet hours.
    """
    text = find_template(template)
    text.require(values)
    if (channel is Channel.IN_APP and person_id is None) or (channel is not Channel.IN_APP and not to):
        raise Refused(NO_RECEIVER)
    asked = {
        "channel": channel,
        "template": template,
        "person_id": person_id,
        "institution_id": institution_id,
        "to_shown": shown,
    }
    with transaction.atomic():
        notice, fresh = Notice.objects.get_or_create(
            key=key,
            defaults={
                **asked,
                "to_sealed": seal(to, TO_FIELD) if to else None,
                "language": language,
                "values_sealed": seal(json.dumps(dict(values), ensure_ascii=False), VALUES_FIELD),
                "urgent": text.urgent,
                "state": NoticeState.DELIVERED if channel is Channel.IN_APP else NoticeState.WAITING,
                "due_at": at if text.urgent or channel is not Channel.SMS else after_quiet_hours(at),
                "expires_at": expires_at,
                "written_at": at,
                "sent_at": at if channel is Channel.IN_APP else None,
            },
        )
        if not fresh:
            if any(getattr(notice, name) != value for name, value in asked.items()):
                raise Refused(KEY_REUSED)
            return notice
        facts = {"template": template, "channel": channel.value}
        record(
            by.did("notice.write", at=at, person_id=person_id, object_type="notice", object_id=notice.pk, facts=facts)
        )
        if channel is Channel.SMS:
            from kangqu.kernel.notices.tasks import send_soon

            send_soon(notice.pk, notice.due_at)
    return notice


def values_of(notice: Notice) -> dict[str, str]:
    """The fields of a message; empty once a secret text was sent."""
    if notice.values_sealed is None:
        return {}
    return dict(json.loads(unseal(notice.values_sealed, VALUES_FIELD)))


def take_receipt(*, gateway_id: str, delivered: bool, detail: str, at: datetime) -> None:
    """The provider says what became of a message. A receipt for a message nobody sent is ignored; a second changes nothing."""
    state = NoticeState.DELIVERED if delivered else NoticeState.PARKED
    Notice.objects.filter(gateway_id=gateway_id, state=NoticeState.SENT).update(
        state=state, receipt_at=at, last_error="" if delivered else detail[:200]
    )


def mark_read(*, notice_id: int, person_id: int, at: datetime) -> None:
    """The resident opened an in-app message of hers."""
    Notice.objects.filter(pk=notice_id, person_id=person_id, channel=Channel.IN_APP, read_at=None).update(read_at=at)


def handle_call(*, notice_id: int, institution_ids: frozenset[int], outcome: str, by: Actor, at: datetime) -> None:
    """Somebody of the calling institution phoned. Of two colleagues one is refused."""
    if outcome not in CALL_OUTCOMES:
        raise Refused(UNKNOWN_OUTCOME, field="outcome")
    with transaction.atomic():
        mine = Notice.objects.filter(pk=notice_id, channel=Channel.CALL_LIST, institution_id__in=institution_ids)
        handled = mine.filter(state=NoticeState.WAITING).update(
            state=NoticeState.DELIVERED if outcome == "reached" else NoticeState.PARKED,
            handled_by=by.account_id,
            outcome=outcome,
            sent_at=at,
        )
        if not handled:
            raise Refused(ALREADY_HANDLED if mine.exists() else NOT_FOUND)
        person_id = mine.values_list("person_id", flat=True).get()
        record(
            by.did(
                "notice.call",
                at=at,
                person_id=person_id,
                object_type="notice",
                object_id=notice_id,
                facts={"outcome": outcome},
            )
        )


def policy_value(id: str, on: date) -> int:  # noqa: A002
    return int(POLICIES.value(id, on=on))
