"""What has become of a prescription, stage by stage, as its patient is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from kangqu.systems.tcm_pharmacy import guards

Key = Literal["received", "review", "weigh", "check", "soak", "boil", "pack", "look", "hand"]
Status = Literal["done", "now", "next", "over"]

ALL: Final[tuple[Key, ...]] = ("received", "review", "weigh", "check", "soak", "boil", "pack", "look", "hand")
_BOILED_ONLY: Final = ("soak", "boil")
_DONE: Final[Mapping[str, Key]] = {
    "received": "received", "second_signature": "received", "released": "review", "dispensed": "weigh", "checked": "check",
    "soaking": "check", "decocting": "soak", "decocting_again": "soak", "drawn_off": "boil", "packed": "pack",
    "ready": "look", "on_the_way": "look", "handed_out": "hand", "delivered": "hand",
}  # fmt: skip
"""The last stage that is done in each state; one that is returned or void goes no further."""
_ENDS: Final[Mapping[str, Key]] = {
    "open": "received", "approve": "review", "second_sign": "review", "dispense": "weigh", "check": "check", "boil": "soak",
    "draw_off": "boil", "pack": "pack", "release_bags": "look", "hand_out": "hand", "deliver": "hand",
}  # fmt: skip
"""The step that ends each stage."""
_PLANNED: Final[Mapping[Key, str]] = {
    "review": "REVIEW", "weigh": "DISPENSE", "check": "CHECK", "soak": "SOAK", "boil": "DECOCT", "pack": "PACK", "hand": "HAND_OUT",
}  # fmt: skip
OVER: Final = frozenset({"returned", "void"})
HANDED_OVER: Final = frozenset({"handed_out", "delivered"})


@dataclass(frozen=True, slots=True)
class Event:
    """A step of the case: when, which, by whom, why."""

    at: datetime
    step: str
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One stage: done at ``at`` by ``by``, at work since ``at``, or planned to end at ``planned``."""

    key: Key
    status: Status
    at: datetime | None = None
    by: str = ""
    planned: datetime | None = None


def parts_of(state: str, facts: Mapping[str, Any], events: Sequence[Event], plan: Mapping[str, datetime]) -> list[Part]:
    """The stages in their order. What was scrapped counts from its last making; ``plan`` is the end of each planned stage."""
    keys = [key for key in ALL if facts.get("decocted") or key not in _BOILED_ONLY]
    begun = max((n for n, each in enumerate(events) if each.step in ("scrap", "redo")), default=-1)
    ends: dict[Key, Event] = {}
    for number, each in enumerate(events):
        key = _ENDS.get(each.step)
        if key is not None and (number > begun or key in ("received", "review")):
            ends[key] = each
    done = keys.index(_last_done(state, keys, ends))
    found = []
    for place, key in enumerate(keys):
        status = _status(place, done, state)
        end = ends.get(key) if status == "done" else None
        since = events[-1].at if status == "now" and events else None
        planned = plan.get(_PLANNED.get(key, "")) if status in ("now", "next") else None
        found.append(Part(key, status, end.at if end else since, end.by if end else "", planned))
    return found


def _last_done(state: str, keys: Sequence[Key], ends: Mapping[Key, Event]) -> Key:
    if state in OVER:
        return "review" if "review" in ends else "received"
    return _DONE[state] if _DONE[state] in keys else "check"


def _status(place: int, done: int, state: str) -> Status:
    if place <= done:
        return "done"
    if state in OVER:
        return "over"
    return "now" if place == done + 1 else "next"


def made_anew(events: Sequence[Event]) -> list[Event]:
    """When it was scrapped and made anew, or weighed again."""
    return [each for each in events if each.step in ("scrap", "redo")]


@dataclass(frozen=True, slots=True)
class Boiled:
    """How the batch was soaked and boiled, in whole minutes; None for what has not happened or does not apply."""

    pot: str
    soaked: int | None
    soak_least: int
    first: int | None
    boiled: int | None
    boil_least: int
    again: int | None
    late: int | None
    from_: datetime | None
    until: datetime | None


def boiled_of(facts: Mapping[str, Any], state: str, events: Sequence[Event]) -> Boiled | None:
    """What the pot's clock says of the batch that was made last; None when nothing is boiled or it has not begun to soak."""
    if not facts.get("decocted") or state in ("received", "second_signature", "released", "dispensed", "checked"):
        return None
    soak, begun, rest = (_instant(facts, name) for name in ("soak_from", "boil_from", "rest_from"))
    again, late = _instant(facts, "boil_again_from"), _instant(facts, "late_from")
    drawn = next((each.at for each in reversed(events) if each.step == "draw_off"), None)
    if begun is None or state == "soaking":
        return Boiled(
            "", None, _least(facts, "soak_minutes"), None, None, _least(facts, "boil_minutes"), None, None, None, None
        )
    boils = _boils(facts)
    end = drawn if drawn is not None and drawn >= begun else None
    return Boiled(
        pot=str(facts.get("pot") or ""),
        soaked=_minutes(soak, begun),
        soak_least=_least(facts, "soak_minutes"),
        first=_minutes(boils, rest),
        boiled=_minutes(rest or boils, again or end),
        boil_least=_least(facts, "boil_minutes"),
        again=_minutes(again, end),
        late=_minutes(late, again or end),
        from_=begun,
        until=end,
    )


def _boils(facts: Mapping[str, Any]) -> datetime | None:
    boils = guards.boils_from(facts)
    return None if boils is None else datetime.fromisoformat(boils)


def _least(facts: Mapping[str, Any], name: str) -> int:
    return round(float(facts.get(name) or 0))


def _minutes(since: datetime | None, until: datetime | None) -> int | None:
    return None if since is None or until is None else int((until - since) / timedelta(minutes=1))


def _instant(facts: Mapping[str, Any], name: str) -> datetime | None:
    value = facts.get(name)
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def by_courier(facts: Mapping[str, Any]) -> bool:
    return facts.get("delivery") == guards.COURIER
