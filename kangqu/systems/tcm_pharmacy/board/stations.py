"""Which station an open prescription is at, and whether it is in hand there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kangqu.systems.tcm_pharmacy import guards
from kangqu.systems.tcm_pharmacy.line.hand import Post


class Station(StrEnum):
    """The stations in the order of the line: the review desk, and the posts of the line."""

    REVIEW = "review"
    DISPENSE = "dispense"
    CHECK = "check"
    SOAK = "soak"
    BOIL = "boil"
    PACK = "pack"
    RELEASE = "release"
    HAND_OUT = "hand_out"
    COURIER = "courier"

    @property
    def label(self) -> str:
        return "审方" if self is Station.REVIEW else Post(self.value).label

    @property
    def label_en(self) -> str:
        return "Reviewing" if self is Station.REVIEW else Post(self.value).label_en

    @property
    def knows_hands(self) -> bool:
        """Whether the house knows what is in hand there: between two scans a counted or checked tub says nothing."""
        return self in _IN_HAND


_IN_HAND: Final = frozenset({Station.REVIEW, Station.DISPENSE, Station.SOAK, Station.BOIL, Station.COURIER})
STATES: Final = (
    "received", "second_signature", "released", "dispensed", "checked", "soaking", "decocting", "decocting_again",
    "drawn_off", "packed", "ready", "on_the_way",
)  # fmt: skip
_STANDS: Final = {
    "received": Station.REVIEW,
    "second_signature": Station.REVIEW,
    "released": Station.DISPENSE,
    "dispensed": Station.CHECK,
    "decocting": Station.BOIL,
    "decocting_again": Station.BOIL,
    "drawn_off": Station.PACK,
    "packed": Station.RELEASE,
    "on_the_way": Station.COURIER,
}
_AT_WORK: Final = frozenset({"soaking", "decocting", "decocting_again", "on_the_way"})


@dataclass(frozen=True, slots=True)
class Open:
    """An open prescription as the board reads it: no patient, no herb.

    ``since`` is when it came to its state, ``due`` when it was promised (before its promise: when its state is due),
    ``hand_over`` when the plan loads it or hands it out. ``claimed`` at the desk; ``begun`` once a herb is weighed.
    """

    number: str
    state: str
    since: datetime
    due: datetime | None
    rank: datetime
    decocted: bool = False
    delivery: str = guards.FETCH
    soaked_at: datetime | None = None
    promised: bool = False
    expected: datetime | None = None
    broken: bool = False
    suspended: bool = False
    claimed: bool = False
    begun: bool = False
    round_id: int | None = None
    hand_over: datetime | None = None

    @property
    def by_courier(self) -> bool:
        return self.delivery == guards.COURIER

    @property
    def made(self) -> bool:
        """Ready to be fetched: whoever fetches it may come when she likes, so it is no longer late."""
        return self.state == "ready" and not self.by_courier

    def late_by(self, at: datetime) -> timedelta | None:
        """How long it is late; None when it is not."""
        if self.due is None or self.suspended or self.made or self.due >= at:
            return None
        return at - self.due

    def at_risk(self, at: datetime) -> bool:
        """Not late yet, but the plan says that its promise will not be kept."""
        return self.broken and not self.made and self.late_by(at) is None


def station_of(each: Open, at: datetime) -> tuple[Station, bool]:
    """Where it is, and whether it is in hand there. Soaked long enough, it waits for a pot."""
    if each.state == "checked":
        return (Station.SOAK if each.decocted else Station.PACK), False
    if each.state == "soaking" and each.soaked_at is not None and each.soaked_at <= at:
        return Station.BOIL, False
    if each.state == "soaking":
        return Station.SOAK, True
    if each.state == "ready":
        return (Station.COURIER if each.by_courier else Station.HAND_OUT), False
    station = _STANDS[each.state]
    if station is Station.REVIEW:
        return station, each.claimed
    return station, each.state in _AT_WORK or (each.state == "released" and each.begun)
