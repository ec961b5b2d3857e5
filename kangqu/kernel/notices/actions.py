"""Writing to the outbox, and what becomes of a message afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.ids import take_ids
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
_KEY: Final = re.compile(r"[\w.:/+@-]{1,120}")
_ASKED: Final = ("channel", "template", "person_id", "institution_id", "to_shown")

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
    message = Message(key, values, person_id, to=to, shown=shown, institution_id=institution_id, language=language)
    write_many([message], channel=channel, template=template, by=by, at=at, expires_at=expires_at)
    return Notice.objects.get(key=key)


@dataclass(frozen=True, slots=True)
class Message:
    """What one receiver is written: see ``write``."""

    key: str
    values: Mapping[str, str]
    person_id: int | None = None
    to: str | None = None
    shown: str = ""
    institution_id: int | None = None
    language: str = "zh-hans"


def write_many(
    messages: Sequence[Message],
    *,
    channel: Channel,
    template: str,
    by: Actor,
    at: datetime,
    expires_at: datetime | None = None,
) -> int:
    """Put messages of one template into the outbox, in the caller's transaction; how many were not there before.

    Four statements however many there are (an SMS has its own job). Of a key given twice the first counts.
    """
    find = find_template(template)
    rows: dict[str, Notice] = {}
    # In the order of their keys, so that two who write the same ones queue instead of deadlocking.
    for each in sorted(messages, key=lambda message: message.key):
        find.require(each.values)
        if _KEY.fullmatch(each.key) is None:
            raise ValueError(f"a notice's key is made of numbers, codes and names, not {each.key!r}")
        if (channel is Channel.IN_APP and each.person_id is None) or (channel is not Channel.IN_APP and not each.to):
            raise Refused(NO_RECEIVER)
        rows.setdefault(each.key, _row(each, channel, template, find.urgent, at, expires_at))
    if not rows:
        return 0
    for row, number in zip(rows.values(), take_ids(len(rows)), strict=True):
        row.pk = number
    with transaction.atomic():
        Notice.objects.bulk_create(rows.values(), ignore_conflicts=True)
        kept = Notice.objects.filter(key__in=list(rows)).only("key", *_ASKED)
        fresh = []
        for row in kept:
            if row.pk == rows[row.key].pk:
                fresh.append(rows[row.key])
            elif any(getattr(row, name) != getattr(rows[row.key], name) for name in _ASKED):
                raise Refused(KEY_REUSED)
        facts = {"template": template, "channel": channel.value}
        record(
            *(
                by.did(
                    "notice.write", at=at, person_id=row.person_id, object_type="notice", object_id=row.pk, facts=facts
                )
                for row in fresh
            )
        )
        if channel is Channel.SMS:
            from kangqu.kernel.notices.tasks import send_soon

            for row in fresh:
                send_soon(row.pk, row.due_at)
    return len(fresh)


def _row(
    message: Message, channel: Channel, template: str, urgent: bool, at: datetime, expires_at: datetime | None
) -> Notice:
    told = channel is Channel.IN_APP
    return Notice(
        key=message.key,
        channel=channel,
        template=template,
        person_id=message.person_id,
        institution_id=message.institution_id,
        to_shown=message.shown,
        to_sealed=seal(message.to, TO_FIELD) if message.to else None,
        language=message.language,
        values_sealed=seal(json.dumps(dict(message.values), ensure_ascii=False), VALUES_FIELD),
        urgent=urgent,
        state=NoticeState.DELIVERED if told else NoticeState.WAITING,
        due_at=at if urgent or channel is not Channel.SMS else after_quiet_hours(at),
        expires_at=expires_at,
        written_at=at,
        sent_at=at if told else None,
    )


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
