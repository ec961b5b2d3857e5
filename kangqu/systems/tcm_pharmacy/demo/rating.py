"""What the demo's patients say of their medicine: two of three rate it, most of them kindly."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.ids import Random
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy import programme
from kangqu.systems.tcm_pharmacy.models import Rating
from kangqu.systems.tcm_pharmacy.rating.actions import HANDED_OVER, rate

_PATIENT: Final = Actor(account_id=None, role=Role.RESIDENT.value, purpose=Purpose.SELF.value)
_SOON: Final = timedelta(minutes=10)
_LATEST: Final = timedelta(hours=6)
_SAID: Final = (
    (5, ("on_time", "well_packed"), "送得准时，包装也好"),
    (5, ("kind",), ""),
    (5, ("clear",), "服法写得很清楚"),
    (4, ("well_packed",), ""),
    (4, ("on_time",), "药味有点浓"),
    (3, ("late",), ""),
    (2, ("leaks",), "有一袋渗漏"),
)


def rate_one(pharmacy_id: int, at: datetime, rng: Random) -> int:
    """Rate the prescription that was handed over longest ago and waits for it, if one does; how many were rated."""
    handed = Case.objects.filter(
        institution_id=pharmacy_id,
        programme=programme.CODE,
        state__in=HANDED_OVER,
        number__startswith="DEMO-",
        closed_at__range=(at - _LATEST, at - _SOON),
    )
    rated = Rating.objects.filter(case_id__in=handed.values("pk")).values("case_id")
    waiting = handed.exclude(pk__in=rated).order_by("closed_at").values_list("pk", flat=True)
    case = next((found for number in waiting if number % 3 and (found := snapshot(number)) is not None), None)
    if case is None:
        return 0
    (stars, reasons, sentence) = rng.choices(_SAID)[0]
    rate(case, stars=stars, reasons=reasons, sentence=sentence, by=_PATIENT, at=at)
    return 1
