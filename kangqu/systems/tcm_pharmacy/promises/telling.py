"""Telling people that a promise will not be kept, was moved, or holds after all: of each change once.

What is to be told is found, claimed and written in one transaction: a worker killed before it ends has told nobody, two at
once share the work. At night only wards are told; what changed meanwhile is told in the morning, as it stands then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.ids import take_ids
from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.cases.models import Alert
from kangqu.kernel.notices.actions import after_quiet_hours, write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.phones import mask_phone
from kangqu.kernel.people.receivers import Told, told_of
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy.models import Pot, PromiseMove, PromiseNews
from kangqu.systems.tcm_pharmacy.policy import number

LATE, MOVED, ON_TIME = "late", "moved", "on_time"
AT_ONCE: Final = 200
_TIER: Final = 100  # above every tier a programme has: alerts of promises beside those of deadlines
_LOOKS_BACK: Final = timedelta(days=14)

_FIND: Final = """
SELECT m.id, m.case_id, c.code, c.seq, c.state, c.person_id, c.number, c.institution_id, c.origin_id,
       c.facts ->> 'delivery' = 'ward', m.promised_at, m.expected_at, m.told_kind, m.told_for, v.promised_before, v.reason,
       m.broken_at IS NOT NULL AND (m.expected_at IS NULL OR m.expected_at > m.promised_at + %(late)s::interval),
       (SELECT count(*) FROM tcm_pharmacy_promisenews n WHERE n.promise_id = m.id)
  FROM (SELECT promise_id FROM tcm_pharmacy_promisemove WHERE told_at IS NULL
        UNION SELECT id FROM tcm_pharmacy_promise WHERE broken_at > %(since)s::timestamptz
        UNION SELECT id FROM tcm_pharmacy_promise WHERE told_kind = 'late' AND told_at > %(since)s::timestamptz) AS maybe(id)
  JOIN tcm_pharmacy_promise m ON m.id = maybe.id
  JOIN cases_case c ON c.id = m.case_id
  LEFT JOIN LATERAL (SELECT promised_before, reason FROM tcm_pharmacy_promisemove
                      WHERE promise_id = m.id AND told_at IS NULL ORDER BY id DESC LIMIT 1) v ON TRUE
 WHERE c.closed_at IS NULL AND c.state <> ALL('{ready,on_the_way}'::text[])
   AND (%(day)s::boolean OR c.facts ->> 'delivery' = 'ward')
   AND (v.reason IS NOT NULL
        OR m.broken_at IS NULL AND m.told_kind = 'late'
        OR m.broken_at IS NOT NULL AND (m.expected_at IS NULL OR m.expected_at > m.promised_at + %(late)s::interval)
           AND (m.told_kind <> 'late' OR m.expected_at > m.told_for + %(again)s::interval
                OR m.told_for IS NULL AND m.expected_at IS NOT NULL))
 ORDER BY m.id LIMIT %(most)s::int FOR UPDATE OF m SKIP LOCKED
"""
_CLAIM: Final = """
UPDATE tcm_pharmacy_promise m SET told_at = %(at)s::timestamptz, told_kind = t.kind, told_for = t.time
  FROM json_to_recordset(%(told)s::json) AS t(id bigint, kind text, time timestamptz, kind_before text, time_before timestamptz)
 WHERE m.id = t.id AND m.told_kind = t.kind_before AND m.told_for IS NOT DISTINCT FROM t.time_before
