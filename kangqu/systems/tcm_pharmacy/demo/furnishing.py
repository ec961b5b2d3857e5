"""What the demo's pharmacy can do: open day and night, six pots, three pairs of hands a stage, a courier every three hours."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Floor
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS, add_round, set_floor

POTS: Final = 6
_HOUSE: Final = the_house("demo")
_DEPARTS: Final = range(8, 21, 3)  # hours of the city's day


def furnish(centre: Institution, at: datetime) -> bool:
    """Set the pharmacy up, once; what its manager has changed since stays. Whether it was set up now."""
    if Floor.objects.filter(institution=centre).exists():
        return False
    for number in range(1, POTS + 1):
        stock.add_pot(centre.pk, name=f"{number}号机", grams=3_000, ml=12_000, by=_HOUSE, at=at)
    for hour in _DEPARTS:
        add_round(
            centre.pk, name=f"{hour}点班", weekdays="1234567", departs=hour * 60, parcels=40,
            reaches=[(centre.region_id[:6], 60)], by=_HOUSE, at=at,
        )  # fmt: skip
    hands = dict.fromkeys(HANDS, 3)
    set_floor(centre.pk, hours=[[0, 1440]] * 7, hands=hands, takes_outside=True, by=_HOUSE, at=at)
    return True
