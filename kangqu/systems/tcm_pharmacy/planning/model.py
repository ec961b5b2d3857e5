"""What a plan is made from: pharmacies with pots, hands and courier rounds, orders, and the batches already in pots.

Every time is a whole minute since an epoch that the caller chooses and that falls on a full hour. Everything is checked when it is
made: ``ValueError`` says what cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import Final

from kangqu.systems.tcm_pharmacy.planning.timing import Timing, usual_timing

MOST_HANDS: Final = 200  # of a stage, and pots of a size, in one pharmacy
LONGEST_HORIZON: Final = 14 * 24 * 60  # minutes; what lies beyond is not planned
MOST_MINUTES: Final = 24 * 60  # of one step


class Stage(IntEnum):
    """The stages of an order, in their order (审方、调配、复核、浸泡、煎煮、包装、交付)."""

    RECEIVED = 0
    REVIEW = 1
    DISPENSE = 2
    CHECK = 3
    SOAK = 4
    DECOCT = 5
    PACK = 6
    HAND_OUT = 7


class Priority(IntEnum):
    """Who goes first: 加急, 病区, 普通."""

    EXPRESS = 1
    WARD = 2
    ORDINARY = 3


WITH_HANDS: Final = (Stage.REVIEW, Stage.DISPENSE, Stage.CHECK, Stage.DECOCT, Stage.PACK, Stage.HAND_OUT)


@dataclass(frozen=True, slots=True)
class Pot:
    """A decoction machine (煎药机). It holds at most so much herb and water; ``failed_until`` is when it works again."""

    code: str
    herb_grams: int
    water_ml: int
    kind: str = "internal"
    failed_until: int | None = None

    def __post_init__(self) -> None:
        if self.herb_grams <= 0 or self.water_ml <= 0:
            raise ValueError(f"pot {self.code} holds nothing")

    def works(self, at: int) -> bool:
        """Whether it works at that minute."""
        return self.failed_until is None or self.failed_until <= at


@dataclass(frozen=True, slots=True)
class Round:
    """A courier's round: when it departs, how many parcels it takes, and after how many minutes it is in which district."""

    code: str
    departs: int
    parcels: int
    reaches: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if self.parcels < 0 or any(minutes < 0 for _, minutes in self.reaches):
            raise ValueError(f"round {self.code}: parcels and minutes are not negative")


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """A decoction centre (煎药中心). ``opens`` are its spans (from, until), apart and in order, over the days to be planned.

    ``hands`` says how many pairs of hands a stage has; with ``DECOCT`` those are the tenders who charge the pots.
    """

    code: str
    opens: tuple[tuple[int, int], ...]
    pots: tuple[Pot, ...]
    hands: tuple[tuple[Stage, int], ...]
    rounds: tuple[Round, ...] = ()

    def __post_init__(self) -> None:
        edges = [edge for span in self.opens for edge in span]
        if any(a >= b for a, b in pairwise(edges)):
            raise ValueError(f"{self.code}: opening spans are apart and in order")
        if {stage for stage, _ in self.hands} != set(WITH_HANDS) or len(self.hands) != len(WITH_HANDS):
            raise ValueError(
                f"{self.code}: hands are said once for each of {', '.join(each.name for each in WITH_HANDS)}"
            )
        if any(not 0 <= count <= MOST_HANDS for _, count in self.hands) or len(self.pots) > MOST_HANDS:
            raise ValueError(f"{self.code}: 0 to {MOST_HANDS} hands a stage, at most {MOST_HANDS} pots")
        if len({pot.code for pot in self.pots}) < len(self.pots):
            raise ValueError(f"{self.code}: a pot is listed twice")


@dataclass(frozen=True, slots=True)
class Decoction:
    """How an order is decocted: herbs of all doses in grams, water in ml, minutes.

    ``first_added`` (先煎) comes before the first boil; ``late_added`` (后下) lies in its last minutes and takes no time of its own.
    ``category`` is the class of DC5 to DC7 and is carried along: the minutes were judged when they were prescribed.
    """

    herb_grams: int
    water_ml: int
    soak: int
    boil_first: int
    boil_second: int = 0
    first_added: int = 0
    late_added: int = 0
    kind: str = "internal"
    category: str = "GENERAL"

    def __post_init__(self) -> None:
        minutes = (self.soak, self.boil_first, self.boil_second, self.first_added, self.late_added)
        if any(not 0 <= each <= MOST_MINUTES for each in minutes) or self.boil_first < 1:
            raise ValueError(f"minutes are 0 to {MOST_MINUTES}, and of the first boil at least 1")
        if self.late_added > self.boil_first:
            raise ValueError("what is added late is added within the first boil")
        if self.herb_grams <= 0 or self.water_ml <= 0:
            raise ValueError("nothing to decoct")


@dataclass(frozen=True, slots=True)
class Order:
    """An open order. ``decoction`` is None when the pieces leave as they are (饮片), ``district`` None when it is fetched.

    ``done`` is the last stage that is finished; ``begun_at`` is when the next one was begun, None while it waits. Once an order is
    dispensed, ``pharmacies`` is the one that has it. ``promised_by`` is a promise already given, ``turn`` the minute by which it goes
    among its like, if not by that promise. ``urgent`` is 急煎 (DC17).
    """

    code: str
    ready_from: int
    pharmacies: tuple[str, ...]
    doses: int
    decoction: Decoction | None = None
    priority: Priority = Priority.ORDINARY
    urgent: bool = False
    district: str | None = None
    promised_by: int | None = None
    done: Stage = Stage.RECEIVED
    begun_at: int | None = None
    turn: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.doses <= 1000:
            raise ValueError(f"{self.code}: 1 to 1,000 doses")
        if self.done >= Stage.HAND_OUT:
            raise ValueError(f"{self.code} is handed out: nothing is left to plan")
        if (self.begun_at is not None or self.done >= Stage.DISPENSE) and len(self.pharmacies) != 1:
            raise ValueError(f"{self.code} is at work: one pharmacy has it")
        if self.begun_at is not None and self.begun_at < self.ready_from:
            raise ValueError(f"{self.code} was begun before it was ready to be")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch in a pot: since when, and until when the pot is taken (rinsing included)."""

    order: str
    pharmacy: str
    pot: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class State:
    """All that a plan is made from, at ``now``."""

    now: int
    pharmacies: tuple[Pharmacy, ...]
    orders: tuple[Order, ...]
    batches: tuple[Batch, ...] = ()
    timing: Timing = field(default_factory=usual_timing)

    def __post_init__(self) -> None:
        if len({each.code for each in self.pharmacies}) < len(self.pharmacies):
            raise ValueError("a pharmacy is listed twice")
        if len({each.code for each in self.orders}) < len(self.orders):
            raise ValueError("an order is listed twice")
        if len({(each.pharmacy, each.pot) for each in self.batches}) < len(self.batches):
            raise ValueError("a pot holds two batches")
        if len({each.order for each in self.batches}) < len(self.batches):
            raise ValueError("an order is in two pots")
