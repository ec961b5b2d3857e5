"""Which pharmacy makes a prescription first, and when: asked before anything is taken. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.tcm_pharmacy.planning.outcome import Planned, Unplanned, Why
from kangqu.systems.tcm_pharmacy.planning.plan import plan
from kangqu.systems.tcm_pharmacy.promises import refusals
from kangqu.systems.tcm_pharmacy.promises.orders import new_order
from kangqu.systems.tcm_pharmacy.promises.reads import Found, found_at

_NEW: Final = "new"
_WHY: Final = {
    Why.NO_PHARMACY: refusals.NOBODY_MAKES_IT,
    Why.NO_POT: refusals.NO_POT_HOLDS_IT,
    Why.NO_ROUND: refusals.NO_ROUND_GOES,
    Why.NO_ROOM: refusals.NO_ROOM_LEFT,
}


def earliest(
    facts: Mapping[str, Any], *, hospital_id: int, at: datetime, pharmacy_id: int | None = None
) -> Planned | Unplanned | None:
    """Where a new prescription with ``facts`` is ready first, and what may be promised; None where no floor is known.

    ``pharmacy_id`` is the one that was named; without it, all that take what ``hospital_id`` prescribes. It is planned with all
    that is open, by its priority: an express one goes before ordinary ones as far as their promises allow.
    """
    found = found_at(at)
    if found is None:
        return None
    allowed = _allowed(found, hospital_id) if pharmacy_id is None else [str(pharmacy_id)]
    order = new_order(_NEW, facts, allowed, found.state.now)
    made = plan(replace(found.state, orders=(*found.state.orders, order)))
    left_out = next((each for each in made.unplanned if each.order == _NEW), None)
    return made.of(_NEW) or left_out or Unplanned(_NEW, Why.NO_PHARMACY, None)


def _allowed(found: Found, hospital_id: int) -> list[str]:
    codes = (each.code for each in found.state.pharmacies)
    return sorted(code for code in codes if code in found.outside or code == str(hospital_id))


def no_promise(found: Unplanned | None) -> Refused:
    """Why nothing can be promised, as a refusal."""
    return Refused(_WHY[found.why if found is not None else Why.NO_PHARMACY])
