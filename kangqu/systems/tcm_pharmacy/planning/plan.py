"""The plan of the orders that are open, made by rules; and quick quotations from it (``docs/algorithms/tcm-planning.md``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.planning.model import LONGEST_HORIZON, Batch, Order, Pharmacy, Stage, State
from kangqu.systems.tcm_pharmacy.planning.naming import Hands, Pots, name_hands, name_pots
from kangqu.systems.tcm_pharmacy.planning.outcome import Plan, Planned, Step, Unplanned
from kangqu.systems.tcm_pharmacy.planning.place import Place, best_place, take, why_not
from kangqu.systems.tcm_pharmacy.planning.room import Site, Timetable, timetable
from kangqu.systems.tcm_pharmacy.planning.work import FOREVER, Work, work, works

A_YEAR: Final = 525_600
_PLACINGS: Final = 12_000  # orders placed for one plan, about: of many orders fewer sequences are tried
Key = Callable[[Work], tuple[Any, ...]]


def plan(state: State) -> Plan:
    """The plan of every open order of ``state``. The same state gives the same plan, whatever the order of its parts."""
    return Backlog(state).plan()


@dataclass(slots=True)
class _Draft:
    """One way of placing all orders: the free time that is left, the places, and what found none."""

    state: State
    sites: list[Site]
    places: list[Place] = field(default_factory=list)
    left_out: list[Unplanned] = field(default_factory=list)

    def broken(self) -> dict[str, int]:
        """The orders whose promise is not kept, and by how many minutes (a year where there is no place)."""
        now = self.state.now
        missed = {
            each.work.order.code: each.ready + now - each.work.order.promised_by
            for each in self.places
            if each.work.order.promised_by is not None and each.ready + now > each.work.order.promised_by
        }
        return missed | {each.order: A_YEAR for each in self.left_out if each.promised_by is not None}

    def harm(self, missed: Mapping[str, int]) -> int:
        """The late minutes, each weighed by who waits."""
        weights = self.state.timing.weights
        ranks = {each.work.order.code: each.work.rank for each in self.places}
        return sum(minutes * weights[ranks.get(code, 0)] for code, minutes in missed.items())


class Backlog:
    """A plan that further orders can be put into one by one, without moving any that is in it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._draft = _best_draft(state)

    def plan(self) -> Plan:
        """The plan as it stands, pots and hands named."""
        draft, timing = self._draft, self._state.timing
        hands = name_hands(draft.places, timing.charge)
        pots = name_pots(self._state, draft.sites, draft.places, timing.rinse)
        planned = sorted((_planned(each, self._state, hands, pots) for each in draft.places), key=lambda it: it.order)
        return Plan(self._state.now, tuple(planned), tuple(sorted(draft.left_out, key=lambda it: it.order)))

    def find(self, order: Order) -> Place | Unplanned:
        """The earliest place for a new order in the room that is left."""
        needed = work(order, self._state.timing, self._state.now)
        sites = _allowed(needed, self._draft.sites)
        found = best_place(needed, sites, self._state.timing)
        return found if found is not None else Unplanned(order.code, why_not(needed, sites), order.promised_by)

    def quoted(self, place: Place) -> Planned:
        """A place as what may be said about it: times and promise, no pot and no hands yet."""
        return _planned(place, self._state, {}, {})

    def put(self, place: Place) -> None:
        """Put an order where it was found."""
        take(place, self._state.timing)
        self._draft.places.append(place)


def quote(order: Order, backlog: Backlog) -> Planned | Unplanned:
    """Where a new order would go and what may be promised, from the running plan; nothing is taken."""
    found = backlog.find(order)
    return found if isinstance(found, Unplanned) else backlog.quoted(found)


def accept(order: Order, backlog: Backlog) -> Planned | Unplanned:
    """The same, and the order is in the plan from now on."""
    found = backlog.find(order)
    if isinstance(found, Unplanned):
        return found
    backlog.put(found)
    return backlog.quoted(found)


