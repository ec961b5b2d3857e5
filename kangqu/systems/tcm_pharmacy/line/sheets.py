"""What was weighed for a prescription, as whoever checks it compares it."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Max

from kangqu.systems.tcm_pharmacy.line.weighing import ToWeigh
from kangqu.systems.tcm_pharmacy.models import Prescription, Weighing


def weighed_sheet(kept: Prescription) -> tuple[ToWeigh, ...]:
    """The herbs of the prescription with what was last weighed of each."""
    rows = Weighing.objects.filter(case_id=kept.case_id)
    last = rows.aggregate(last=Max("round"))["last"] or 1
    done = {row.place: row for row in rows.filter(round=last).select_related("lot")}
    sheet = []
    for place, each in enumerate(kept.herbs):
        grams = Decimal(str(each["grams"])) * kept.doses
        name = each["name"] or each["written"]
        sheet.append(ToWeigh(place, name, tuple(each["handling"]), each["note"], grams, grams, grams, done.get(place)))
    return tuple(sheet)