RETURNING m.id
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one promise, to be told."""

    promise_id: int
    case_id: int
    code: str
    seq: int
    state: str
    person_id: int
    number: str
    pharmacy_id: int
    hospital_id: int
    ward: bool
    promised_at: datetime
    expected_at: datetime | None
    kind_before: str
    time_before: datetime | None
    moved_from: datetime | None
    reason: str | None
    late: bool
    news: int

    @property
    def kind(self) -> str:
        if self.late:
            return LATE
        return ON_TIME if self.reason is None else MOVED

    @property
    def time(self) -> datetime | None:
        """When it will be ready as far as is known."""
        return self.expected_at if self.late else self.promised_at


def tell_of_promises(at: datetime) -> int:
    """Tell whoever waits of what changed; how many changes were told."""
    told = 0
    while done := _tell_some(at):
        told += done
        if done < AT_ONCE:
            break
    return told


def _tell_some(at: datetime) -> int:
    asked = {
        "late": timedelta(minutes=number("tcm.promise.late_minutes", at)),
        "again": timedelta(minutes=number("tcm.promise.again_minutes", at)),
        "since": at - _LOOKS_BACK,
        "day": after_quiet_hours(at) == at,
        "most": AT_ONCE,
    }
    with transaction.atomic():
        found = [Change(*row) for row in run(_FIND, asked)]
        mine = _claimed(found, at)
        if mine:
            _tell(mine, at)
    return len(mine)


def _claimed(found: Sequence[Change], at: datetime) -> list[Change]:
    if not found:
        return []
    told = [
        {
            "id": each.promise_id,
            "kind": each.kind,
            "time": each.time,
            "kind_before": each.kind_before,
            "time_before": each.time_before,
        }
        for each in found
    ]
    claimed = {row[0] for row in run(_CLAIM, {"at": at, "told": as_json(told)})}
    PromiseMove.objects.filter(promise_id__in=claimed, told_at=None).update(told_at=at)
    return [each for each in found if each.promise_id in claimed]


def _tell(changes: Sequence[Change], at: datetime) -> None:
    by = the_house("pharmacy")
    people = told_of([each.person_id for each in changes], at=at)
    names = dict(Institution.objects.filter(pk__in={each.pharmacy_id for each in changes}).values_list("pk", "name"))
    broken = set(
        Pot.objects.filter(institution_id__in=names).exclude(failed_at=None).values_list("institution", flat=True)
    )
    numbers = take_ids(len(changes))  # what the database gives a row written in bulk is not told back
    PromiseNews.objects.bulk_create(_news(each, at, number) for each, number in zip(changes, numbers, strict=True))
    for change, news_id in zip(changes, numbers, strict=True):
        _alert(change, at)
        if (whom := people.get(change.person_id)) is not None:
            _write(change, news_id, whom, names[change.pharmacy_id], change.pharmacy_id in broken, by, at)
        facts = {"kind": change.kind, "time": change.time.isoformat() if change.time else None}
        record(
            by.did(
                "tcm.promise.told", at=at, person_id=change.person_id, object_type="case", object_id=change.case_id,
                facts=facts,
            )
        )  # fmt: skip


def _news(change: Change, at: datetime, news_id: int) -> PromiseNews:
    return PromiseNews(
        id=news_id,
        promise_id=change.promise_id,
        pharmacy_id=change.pharmacy_id,
        hospital_id=change.hospital_id,
        ward=change.ward,
        kind=change.kind,
        promised_before=change.moved_from or change.promised_at,
        time=change.time,
        reason=change.reason or "",
        at=at,
    )


def _alert(change: Change, at: datetime) -> None:
    """The pharmacy's manager, and the doctors of the hospital whose ward waits, see it among what they were told."""
    told = [(Role.PHARMACY_MANAGER, change.pharmacy_id)]
    if change.ward:
        told.append((Role.DOCTOR, change.hospital_id))
    Alert.objects.bulk_create(
        Alert(
            case_id=change.case_id,
            seq=change.seq,
            tier=min(_TIER + 2 * change.news + place, 32_000),
            state=change.state,
            role=role.value,
            institution_id=where,
            at=at,
        )
        for place, (role, where) in enumerate(told)
    )


def _write(
    change: Change, news_id: int, whom: Told, pharmacy: str, out_of_order: bool, by: Actor, at: datetime
) -> None:
    template, values = _words(change, whom.name, pharmacy, out_of_order)
    for reader in whom.readers:
        write(
            key=f"tcm-promise-{news_id}-{reader}", channel=Channel.IN_APP, template=template, values=values,
            person_id=reader, by=by, at=at,
        )  # fmt: skip
    if whom.phone:
        write(
            key=f"tcm-promise-{news_id}-sms", channel=Channel.SMS, template=template, values=values,
            person_id=whom.readers[0], to=whom.phone, shown=mask_phone(whom.phone), by=by, at=at,
        )  # fmt: skip


def _words(change: Change, name: str, pharmacy: str, out_of_order: bool) -> tuple[str, Mapping[str, str]]:
    """Which text, and what stands in it."""
    values: dict[str, Any] = {"name": name, "number": change.number, "pharmacy": pharmacy, "code": change.code}
    if change.time is None:
        return "medicine_late_unknown", values
    values["time"] = f"{change.time.astimezone(CITY):%m-%d %H:%M}"
    if change.kind == MOVED:
        return "medicine_moved", values | {"reason": change.reason or ""}
    if change.kind == ON_TIME:
        return "medicine_on_time", values
    return ("medicine_late_machine" if out_of_order else "medicine_late"), values
