"""Appealing against a miss, and deciding it: accepted, it counts no more."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.capacity.models import Booking, BookingStatus
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.appointments.models import Appeal
from kangqu.systems.appointments.noshow.refusals import APPEAL_LATE, APPEALED, DECIDED, NOT_A_MISS
from kangqu.systems.appointments.noshow.standing import number

LONGEST: Final = 500
LONGEST_ANSWER: Final = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a miss: the appeal made, or until when one may be made."""

    appeal: Appeal | None
    open: bool
    until: datetime


def standing_of(booking: Booking, *, at: datetime) -> Standing:
    made = Appeal.objects.filter(person_id=booking.person_id, booking_id=booking.id).first()
    until = booking.changed_at + timedelta(days=number("appeal_days", at))
    return Standing(made, made is None and at <= until, until)


def appeal(booking: Booking, text: str, *, by: Actor, at: datetime) -> Appeal:
    """Say why one did not come. Once, within the policy's days."""
    said = _clean(text, LONGEST, "text")
    if booking.status != BookingStatus.NO_SHOW:
        raise Refused(NOT_A_MISS)
    if not standing_of(booking, at=at).until >= at:
        raise Refused(APPEAL_LATE, days=number("appeal_days", at))
    try:
        with transaction.atomic():
            made = Appeal.objects.create(
                person_id=booking.person_id, booking_id=booking.id, institution_id=booking.session.institution_id, text=said,
                made_by=by.account_id, made_at=at,
            )  # fmt: skip
            record(
                by.did("appointments.appeal", at=at, person_id=booking.person_id, object_type="booking", object_id=booking.id)
            )  # fmt: skip
    except IntegrityError:
        raise Refused(APPEALED) from None
    return made


def decide(appeal_id: int, *, institution_ids: frozenset[int], accepted: bool, answer: str, by: Actor, at: datetime) -> Appeal:  # fmt: skip
    """Accept or turn down an appeal of one's own hospital. Of two colleagues one is refused."""
    said = _clean(answer, LONGEST_ANSWER, "answer", empty=accepted)
    with transaction.atomic():
        mine = Appeal.objects.filter(id=appeal_id, institution_id__in=institution_ids)
        made = mine.first()
        if made is None:
            raise Refused(NOT_FOUND)
        waiting = Appeal.objects.filter(person_id=made.person_id, id=made.id, accepted=None)
        if not waiting.update(accepted=accepted, answer=said, decided_by=by.account_id, decided_at=at):
            raise Refused(DECIDED)
        facts = {"accepted": accepted, "day": city_day(at).isoformat()}
        record(
            by.did(
                "appointments.decide", at=at, person_id=made.person_id, object_type="booking", object_id=made.booking_id,
                reason=said, facts=facts,
            )
        )  # fmt: skip
    made.refresh_from_db()
    return made


def _clean(text: str, longest: int, field: str, *, empty: bool = False) -> str:
    """What somebody wrote, in one line; too long, empty or with control characters is refused."""
    said = " ".join(unicodedata.normalize("NFC", text).split()) if len(text) <= 4 * longest else text
    if (
        (not said and not empty)
        or len(said) > longest
        or any(unicodedata.category(each) in ("Cc", "Cs") for each in said)
    ):
        raise Refused(BAD_INPUT, field=field, detail=f"{field}: 1 – {longest}")
    return said
