"""What the demo's machines report: how warm their pots are, once a minute, and when they begin to boil."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kangqu.kernel.basis.ids import Random
from kangqu.systems.tcm_pharmacy.models import Pot
from kangqu.systems.tcm_pharmacy.store.machines import ReadingIn, ReportIn, TimeIn, keep

_HEATS_FOR: Final = timedelta(minutes=9)
_COLD, _BOILS_AT = 22.0, 97.5


def report(pharmacy_id: int, at: datetime, rng: Random) -> int:
    """Report every pot that is at work; how much was new."""
    minute = at.replace(second=0, microsecond=0)
    readings, times = list[ReadingIn](), list[TimeIn]()
    for pot in Pot.objects.filter(institution_id=pharmacy_id, failed_at=None).exclude(case=None).select_related("case"):
        since = _heated_since(pot)
        if since is None or minute < since:
            continue
        share = min(1.0, (minute - since) / _HEATS_FOR)
        celsius = _COLD + share * (_BOILS_AT - _COLD) + rng.randrange(20) / 10
        readings.append(ReadingIn(pot=pot.code, at=minute, celsius=celsius))
        times.append(TimeIn(pot=pot.code, at=since, what="heating"))
        if share == 1:
            times.append(TimeIn(pot=pot.code, at=since + _HEATS_FOR, what="boiling"))
    return keep(ReportIn(readings=readings, times=times), pharmacy_id, at)["kept"] if readings else 0


def _heated_since(pot: Pot) -> datetime | None:
    """Since when it is heated: since it was charged, or filled up for the second boil."""
    facts = pot.case.facts if pot.case is not None else {}
    since = facts.get("boil_again_from") or facts.get("boil_from")
    return datetime.fromisoformat(since) if isinstance(since, str) else None
