"""The free time of a pharmacy, minute by minute from now: hands of each stage, pots of each size, parcels of each round.

A pool is a byte a minute: how many of its like are free. The first stretch of free minutes that is long enough is found by
``bytearray.find``, taking one is ``translate`` on a slice; both run in C, so a pool of forty costs as little as one of two, and no gap
between two pieces of work is ever lost. Who exactly of the pool does it is settled afterwards (``naming``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from kangqu.systems.tcm_pharmacy.planning.model import Decoction, Pharmacy, Pot, Stage
from kangqu.systems.tcm_pharmacy.planning.timing import Timing

_ONE_LESS: Final = bytes([0, *range(255)])
_ANY: Final = bytes([0] + [1] * 255)
NEVER: Final = -1


class Pool:
    """Some of a kind, each able to do one thing at a time. Minutes count from the plan's now."""

    __slots__ = ("_count", "free")

    def __init__(self, count: int, spans: Iterable[tuple[int, int]], horizon: int) -> None:
        self._count = bytearray(horizon)
        for start, end in spans:
            self._count[start:end] = bytes([count]) * (end - start)
        self.free = self._count.translate(_ANY)

    def earliest(self, ready: int, minutes: int) -> int:
        """The first minute from ``ready`` on at which one is free for ``minutes`` on end, or ``NEVER``."""
        return self.free.find(b"\x01" * minutes, ready)

    def take(self, start: int, end: int) -> None:
        """Bind one from ``start`` to ``end``."""
        left = self._count[start:end].translate(_ONE_LESS)
        self._count[start:end] = left
        self.free[start:end] = left.translate(_ANY)


class PotSize:
    """The pots of one kind and size of a pharmacy."""

    __slots__ = ("herb_grams", "kind", "pool", "pots", "water_ml")

    def __init__(self, pots: list[Pot], spans: Iterable[tuple[int, int]], horizon: int) -> None:
        self.kind, self.herb_grams, self.water_ml = pots[0].kind, pots[0].herb_grams, pots[0].water_ml
        self.pots = pots
        self.pool = Pool(len(pots), spans, horizon)

    def holds(self, decoction: Decoction) -> bool:
        """Whether a batch goes into one of these pots: its kind, its herbs, its water."""
        return (
            self.kind == decoction.kind
            and self.herb_grams >= decoction.herb_grams
            and self.water_ml >= decoction.water_ml
        )


Timetable = dict[str, list[tuple[int, int, int]]]
"""By district: (departure, arrival, index of the round), in order."""


def timetable(pharmacy: Pharmacy, now: int) -> Timetable:
    """When a pharmacy's rounds depart for which district and arrive there, in minutes from now."""
    rows: Timetable = defaultdict(list)
    for index, each in enumerate(pharmacy.rounds):
        for district, minutes in each.reaches:
            rows[district].append((each.departs - now, each.departs - now + minutes, index))
    return {district: sorted(found) for district, found in rows.items()}


class Rounds:
    """Courier rounds by district, with what room they have left."""

    __slots__ = ("_by_district", "_left")

    def __init__(self, pharmacy: Pharmacy, table: Timetable) -> None:
        self._left = [each.parcels for each in pharmacy.rounds]
        self._by_district = table

    def goes_to(self, district: str) -> bool:
        return district in self._by_district

    def earliest(self, district: str, ready: int) -> tuple[int, int] | None:
        """Arrival and index of the round with room that departs at or after ``ready`` and arrives first."""
        found = self._by_district.get(district, [])
        best: tuple[int, int] | None = None
        for departs, arrives, index in found[bisect_left(found, (ready,)) :]:
            if best is not None and departs >= best[0]:
                break
            if self._left[index] and (best is None or arrives < best[0]):
                best = (arrives, index)
        return best

    def arrival(self, district: str, ready: int) -> int | None:
        """When the first of the rounds that depart at or after ``ready`` is there, whatever room they have; None without any."""
        found = self._by_district.get(district, [])
        return min((arrives for _, arrives, _ in found[bisect_left(found, (ready,)) :]), default=None)

    def take(self, index: int) -> None:
        self._left[index] -= 1


class Site:
    """One pharmacy's free time."""

    __slots__ = ("_opens", "hands", "orders", "pharmacy", "rounds", "sizes")

    def __init__(self, pharmacy: Pharmacy, timing: Timing, now: int, horizon: int, table: Timetable) -> None:
        spans = [(max(0, a - now), min(b - now, horizon)) for a, b in pharmacy.opens if b > now and a < now + horizon]
        hands = dict(pharmacy.hands)
        self.pharmacy = pharmacy
        self.orders = 0
        self.hands = {stage: Pool(count, spans, horizon) for stage, count in hands.items()}
        self._opens = [a - now for a, _ in pharmacy.opens]
        self.sizes = _sizes(pharmacy, [(a, max(a, b - timing.clear)) for a, b in spans], horizon)
        self.rounds = Rounds(pharmacy, table)
        for size in self.sizes:
            for pot in size.pots:
                if pot.failed_until is not None:
                    size.pool.take(0, max(0, pot.failed_until - now))

    def size_of(self, code: str) -> PotSize | None:
        """The size that the pot ``code`` belongs to."""
        return next((size for size in self.sizes if any(pot.code == code for pot in size.pots)), None)

    def batch(self, size: PotSize, ready: int, soak: int, minutes: int, charge: int) -> int:
        """The first minute from ``ready`` on for a batch of ``minutes`` in a pot of ``size``, or ``NEVER``.

        A tender is free to charge it, and herbs that are not yet soaking (``soak`` > 0) begin to soak after the pharmacy has opened.
        """
        tenders, pots = self.hands[Stage.DECOCT], size.pool
        start = ready
        while True:
            start = pots.earliest(start, minutes)
            if start < 0:
                return NEVER
            tended = tenders.earliest(start, charge)
            if tended < 0:
                return NEVER
            if soak:
                tended = max(tended, self._opens[bisect_right(self._opens, start) - 1] + soak)
            if tended == start:
                return start
            start = tended


def _sizes(pharmacy: Pharmacy, spans: list[tuple[int, int]], horizon: int) -> list[PotSize]:
    """The pots by kind and size, the smallest first."""
    groups: dict[tuple[int, int, str], list[Pot]] = defaultdict(list)
    for pot in sorted(pharmacy.pots, key=lambda pot: pot.code):
        groups[pot.herb_grams, pot.water_ml, pot.kind].append(pot)
    return [PotSize(groups[key], spans, horizon) for key in sorted(groups)]
