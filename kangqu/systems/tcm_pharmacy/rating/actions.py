"""Rating a prescription that was handed over, changing the rating, and making a complaint of a low one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import Prescription, Rating
from kangqu.systems.tcm_pharmacy.policy import number
from kangqu.systems.tcm_pharmacy.rating.refusals import NOT_HANDED_OVER, NOT_LOW, RATING_OVER
from kangqu.systems.tcm_pharmacy.rating.words import ABOUT, REASONS, in_the_pharmacys_words
from kangqu.systems.tcm_pharmacy.records.complaints import complain_of

HANDED_OVER: Final = ("handed_out", "delivered")
LONGEST: Final = 200


def rate(case: Snapshot, *, stars: int, reasons: Sequence[str], sentence: str, by: Actor, at: datetime) -> Rating:
    """Rate a prescription, once; rated again within the days of the policy, the rating is changed.

    The caller has passed the case's door. ``Refused`` before it was handed over and once those days are over.
    """
    if case.state not in HANDED_OVER:
        raise Refused(NOT_HANDED_OVER)
    if not 1 <= stars <= 5 or not set(reasons) <= set(REASONS) or len(sentence) > LONGEST or "\x00" in sentence:
        raise Refused(BAD_INPUT, field="stars", detail="RATING")
    said: dict[str, Any] = {"stars": stars, "reasons": sorted(set(reasons)), "sentence": sentence.strip()}
    with transaction.atomic():
        rating, fresh = Rating.objects.get_or_create(
            case_id=case.id, defaults={**_about(case), **said, **_given(by, at)}
        )
        if not fresh:
            _change(rating, said, by, at)
        facts = {name: said[name] for name in ("stars", "reasons")}
        action = "tcm.rate" if fresh else "tcm.rate.change"
        record(by.did(action, at=at, person_id=case.person_id, object_type="case", object_id=case.id, facts=facts))
    return rating


def _about(case: Snapshot) -> dict[str, Any]:
    prescriber = Prescription.objects.values_list("prescriber_id", flat=True).get(case_id=case.id)
    return {"person_id": case.person_id, "pharmacy_id": case.institution_id, "prescriber_id": prescriber}


def _given(by: Actor, at: datetime) -> dict[str, Any]:
    return {"rated_at": at, "changed_at": at, "by_id": by.account_id}


def _change(rating: Rating, said: dict[str, Any], by: Actor, at: datetime) -> None:
    days = changeable_days(at)
    open_still = Rating.objects.filter(pk=rating.pk, rated_at__gt=at - timedelta(days=days))
    if not open_still.update(**said, changed_at=at, by_id=by.account_id):
        raise Refused(RATING_OVER, days=days)
    rating.refresh_from_db()


def changeable_days(at: datetime) -> int:
    """For how many days a rating can be changed."""
    return round(number("tcm.rating.days", at))


def low_stars(at: datetime) -> int:
    """Up to how many stars a rating may become a complaint at a press."""
    return round(number("tcm.rating.low", at))


def complain(case: Snapshot, rating: Rating, *, by: Actor, at: datetime) -> Snapshot:
    """Make a complaint of a low rating, because the patient asks for it; asked again it is the same one.

    It is about the gravest reason she chose (service, when none says more), in her own words.
    """
    low = low_stars(at)
    if rating.stars > low:
        raise Refused(NOT_LOW, stars=low)
    about = next((about for reason, about in ABOUT.items() if reason in rating.reasons), "service")
    if rating.complaint_id is not None and (known := snapshot(rating.complaint_id)) is not None:
        return known
    said = "；".join(filter(None, (rating.sentence, in_the_pharmacys_words(rating.reasons)))) or f"{rating.stars} 星"
    with transaction.atomic():
        opened, _fresh = complain_of(case, about=about, said=said, by=by, at=at)
        Rating.objects.filter(pk=rating.pk, complaint=None).update(complaint_id=opened.id)
    return opened
