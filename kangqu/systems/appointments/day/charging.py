"""What a visit costs: what the schedule says, or nothing, with the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.capacity.models import Booking
from kangqu.systems.appointments.finding.clinics import clinic_of

_LISTED: Final = Words("按排班公布的挂号费", "The fee published with the clinic")
_NONE: Final = Words("排班没有登记挂号费", "No fee is recorded for this clinic")


@dataclass(frozen=True, slots=True)
class Due:
    """An amount and why it is that; ``rule`` names a rule of free revisits, where one decided."""

    fen: int
    why: Words
    rule: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self.why), "rule": self.rule}


def due(booking: Booking, *, at: datetime) -> Due:
    """What this booking's visit costs."""
    fee = clinic_of(booking.session.schedule).fee_fen
    if fee is None or not 0 < fee < 2**31:
        return Due(0, _NONE)
    return Due(fee, _LISTED)
