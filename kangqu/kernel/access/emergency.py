"""Break-glass (紧急查阅): a look outside one's scope, for a reason given beforehand and reviewed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from kangqu.kernel.access import policy
from kangqu.kernel.access.doors import MAY_LOOK_FOR, find_person, hidden
from kangqu.kernel.access.models import Account, BreakGlass
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, NOT_YOURS, Refused, refusal
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Stream

NOTE_NEEDED = refusal(
    "emergency_reason_needed",
    "KQ-1720",
    zh="请写明紧急情况，至少 {letters} 个字。",
    en="Please say what the emergency is, in at least {letters} characters.",
)
ALREADY_REVIEWED = refusal(
    "already_reviewed",
    "KQ-1721",
    zh="这次紧急查阅已经审查过了。",
    en="This emergency look has already been reviewed.",
    status=409,
)
NOT_ONES_OWN = refusal(
    "not_ones_own",
    "KQ-1722",
    zh="不能审批自己的事项。",
    en="Nobody decides on a matter of their own.",
    status=403,
)
_SHORTEST_NOTE = 4


class Reason(StrEnum):
    """The four reasons an emergency look may be opened for."""

    UNCONSCIOUS = "unconscious"
    RESUSCITATION = "resuscitation"
    OUTBREAK = "outbreak"
    DISASTER = "disaster"

    @property
    def label(self) -> str:
        return _REASONS[self][0]

    @property
    def label_en(self) -> str:
        return _REASONS[self][1]


_REASONS = {
    Reason.UNCONSCIOUS: ("患者昏迷或不能表达", "Patient unconscious or unable to speak"),
    Reason.RESUSCITATION: ("急诊抢救", "Emergency treatment"),
    Reason.OUTBREAK: ("疫情处置", "Outbreak response"),
    Reason.DISASTER: ("灾害或群体事件救治", "Disaster or mass casualties"),
}


def open_break_glass(viewer: Viewer, code: str, *, reason: Reason, note: str, at: datetime) -> BreakGlass:
    """Open a resident outside one's scope for some hours. The resident sees it; it waits for review.

    Opening it again while it is open gives the one that is open.
    """
    held = viewer.holding(MAY_LOOK_FOR[Purpose.EMERGENCY])
    if not held or viewer.account_id is None:
        raise Refused(NOT_YOURS)
    note = note.strip()
    if len(note) < _SHORTEST_NOTE:
        raise Refused(NOTE_NEEDED, field="note", letters=_SHORTEST_NOTE)
    if len(note) > 200 or "\x00" in note:
        raise Refused(BAD_INPUT, field="note", detail="note")
    person = find_person(code)
    if person is None:
        raise hidden(viewer, code, None, Purpose.EMERGENCY, at, "break_glass.open")
    with transaction.atomic():
        # The person's row is the lock: of two presses at once the second finds what the first opened.
        Person.objects.select_for_update().get(pk=person.pk)
        mine = BreakGlass.objects.filter(person=person, account_id=viewer.account_id, ends_at__gt=at)
        if (already := mine.first()) is not None:
            return already
        opened = BreakGlass.objects.create(
            person=person,
            account_id=viewer.account_id,
            institution_id=held[0].institution_id,
            reason=reason,
            note=note,
            opened_at=at,
            ends_at=at + policy.hours("break_glass.hours", at),
            review_due_at=at + policy.hours("break_glass.review_hours", at),
        )
        by = viewer.actor(held=held[0], purpose=Purpose.EMERGENCY)
        seen = by.did(
            "break_glass.open",
            at=at,
            person_id=person.pk,
            object_type="break_glass",
            object_id=opened.id,
            reason=note,
            facts={"reason": reason.value, "relation": "emergency"},
            stream=Stream.LOOK,
        )
        record(seen, replace(seen, stream=Stream.SECURITY))
    return opened


def review_break_glass(
    viewer: Viewer, person_code: str, *, break_glass_id: int, outcome: BreakGlass.Outcome, note: str, at: datetime
) -> None:
    """Say whether an emergency look was justified. By a security or audit administrator, never on one's own."""
    held = viewer.holding({Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
    if not held or outcome is BreakGlass.Outcome.WAITING:
        raise Refused(NOT_YOURS)
    if len(note) > 200 or "\x00" in note or not note.strip():
        raise Refused(BAD_INPUT, field="note", detail="note")
    with transaction.atomic():
        person = find_person(person_code)
        looked = BreakGlass.objects.filter(person=person, id=break_glass_id)
        one = looked.first() if person is not None else None
        if person is None or one is None or not _under(held, one.institution_id):
            raise Refused(NOT_FOUND)
        if one.account_id == viewer.account_id:
            raise Refused(NOT_ONES_OWN)
        waiting = looked.filter(outcome=BreakGlass.Outcome.WAITING)
        if not waiting.update(outcome=outcome, reviewed_at=at, reviewed_by=viewer.account_id, review_note=note.strip()):
            raise Refused(ALREADY_REVIEWED)
        by = viewer.actor(held=held[0], purpose=Purpose.AUDIT)
        record(
            by.did(
                "break_glass.review",
                at=at,
                person_id=person.pk,
                object_type="break_glass",
                object_id=break_glass_id,
                facts={"outcome": outcome.value},
                reason=note.strip(),
                stream=Stream.SECURITY,
            )
        )


def _under(held: tuple[Held, ...], institution_id: int) -> bool:
    path = Institution.objects.values_list("path", flat=True).get(pk=institution_id)
    return any(each.reaches(path) for each in held)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An emergency look in the review queue."""

    id: int
    person_code: str
    who: str
    institution: str
    reason: Reason
    note: str
    opened_at: datetime
    review_due_at: datetime
    outcome: str
    review_note: str
    overdue: bool


def break_glass_queue(viewer: Viewer, *, at: datetime, done: bool = False, limit: int = 100) -> list[Waiting]:
    """Emergency looks in the viewer's subtree that wait for review (or, ``done``, were reviewed), oldest first."""
    held = viewer.holding({Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
    places = {
        row.pk: row for each in held for row in Institution.objects.filter(path__startswith=each.path).only("name")
    }
    rows = BreakGlass.objects.filter(institution_id__in=places).select_related("person")
    waiting = rows.exclude(outcome="waiting") if done else rows.filter(outcome="waiting")
    found = list(waiting.order_by("-reviewed_at" if done else "review_due_at", "id")[: max(1, min(limit, 200))])
    names = dict(Account.objects.filter(pk__in={row.account_id for row in found}).values_list("pk", "display_name"))
    return [
        Waiting(
            id=row.id,
            person_code=row.person.public_code,
            who=names.get(row.account_id, ""),
            institution=places[row.institution_id].name,
            reason=Reason(row.reason),
            note=row.note,
            opened_at=row.opened_at,
            review_due_at=row.review_due_at,
            outcome=row.outcome,
            review_note=row.review_note,
            overdue=row.outcome == "waiting" and row.review_due_at < at,
        )
        for row in found
    ]


def overdue_reviews(at: datetime) -> int:
    """How many emergency looks wait for review beyond their time: a metric, watched by the operator."""
    return BreakGlass.objects.filter(outcome=BreakGlass.Outcome.WAITING, review_due_at__lt=at).count()
