"""A prescription on the line as the planner takes it: what is done of it, what is left, how it is decocted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any, Final

from kangqu.systems.tcm_pharmacy import guards
from kangqu.systems.tcm_pharmacy.planning.model import MOST_MINUTES, Batch, Decoction, Order, Stage
from kangqu.systems.tcm_pharmacy.planning.timing import Timing
from kangqu.systems.tcm_pharmacy.planning.work import batch_minutes
from kangqu.systems.tcm_pharmacy.promises.capacity import ANYWHERE, minute_of
from kangqu.systems.tcm_pharmacy.promises.turns import priority_of

Facts = Mapping[str, Any]

DONE: Final = {
    "received": Stage.RECEIVED,
    "second_signature": Stage.RECEIVED,
    "released": Stage.REVIEW,
    "dispensed": Stage.DISPENSE,
    "checked": Stage.CHECK,
    "soaking": Stage.CHECK,
    "decocting": Stage.SOAK,
    "decocting_again": Stage.SOAK,
    "drawn_off": Stage.DECOCT,
    "packed": Stage.PACK,
    "ready": Stage.PACK,
}
"""The last stage that is finished in each state that is planned; what is on the way or over is not."""
_BOILING: Final = ("decocting", "decocting_again")


@dataclass(frozen=True, slots=True)
class Open:
    """An open prescription as it was read; times in minutes. ``turn`` is the minute by which it ranks in the lists of the line,
    ``pot`` the one it is in, ``pot_failed`` whether that failed."""

    case_id: int
    pharmacy: str
    state: str
    opened: int
    facts: Facts
    promised: int | None = None
    broken: bool = False
    pot: str | None = None
    pot_failed: bool = False
    turn: int | None = None

    @property
    def code(self) -> str:
        return str(self.case_id)

    @property
    def waits_for_promise(self) -> bool:
        """Released, and nothing promised yet."""
        return self.promised is None and DONE[self.state] >= Stage.REVIEW

    @property
    def waits_to_be_fetched(self) -> bool:
        """Made; whoever fetches it may come when she likes."""
        return self.state == "ready" and self.facts.get("delivery") != guards.COURIER


def new_order(code: str, facts: Facts, pharmacies: Sequence[str], now: int) -> Order:
    """A prescription that arrives now and may go to any of ``pharmacies``."""
    return _order(code, facts, tuple(pharmacies), now)


def order_of(each: Open, timing: Timing) -> Order:
    """What is left of an open one. What was in a pot that failed is dispensed anew (DC14)."""
    at_work = (each.pharmacy,)
    done, opened, begun = DONE[each.state], each.opened, None
    if each.state in _BOILING:
        if each.pot_failed:
            done = Stage.REVIEW
        elif each.pot is None:
            done, opened = Stage.DECOCT, max(opened, _drawn_off(each, timing))
    elif each.state == "soaking" and (begun := _minute(each.facts.get("soak_from"))) is not None:
        opened = min(opened, begun)
    found = _order(each.code, each.facts, at_work, opened, done, each.promised, begun)
    return found if each.promised is None else replace(found, turn=each.turn)


def batch_of(each: Open, timing: Timing) -> Batch | None:
    """The batch it is in, until the pot is rinsed; None when it is in none that works."""
    if each.state not in _BOILING or each.pot is None or each.pot_failed:
        return None
    until = _drawn_off(each, timing)
    return Batch(each.code, each.pharmacy, each.pot, _boiled_from(each), until + timing.rinse)


def _order(
    code: str,
    facts: Facts,
    pharmacies: tuple[str, ...],
    ready_from: int,
    done: Stage = Stage.RECEIVED,
    promised: int | None = None,
    begun: int | None = None,
) -> Order:
    return Order(
        code=code,
        ready_from=ready_from,
        pharmacies=pharmacies,
        doses=int(facts["doses"]),
        decoction=decoction_of(facts) if facts.get("decocted") else None,
        priority=priority_of(facts),
        district=facts.get("district", ANYWHERE) if facts.get("delivery") == guards.COURIER else None,
        promised_by=promised,
        done=done,
        begun_at=begun,
    )


def decoction_of(facts: Facts) -> Decoction:
    """How it is decocted. The water is that of the liquor to be packed: more boils away, and no norm says how much."""
    first = _minutes(facts, "boil_minutes") or 1
    return Decoction(
        herb_grams=max(1, ceil(float(facts["grams"]) * int(facts["doses"]))),
        water_ml=max(1, int(facts.get("packs", 1)) * int(facts.get("ml_per_pack", 200))),
        soak=_minutes(facts, "soak_minutes"),
        boil_first=first,
        boil_second=_minutes(facts, "boil_again_minutes") if facts.get("twice") else 0,
        first_added=_minutes(facts, "first_minutes"),
        late_added=min(first, _minutes(facts, "late_minutes")),
        kind="external" if facts.get("external") else "internal",
        category=facts.get("category", "GENERAL"),
    )


def _drawn_off(each: Open, timing: Timing) -> int:
    """When the liquor is drawn off, as ordered."""
    return _boiled_from(each) + batch_minutes(decoction_of(each.facts), timing)


def _boiled_from(each: Open) -> int:
    begun = _minute(each.facts.get("boil_from"))
    return each.opened if begun is None else begun


def _minutes(facts: Facts, name: str) -> int:
    return min(MOST_MINUTES, ceil(float(facts.get(name) or 0)))


def _minute(instant: str | None) -> int | None:
    return None if instant is None else minute_of(datetime.fromisoformat(instant))