def _best_draft(state: State) -> _Draft:
    """The first way that keeps every promise given that can be kept, else the one with the fewest late minutes, weighed by who waits.

    By turn, or promise; with those at risk in front, twice; as they arrived by priority; as they arrived. Of very many orders only the
    first of the other sequences are tried, one at least: a plan has to be made within the second.
    """
    todo = works(state)
    horizon = _horizon(state)
    lost = {each.order.code for each in todo if _is_lost(each, state.now)}
    tables = {each.code: timetable(each, state.now) for each in state.pharmacies}
    best = _draft(state, todo, _by_turn, horizon, tables)
    missed = best.broken()
    at_risk: set[str] = set(missed)
    others = max(1, _PLACINGS // max(1, len(todo)) - 1)
    for key in (None, None, _by_arrival, _as_came)[:others]:
        if missed.keys() <= lost:
            break
        other = _draft(state, todo, key or _in_front(at_risk), horizon, tables)
        found = other.broken()
        at_risk |= set(found)
        if other.harm(found) < best.harm(missed):
            best, missed = other, found
    return best


def _by_turn(each: Work) -> tuple[Any, ...]:
    order = each.order
    promised = order.promised_by if order.promised_by is not None else FOREVER
    return each.rank, promised if order.turn is None else order.turn, order.ready_from, order.code


def _by_arrival(each: Work) -> tuple[Any, ...]:
    return each.rank, each.order.ready_from, each.order.code


def _as_came(each: Work) -> tuple[Any, ...]:
    return each.order.ready_from, each.order.code


def _in_front(at_risk: Iterable[str]) -> Key:
    """Those at risk first, by the time their promise leaves beside the work ahead; then the others by promise."""
    front = frozenset(at_risk)

    def key(each: Work) -> tuple[Any, ...]:
        order = each.order
        if order.code not in front or order.promised_by is None:
            return (1, *_by_turn(each))
        return 0, order.promised_by - _ahead(each), order.ready_from, order.code

    return key


def _ahead(each: Work) -> int:
    """The minutes that are ahead of an order when it waits for nobody."""
    return each.ready + each.soak + each.batch + sum(minutes for _, minutes in each.before + each.after)


def _is_lost(each: Work, now: int) -> bool:
    """Whether its promise is missed even if it waits for nobody."""
    return each.order.promised_by is not None and now + _ahead(each) > each.order.promised_by


def _horizon(state: State) -> int:
    """Minutes to plan: until the last span ends, two weeks at most."""
    ends = [until for pharmacy in state.pharmacies for _, until in pharmacy.opens]
    return min(max(0, max(ends, default=state.now) - state.now), LONGEST_HORIZON)


def _draft(state: State, todo: Sequence[Work], key: Key, horizon: int, tables: Mapping[str, Timetable]) -> _Draft:
    """Place every order in the sequence of ``key``, each as early as those before it leave room for."""
    timing = state.timing
    shops = sorted(state.pharmacies, key=lambda each: each.code)
    draft = _Draft(state, [Site(each, timing, state.now, horizon, tables[each.code]) for each in shops])
    by_code = {site.pharmacy.code: site for site in draft.sites}
    for batch in state.batches:
        _hold(batch, by_code.get(batch.pharmacy), state)
    for each in todo:
        _begun(each, by_code)
    for each in sorted(todo, key=key):
        allowed = _allowed(each, draft.sites)
        place = best_place(each, allowed, timing)
        if place is None:
            draft.left_out.append(Unplanned(each.order.code, why_not(each, allowed), each.order.promised_by))
        else:
            take(place, timing)
            draft.places.append(place)
    return draft


def _allowed(each: Work, sites: Sequence[Site]) -> list[Site]:
    """The pharmacies that may make an order: the one whose pot it is in, else those it names."""
    named = each.order.pharmacies if each.held is None else (each.held.pharmacy,)
    return [site for site in sites if site.pharmacy.code in named]


def _hold(batch: Batch, site: Site | None, state: State) -> None:
    """Bind the pot a batch is in, and the tender while it is charged. A pot that has failed is bound already."""
    size = site.size_of(batch.pot) if site is not None else None
    if site is None or size is None:
        return
    pot = next(each for each in size.pots if each.code == batch.pot)
    if pot.works(state.now):
        size.pool.take(0, max(0, batch.until - state.now))
        site.hands[Stage.DECOCT].take(0, max(0, batch.since + state.timing.charge - state.now))


def _begun(each: Work, by_code: dict[str, Site]) -> None:
    """Bind the hands of the step an order is in."""
    site = by_code.get(each.order.pharmacies[0]) if each.order.pharmacies else None
    if site is not None and each.running is not None and each.running[0] not in (Stage.SOAK, Stage.DECOCT):
        site.hands[each.running[0]].take(0, each.running[2])


def _planned(place: Place, state: State, hands: Hands, pots: Pots) -> Planned:
    """A place in the caller's minutes."""
    order, now, timing = place.work.order, state.now, state.timing
    runs = place.runs if place.work.running is None else (_soaked(place.work.running, place.runs), *place.runs)
    steps = tuple(Step(stage, a + now, b + now, hands.get((order.code, stage), 0)) for stage, a, b in runs)
    held = place.work.held
    drawn_off = next((step.end for step in steps if step.stage is Stage.DECOCT), None)
    ready = place.ready + now
    promise = order.promised_by if order.promised_by is not None else _promise(place, state)
    return Planned(
        order=order.code,
        pharmacy=place.site.pharmacy.code,
        steps=steps,
        pot=held.pot if held is not None else pots.get(order.code),
        pot_until=None if drawn_off is None else drawn_off + timing.rinse,
        round=None if place.round is None else place.site.pharmacy.rounds[place.round].code,
        ready=ready,
        promise=promise,
        late=max(0, ready - promise) if order.promised_by is not None else 0,
        urgent_late=max(0, ready - order.ready_from - timing.urgent_within) if order.urgent else 0,
    )


def _promise(place: Place, state: State) -> int:
    """What may be promised for a place. What goes with a courier is promised for a round that it makes even when it is made late by
    the slack: who misses a round by a minute waits for the next."""
    order, now, timing = place.work.order, state.now, state.timing
    since, rank = max(now, order.ready_from), place.work.rank
    made = place.runs[-1][2] if place.runs else place.work.ready
    waits = _open_minutes(place.site.pharmacy, now, now + made) - _ahead(place.work)
    if order.district is not None:
        arrives = place.site.rounds.arrival(order.district, made + timing.slack(made + now - since, waits, rank))
        if arrives is not None:
            return timing.rounded(max(place.ready, arrives) + now + timing.slack_least)
    return timing.promise(place.ready + now, since, waits, rank)


def _open_minutes(pharmacy: Pharmacy, since: int, until: int) -> int:
    """For how many minutes of these it is open: nobody waits for others at night."""
    return sum(max(0, min(until, end) - max(since, start)) for start, end in pharmacy.opens)


def _soaked(running: tuple[Stage, int, int], ahead: Sequence[tuple[Stage, int, int]]) -> tuple[Stage, int, int]:
    """The step an order is in; herbs that soak go on soaking until their pot is charged."""
    stage, start, end = running
    return (stage, start, ahead[0][1] if stage is Stage.SOAK and ahead else end)
