"""For how many days without a break a patient had poppy husk before today, by the prescriptions of the city's own pharmacies."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import Final

from kangqu.systems.tcm_pharmacy.herbs import Answer, resolve
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.systems.tcm_pharmacy.review.toxic import POPPY

_LOOKS_BACK: Final = timedelta(days=30)


def poppy_days_before(order: OrderIn, person_id: int | None, *, today: date) -> int | None:
    """Days in a row up to yesterday that earlier prescriptions cover; None where the order has none or nobody is known."""
    if person_id is None or not any(_is_poppy(each.name) for each in order.herbs):
        return None
    rows = Prescription.objects.filter(
        person_id=person_id, issued_on__gte=today - _LOOKS_BACK, issued_on__lte=today, herbs__contains=[{"name": POPPY}]
    ).exclude(case__state__in=("returned", "void"))
    covered: set[date] = set()
    for issued_on, doses, details in rows.order_by("issued_on", "pk").values_list("issued_on", "doses", "details"):
        # What was prescribed while an earlier supply lasted is taken after it.
        starts = issued_on
        while starts in covered:
            starts += timedelta(days=1)
        covered |= {
            starts + timedelta(days=day) for day in range(ceil(doses / float(details.get("doses_per_day") or 1)))
        }
    before, day = 0, max((each for each in covered if each >= today), default=today - timedelta(days=1))
    while day in covered:
        before, day = before + 1, day - timedelta(days=1)
    return before


def _is_poppy(written: str) -> bool:
    if "壳" not in written and not written.isascii():
        return False
    found = resolve(written)
    return found.answer is Answer.ONE and found.herb is not None and found.herb.name == POPPY
