"""What a visit costs: what the schedule says, or nothing, with the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.capacity.models import Booking
from kangqu.systems.appointments.care.revisit import Verdict
from kangqu.systems.appointments.care.revisiting import verdict_on
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
    """What this booking's visit costs. A free revisit says by which rule; one that is none says why not."""
    verdict = verdict_on(booking.person_id, booking.session)
    if verdict is not None and verdict.free:
        return Due(0, _marked(verdict), verdict.rule)
    fee = clinic_of(booking.session.schedule).fee_fen
    known = fee is not None and 0 < fee < 2**31
    said = _LISTED if known else _NONE
    if verdict is not None:
        against = _marked(verdict)
        said = Words(f"{said.zh}。{against.zh}", f"{said.en}. {against.en}")
    return Due(fee if known and fee is not None else 0, said, verdict.rule if verdict is not None else "")


def _marked(verdict: Verdict) -> Words:
    """The reason with its source and how sure that is."""
    zh, en = verdict.source.mark.meaning
    return Words(
        f"{verdict.why.zh}（依据：{verdict.source.document}，{zh}）", f"{verdict.why.en} (rule {verdict.rule}; {en})"
    )
