"""What holds among the kept figures, on live data (``kangqu check``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kangqu.kernel.basis.checks import Finding, check
from kangqu.systems.tcm_pharmacy.models import DayCounted, DaySum
from kangqu.systems.tcm_pharmacy.supervising.counting import count_days

RECOUNTED: Final = 31
"""How many of the latest kept days are counted again."""


@check("tcm.days", "The kept figures of the pharmacies' last 31 days are what the trace counts to.")
def check_days() -> Iterator[Finding]:
    for day in DayCounted.objects.order_by("-day").values_list("day", flat=True)[:RECOUNTED]:
        kept = {row.pharmacy_id: row.figures for row in DaySum.objects.filter(day=day)}
        counted = {pharmacy: figures.as_data() for (pharmacy, _day), figures in count_days(day, day).items()}
        for pharmacy in sorted(kept.keys() | counted.keys()):
            if kept.get(pharmacy) != counted.get(pharmacy):
                yield Finding(f"tcm_pharmacy_daysum day={day} pharmacy={pharmacy}", "is not what the trace counts to")
