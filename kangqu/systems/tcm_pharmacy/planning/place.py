"""Where one order fits: a trial at every pharmacy that may make it, and the best one taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kangqu.systems.tcm_pharmacy.planning.model import Stage
from kangqu.systems.tcm_pharmacy.planning.outcome import Why
from kangqu.systems.tcm_pharmacy.planning.room import PotSize, Site
from kangqu.systems.tcm_pharmacy.planning.timing import Timing
from kangqu.systems.tcm_pharmacy.planning.work import Run, Work


class Place(NamedTuple):
    """A place in the plan, in minutes from now: ``runs`` are the stages ahead, ``round`` the index of a courier's round."""

    work: Work
    site: Site
    runs: tuple[Run, ...]
    size: PotSize | None
    round: int | None
    ready: int


def best_place(work: Work, sites: Sequence[Site], timing: Timing) -> Place | None:
    """The place with the earliest end, on the road or at the window; of equal ones the pharmacy with fewer orders, then the first."""
    best: Place | None = None
    for site in sites:
        found = place_at(work, site, timing)
        if found is not None and (best is None or (found.ready, site.orders) < (best.ready, best.site.orders)):
            best = found
    return best


def place_at(work: Work, site: Site, timing: Timing) -> Place | None:
    """The earliest place at one pharmacy, nothing taken yet. The stages use pools of their own, so one after another is exact."""
    runs: list[Run] = []
    ready = _run(work.before, site, work.ready, runs)
    size: PotSize | None = None
    if work.batch and ready >= 0:
        start, size = _batch(work, site, ready + work.soak, timing)
        if start >= 0 and work.soak:
            runs.append((Stage.SOAK, start - work.soak, start))
        ready = start + work.batch if start >= 0 else -1
        runs.append((Stage.DECOCT, start, ready))
    if ready >= 0:
        ready = _run(work.after, site, ready, runs)
    if ready < 0:
        return None
    index: int | None = None
    if work.order.district is not None:
        found = site.rounds.earliest(work.order.district, ready)
        if found is None:
            return None
        ready, index = found
    return Place(work, site, tuple(runs), size, index, ready)


def _run(stages: tuple[tuple[Stage, int], ...], site: Site, ready: int, runs: list[Run]) -> int:
    """Append the earliest run of each stage; the end of the last, or -1 where there is no room."""
    for stage, minutes in stages:
        start = site.hands[stage].earliest(ready, minutes)
        if start < 0:
            return -1
        ready = start + minutes
        runs.append((stage, start, ready))
    return ready


def _batch(work: Work, site: Site, ready: int, timing: Timing) -> tuple[int, PotSize | None]:
    """The earliest start in a pot that holds it, in the smallest of those; -1 where there is none."""
    decoction = work.order.decoction
    best, chosen = -1, None
    for size in site.sizes:
        if decoction is not None and size.holds(decoction):
            start = site.batch(size, ready, work.soak, work.batch + timing.rinse, timing.charge)
            if start >= 0 and (chosen is None or start < best):
                best, chosen = start, size
    return best, chosen


def take(place: Place, timing: Timing) -> None:
    """Bind the hands, the pot and the parcel of a place."""
    site = place.site
    site.orders += 1
    for stage, start, end in place.runs:
        if stage is Stage.DECOCT:
            site.hands[stage].take(start, start + timing.charge)
            if place.size is not None:
                place.size.pool.take(start, end + timing.rinse)
        elif stage is not Stage.SOAK:
            site.hands[stage].take(start, end)
    if place.round is not None:
        site.rounds.take(place.round)


def why_not(work: Work, sites: Sequence[Site]) -> Why:
    """Why an order has no place at any of these pharmacies."""
    decoction, district = work.order.decoction, work.order.district
    if not sites:
        return Why.NO_PHARMACY
    if work.batch and decoction is not None and not any(size.holds(decoction) for site in sites for size in site.sizes):
        return Why.NO_POT
    if district is not None and not any(site.rounds.goes_to(district) for site in sites):
        return Why.NO_ROUND
    return Why.NO_ROOM
