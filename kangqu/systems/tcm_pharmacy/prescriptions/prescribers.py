"""The account of the doctor a hospital's system names: one who prescribes at that hospital, and no other."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from kangqu.kernel.access.models import Grant
from kangqu.kernel.access.practice import licence_of, refuse_over
from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.tcm_pharmacy.definition import PRESCRIBERS
from kangqu.systems.tcm_pharmacy.refusals import PRESCRIBER_UNKNOWN


def prescriber_of(username: str | None, *, hospital_id: int, at: datetime) -> int | None:
    """The number of the account called ``username`` that holds a prescriber's role at the hospital; None when none is named.

    ``Refused`` when her registered licence is over, and when there is no such doctor there: what a system names wrongly must not show in somebody else's list.
    """
    if username is None:
        return None
    held = Grant.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=at),
        account__username=username,
        account__closed_at=None,
        institution_id=hospital_id,
        role__in=[role.value for role in PRESCRIBERS],
        starts_at__lte=at,
        waits=False,
    )
    found = held.values_list("account_id", flat=True).first()
    if found is None:
        raise Refused(PRESCRIBER_UNKNOWN, field="prescriber.account")
    refuse_over(licence_of(int(found)), at)
    return int(found)
