"""Whether a person's next visit is free, from what is recorded; and the number that says so."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused, Words
from kangqu.kernel.capacity.booking import Booked
from kangqu.kernel.capacity.models import Schedule, Session, SessionState
from kangqu.kernel.people.reads import person_ids_of
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.care.first import of_department
from kangqu.systems.appointments.care.models import Episode
from kangqu.systems.appointments.care.policy import free_days
from kangqu.systems.appointments.care.refusals import NOT_FREE
from kangqu.systems.appointments.care.revisit import GENERAL, Again, First, Verdict, judge
from kangqu.systems.appointments.finding.clinics import clinic_of

FREE: Final = "FR0"
_NOTHING: Final = Words("近 30 天没有在这里看过。", "There was no visit here in the last 30 days.")
_LOOK_BACK: Final = timedelta(days=30)


def verdict_on(person_id: int, session: Session) -> Verdict | None:
    """Whether a visit to this session is free; None when there was nothing before it in the last thirty days."""
    episode = _before(person_id, session)
    if episode is None:
        return None
    schedule = session.schedule
    first = first_of(episode)
    again = Again(
        day=session.day, institution_id=session.institution_id, department_id=schedule.department_id, level=clinic_of(schedule).level,
        emergency=bool(schedule.facts.get("emergency")),
    )  # fmt: skip
    return judge(first, again, days=free_days(first.day), closed=closed_days(episode))


def first_of(episode: Episode) -> First:
    return First(
        day=episode.day, institution_id=episode.institution_id, department_id=episode.department_id, level=episode.level,
        tests_pending=episode.tests_pending, finished=episode.ended_at is not None, emergency=episode.emergency,
    )  # fmt: skip


def _before(person_id: int, session: Session) -> Episode | None:
    """The episode a visit would go on with: of this department first, of this institution next; the latest."""
    rows = Episode.objects.filter(
        person_id__in=person_ids_of(person_id), day__lte=session.day, day__gte=session.day - _LOOK_BACK
    )
    found = sorted(
        rows.order_by("-begun_at")[:50], key=lambda each: not each.tests_pending or each.ended_at is not None
    )
    same = [each for each in found if each.department_id == session.schedule.department_id]
    here = [each for each in found if each.institution_id == session.institution_id and each.tests_pending]
    return next(iter([*same, *here]), None)


def closed_days(episode: Episode) -> set[date]:
    """Days after the first, within the look-ahead, on which the department has no general clinic."""
    ahead = {episode.day + timedelta(days=n) for n in range(1, 31)}
    general = [
        schedule.pk
        for schedule in Schedule.objects.select_related("institution", "department").filter(
            institution_id=episode.institution_id, **of_department(episode.department_id)
        )
        if clinic_of(schedule).level == GENERAL
    ]
    open_on = Session.objects.filter(schedule_id__in=general, day__in=ahead, state=SessionState.OPEN)
    return ahead - set(open_on.values_list("day", flat=True))


def register(person_id: int, session: Session, *, key: str, by: Actor, at: datetime) -> Booked:
    """Book a free revisit on the channel kept for it. Raises NOT_FREE with the reason, and what booking raises."""
    verdict = verdict_on(person_id, session)
    if verdict is None or not verdict.free:
        raise Refused(NOT_FREE, because=verdict.why if verdict is not None else _NOTHING)
    asked = taking.Asked(
        person_id=person_id, session_id=session.pk, slot_id=None, key=key, channel="returning",
        facts={"revisit": verdict.rule, "until": verdict.until.isoformat()},
    )  # fmt: skip
    with transaction.atomic():
        booked = taking.take(asked, held=False, by=by, at=at)
        record(
            by.did(
                "appointments.revisit", at=at, person_id=person_id, object_type="booking", object_id=booked.id,
                facts={"rule": verdict.rule},
            )
        )  # fmt: skip
    return booked


def sessions_for(episode: Episode, *, at: datetime) -> list[tuple[Session, Verdict]]:
    """The sessions of the department a free revisit may go to: general, open, after the first day, within the days."""
    today = at.astimezone(CITY).date()
    rows = Session.objects.filter(
        institution_id=episode.institution_id, schedule__kind=taking.KIND, state=SessionState.OPEN, ends_at__gt=at, day__gte=today, day__gt=episode.day,
        day__lte=episode.day + _LOOK_BACK, **{f"schedule__{name}": value for name, value in of_department(episode.department_id).items()},
    ).select_related("schedule__department", "schedule__institution", "institution")  # fmt: skip
    judged = [(each, verdict_on(episode.person_id, each)) for each in rows.order_by("starts_at")[:60]]
    return [(each, verdict) for each, verdict in judged if verdict is not None and verdict.free]
