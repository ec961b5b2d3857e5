"""首诊负责制: whoever sees a person first is responsible until somebody else has accepted her."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from kangqu.kernel.access.models import Grant
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.reads import person_ids_of
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.care.models import Episode, HandOver
from kangqu.systems.appointments.care.refusals import (
    NO_REASON,
    NOBODY_SUCH,
    NOT_OFFERED,
    NOT_RESPONSIBLE,
    OFFERED_ALREADY,
)
from kangqu.systems.appointments.day.models import Visit
from kangqu.systems.appointments.definition import DOCTORS
from kangqu.systems.appointments.finding.clinics import clinic_of


def seen(visit: Visit, *, by: Actor, at: datetime) -> Episode:
    """She has come in: the open episode of this department goes on, or one begins and this doctor is responsible."""
    episode = open_episode(visit)
    if episode is not None:
        return episode
    schedule = visit.session.schedule
    try:
        with transaction.atomic():
            made = Episode.objects.create(
                person_id=visit.person_id, institution_id=visit.institution_id, department_id=visit.department_id, day=visit.day,
                level=clinic_of(schedule).level, emergency=bool(schedule.facts.get("emergency")), first_visit_id=visit.id,
                first_doctor_id=by.account_id or 0, doctor_id=by.account_id or 0, begun_at=at,
            )  # fmt: skip
    except IntegrityError:  # begun at the same moment
        found = open_episode(visit)
        assert found is not None
        return found
    _trace(made, "appointments.begin_episode", by, at)
    return made


def done(visit: Visit, *, tests_pending: bool, by: Actor, at: datetime) -> None:
    """Her consultation is over: with tests left open the episode goes on, else it ends if this doctor is responsible."""
    episode = open_episode(visit)
    if episode is None:
        return
    if tests_pending:
        _rows(episode).filter(ended_at=None).update(tests_pending=True)
        _trace(episode, "appointments.tests_pending", by, at)
    elif episode.doctor_id == by.account_id:
        end(episode, by=by, at=at)


def open_episode(visit: Visit) -> Episode | None:
    """The person's open episode in the visit's department."""
    rows = Episode.objects.filter(person_id__in=person_ids_of(visit.person_id), ended_at=None)
    return (
        rows.filter(institution_id=visit.institution_id, **of_department(visit.department_id))
        .order_by("begun_at")
        .first()
    )


def of_department(number: int | None) -> dict[str, Any]:
    """What a filter asks for: that department, or none."""
    return {"department__isnull": True} if number is None else {"department_id": number}


def end(episode: Episode, *, by: Actor, at: datetime) -> None:
    """End an episode one is responsible for; an offer of it that is open goes with it."""
    with transaction.atomic():
        mine = _rows(episode).filter(doctor_id=by.account_id, ended_at=None)
        if not mine.update(ended_at=at, ended_by=by.account_id):
            raise Refused(NOT_RESPONSIBLE)
        HandOver.objects.filter(person_id=episode.person_id, episode_id=episode.id, answered_at=None).update(
            accepted=False, answered_at=at, answered_by=by.account_id
        )
        _trace(episode, "appointments.end_episode", by, at)


def offer(
    episode: Episode, *, doctor_id: int | None, department_id: int | None, reason: str, by: Actor, at: datetime
) -> HandOver:
    """Offer an episode to a doctor or a department of the institution. Until it is accepted one stays responsible."""
    why = reason.replace("\x00", "").strip()[:200]
    if not why:
        raise Refused(NO_REASON, field="reason")
    _known(episode, doctor_id, department_id, by, at)
    with transaction.atomic():
        mine = _rows(episode).select_for_update().filter(doctor_id=by.account_id, ended_at=None)
        if mine.first() is None:
            raise Refused(NOT_RESPONSIBLE)
        try:
            with transaction.atomic():
                made = HandOver.objects.create(
                    person_id=episode.person_id, episode_id=episode.id, institution_id=episode.institution_id,
                    from_doctor_id=by.account_id or 0, doctor_id=doctor_id, department_id=department_id, reason=why, offered_at=at,
                )  # fmt: skip
        except IntegrityError:
            raise Refused(OFFERED_ALREADY) from None
        _trace(episode, "appointments.offer_episode", by, at, reason=why)
    return made


def _known(episode: Episode, doctor_id: int | None, department_id: int | None, by: Actor, at: datetime) -> None:
    """Exactly one of the two, of the same institution, and not oneself."""
    if (doctor_id is None) == (department_id is None) or doctor_id == by.account_id:
        raise Refused(NOBODY_SUCH)
    if doctor_id is not None and doctor_id not in doctors_at(episode.institution_id, at=at):
        raise Refused(NOBODY_SUCH)
    if (
        department_id is not None
        and not Department.objects.filter(pk=department_id, institution_id=episode.institution_id).exists()
    ):
        raise Refused(NOBODY_SUCH)


def doctors_at(institution_id: int, *, at: datetime) -> dict[int, str]:
    """Who sees patients there now: name by account."""
    held = Grant.objects.filter(
        institution_id=institution_id, role__in=[str(role) for role in DOCTORS], starts_at__lte=at
    )
    now = held.exclude(ends_at__lte=at).values_list("account_id", "account__display_name")
    return dict(now.order_by("account__display_name")[:500])


def answer(hand_over: HandOver, *, accepted: bool, words: str = "", by: Actor, at: datetime) -> None:
    """Accept, and be responsible from now on; or decline, and it stays where it was. Once."""
    given = words.replace("\x00", "").strip()[:200]
    if not accepted and not given:
        raise Refused(NO_REASON, field="answer")
    with transaction.atomic():
        episodes = Episode.objects.filter(person_id=hand_over.person_id, id=hand_over.episode_id, ended_at=None)
        if episodes.select_for_update().first() is None:
            raise Refused(NOT_OFFERED)
        mine = HandOver.objects.filter(person_id=hand_over.person_id, id=hand_over.id, answered_at=None)
        mine = mine.filter(doctor_id__in=[by.account_id]) | mine.filter(doctor_id=None)
        if hand_over.from_doctor_id == by.account_id or not mine.update(
            accepted=accepted, answer=given, answered_at=at, answered_by=by.account_id
        ):
            raise Refused(NOT_OFFERED)
        if accepted:
            episodes.update(doctor_id=by.account_id)
        episode = Episode.objects.get(person_id=hand_over.person_id, id=hand_over.episode_id)
        _trace(
            episode, "appointments.accept_episode" if accepted else "appointments.decline_episode", by, at, reason=given
        )


def episode_for(number: int, institution_ids: list[int]) -> Episode:
    """An episode by its number at one of some institutions; any other is not found."""
    found = (
        Episode.objects.filter(id=number, institution_id__in=institution_ids)
        .select_related("person", "department")
        .first()
    )
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def _rows(episode: Episode) -> Any:
    return Episode.objects.filter(person_id=episode.person_id, id=episode.id)


def _trace(episode: Episode, action: str, by: Actor, at: datetime, *, reason: str = "") -> None:
    record(
        by.did(action, at=at, person_id=episode.person_id, object_type="episode", object_id=episode.id, reason=reason)
    )  # fmt: skip
