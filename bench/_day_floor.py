"""One decoction centre through a day: people take up what their station's list shows first and scan what lies before them.

Everything done is a verb of the product, called with the instant of the day that is replayed. People take their time, and
now and then the wrong drawer, a wrong weight, or the pot too early: that must be refused.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush
from itertools import count
from time import perf_counter
from typing import Any, Final

from bench._day_world import DISTRICTS, Centre, Letter, World

TAKES: Final = {"review": (1, 0), "dispense": (3, 0.3), "check": (2, 0), "pack": (3, 0.2), "release": (1, 0)}
STAFF: Final = {"review": "review", "dispense": "dispense", "check": "check", "pack": "pack", "release": "check"}
CHARGE, HEAT, BETWEEN, RINSE = 3, 10, 8, 5
SLIP: Final = 0.004
FAILS: Final = 0.22  # of the pots, once in the day
READ_EVERY: Final = 5


class Slipped(AssertionError):
    """Something wrong was not refused."""


@dataclass
class Tally:
    """What was done: how often and for how long, by verb; what was refused, by code."""

    times: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    refused: Counter[str] = field(default_factory=Counter)

    def do(self, verb: str, work: Callable[[], Any]) -> Any:
        began = perf_counter()
        try:
            return work()
        finally:
            self.times[verb] += 1
            self.seconds[verb] += perf_counter() - began

    def wrong(self, verb: str, codes: set[str], work: Callable[[], Any]) -> None:
        """Do something that must be refused with one of ``codes``."""
        from kangqu.kernel.basis.refusals import Refused

        try:
            self.do(verb, work)
        except Refused as refused:
            if refused.why.name not in codes:
                raise
            self.refused[refused.why.name] += 1
        else:
            raise Slipped(f"{verb} was not refused")


@dataclass
class Bag:
    """A prescription on its way: what stands on its label, and where it stands in the list of the station before it."""

    id: int
    code: str
    turn: datetime
    facts: dict[str, Any]
    district: str = ""
    resident: int = 0

    def __lt__(self, other: Bag) -> bool:
        return (self.turn, self.id) < (other.turn, other.id)


class Floor:
    """A centre, minute by minute (``minute`` is of the replayed day)."""

    def __init__(self, centre: Centre, world: World, signatures: list[bytes], tally: Tally, seed: int) -> None:
        self.centre, self.world, self.tally = centre, world, tally
        self.rng = random.Random(seed * 1_000 + centre.pk)
        self.signatures = signatures
        self.free = {post: list(centre.crews[STAFF[post]].accounts) for post in ("review", "dispense", "check", "pack")}
        self.free["release"] = list(centre.crews["check"].accounts)[: len(centre.crews["counter"].accounts)]
        self.tenders = list(centre.crews["tend"].accounts)
        self.doing: list[tuple[float, int, str, int, Any]] = []
        self.taken: set[int] = set()
        self.waiting: dict[str, list[Bag]] = defaultdict(list)
        self.pots = {number: 0.0 for number, *_ in centre.pots}  # free from
        self.boiling: dict[int, tuple[float, str, Bag]] = {}
        self.out: dict[int, float] = {}
        self.road: list[tuple[float, Bag, int]] = []
        self.visits: list[tuple[float, Bag]] = []
        self.bags: dict[int, Bag] = {}
        self.turn = 0
        self.failures = sorted(
            (self.rng.uniform(7 * 60, 21 * 60), number, self.rng.uniform(30, 120))
            for number, *_ in centre.pots
            if self.rng.random() < FAILS
        )
        self.failed = 0
        self.codes = {number: code for number, code, *_ in centre.pots}

    # Who does it

    def _worker(self, role: str, account: int, signature: bytes = b"") -> Any:
        from kangqu.kernel.access.roles import Role
        from kangqu.kernel.access.viewer import Held
        from kangqu.kernel.trace.actor import Actor
        from kangqu.systems.tcm_pharmacy.line.stations import Worker

        by = Actor(account, role, self.centre.pk, purpose="care")
        return Worker(by, Held(Role(role), self.centre.pk, self.centre.path), self.at, signature)

    def _of(self, crew: str, account: int | None = None, signature: bytes = b"") -> Any:
        found = self.centre.crews[crew]
        return self._worker(found.role, account or self.rng.choice(found.accounts), signature)

    def _scan(self, post: Any, worker: Any, *texts: str, hand: Any = None) -> Any:
        from kangqu.systems.tcm_pharmacy.line.hand import Hand
        from kangqu.systems.tcm_pharmacy.line.stations import scan

        hand, answer = hand or Hand(), None
        for text in texts:
            answer = self.tally.do(f"scan {post.value}", partial(scan, post, text, hand, worker))
            hand = answer.hand
        return answer

    def _wrong(self, post: Any, worker: Any, hand: Any, text: str, *codes: str) -> None:
        from kangqu.systems.tcm_pharmacy.line.stations import scan

        self.tally.wrong(f"scan {post.value}", set(codes), partial(scan, post, text, hand, worker))

    # A minute

    def minute(self, minute: int, at: datetime) -> None:
        self.now, self.at = minute, at
        while self.doing and self.doing[0][0] <= minute:
            _, _, post, account, bag = heappop(self.doing)
            getattr(self, f"_{post}_done")(account, bag)
        self._pots_fail()
        self._tend()
        self._charge()
        self._begin("review", ("received", "second_signature"))
        self._begin("dispense", ("released",))
        self._begin_local("check")
        self._begin_local("pack")
        self._begin_local("release")
        self._come_and_fetch()
        self._depart()
        self._deliver()
        if minute % READ_EVERY == 0:
            self._report()

    @property
    def left(self) -> int:
        """How many it still has in hand, on the road, or waiting to be fetched."""
        local = sum(len(each) for each in self.waiting.values())
        return len(self.doing) + local + len(self.boiling) + len(self.road) + len(self.visits)

    def _start(self, post: str, bag: Any, doses: int) -> None:
        fixed, per_dose = TAKES[post]
        minutes = (fixed + per_dose * doses) * self.rng.uniform(0.7, 1.3)
        self.turn += 1
        heappush(
            self.doing,
            (self.now + minutes, self.turn, post, self.free[post].pop(self.rng.randrange(len(self.free[post]))), bag),
        )

    def _begin(self, post: str, states: tuple[str, ...]) -> None:
        """Everybody whose hands are free takes up the first of the list that nobody has in hand."""
        from kangqu.kernel.cases.worklists import Where, tasks_of_post
        from kangqu.systems.tcm_pharmacy.programme import CODE, PRESCRIPTION

        if not self.free[post]:
            return
        where = Where((CODE,) * len(states), (PRESCRIPTION.version,) * len(states), states)
        limit = len(self.centre.crews[STAFF[post]].accounts) * 2
        tasks = self.tally.do("list", lambda: tasks_of_post(where, [self.centre.pk], limit=limit))
        for task in tasks:
            if self.free[post] and task.id not in self.taken:
                self.taken.add(task.id)
                bag = self.bags.get(task.id)
                self._start(post, task, int(bag.facts["doses"]) if bag else 7)

    def _begin_local(self, post: str) -> None:
        while self.free[post] and self.waiting[post]:
            bag = heappop(self.waiting[post])
            self._start(post, bag, int(bag.facts["doses"]))

    # Reviewing and dispensing

    def _review_done(self, account: int, task: Any) -> None:
        from kangqu.kernel.cases.snapshot import snapshot
        from kangqu.kernel.cases.steps import take_step

        self.free["review"].append(account)
        self.taken.discard(task.id)
        case = self.tally.do("look", lambda: snapshot(task.id))
        worker = self._worker("pharmacist", account)
        values: dict[str, Any] = {}
        if case.state == "second_signature":
            if case.facts["first_signer"] == account:
                return  # another signs
            name = "second_sign"
        elif case.facts.get("blocked"):
            name, values = "return_to_doctor", {"ground": "incompatible", "reason": "配伍禁忌"}
        elif case.facts.get("two_signatures"):
            name, values = "first_sign", {"why": "已与医生核实"}
        else:
            name = "approve"
        self.tally.do("review", lambda: take_step(case.id, name, by=worker.by, at=self.at, values=values))

    def _dispense_done(self, account: int, task: Any) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        self.free["dispense"].append(account)
        self.taken.discard(task.id)
        worker = self._worker("dispenser", account)
        answer = self._scan(Post.DISPENSE, worker, task.code)
        herbs = answer.herbs
        for each in herbs:
            if self.rng.random() < SLIP:
                self._wrong(Post.DISPENSE, worker, answer.hand, self._other_drawer(herbs), "tcm_not_in_it")
            answer = self._scan(Post.DISPENSE, worker, self._drawer(each.herb), hand=answer.hand)
            if self.rng.random() < SLIP:
                self._wrong(Post.DISPENSE, worker, answer.hand, f"{each.grams * 2:.2f} g", "tcm_weight_off")
            grams = each.grams * Decimal(self.rng.randrange(9_600, 10_400)) / 10_000
            answer = self._scan(Post.DISPENSE, worker, f"ST,GS,+ {grams:.2f} g", hand=answer.hand)
        self._pass_on("check", answer.case)

    def _drawer(self, herb: str) -> str:
        return self.centre.lots[herb]

    def _other_drawer(self, herbs: Any) -> str:
        named = {each.herb for each in herbs}
        return next(code for herb, code in self.centre.lots.items() if herb not in named)

    def _pass_on(self, post: str, case: Any) -> Bag:
        bag = Bag(
            case.id, case.code, case.rank_at, dict(case.facts), str(case.facts.get("district", "")), case.person_id
        )
        self.bags[case.id] = bag
        heappush(self.waiting[post], bag)
        return bag

    def _check_done(self, account: int, bag: Bag) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        self.free["check"].append(account)
        bag.turn = self._scan(Post.CHECK, self._worker("pharmacist", account), bag.code, "KQ-CONFIRM").case.rank_at
        if not bag.facts.get("decocted"):
            heappush(self.waiting["pack"], bag)
            return
        answer = self._scan(Post.SOAK, self._of("tend"), bag.code)
        bag.facts, bag.turn = dict(answer.case.facts), answer.case.rank_at
        if self.rng.random() < SLIP * 5:
            self._too_early(bag)
        self.waiting["soaking"].append(bag)

    def _too_early(self, bag: Bag) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post

        pot = next((n for n in self.pots if n not in self.out and n not in self.boiling and self._holds(n, bag)), None)
        if pot is not None:
            hand = Hand(bag.id, asks="pot")
            self._wrong(Post.BOIL, self._of("tend"), hand, self.codes[pot], "tcm_soak_on")

    # Pots

    def _holds(self, number: int, bag: Bag) -> bool:
        grams = float(bag.facts["grams"]) * int(bag.facts["doses"])
        return next(most for pk, _, most, _ in self.centre.pots if pk == number) >= grams

    def _charge(self) -> None:
        """Put what has soaked, the most urgent first, into the smallest free pot that holds it, as long as a tender is there."""
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        hands = len(self.tenders) - sum(post == "tend" for _, _, post, _, _ in self.doing)
        soaked = sorted(each for each in self.waiting["soaking"] if self._soaked(each))
        free = [
            each for each in self.centre.pots
            if each[0] not in self.boiling and each[0] not in self.out and self.pots[each[0]] <= self.now
        ]  # fmt: skip
        free.sort(key=lambda each: each[2])
        for bag in soaked:
            if hands <= 0 or not free:
                return
            pot = next((each for each in free if each[2] >= float(bag.facts["grams"]) * int(bag.facts["doses"])), None)
            if pot is None:
                continue
            free.remove(pot)
            hands -= 1
            self.waiting["soaking"].remove(bag)
            self._scan(Post.BOIL, self._of("tend"), bag.code, pot[1])
            self.turn += 1
            heappush(self.doing, (self.now + CHARGE, self.turn, "tend", 0, bag))
            wait = CHARGE + HEAT + float(bag.facts.get("first_minutes") or 0)
            after = "add_rest" if bag.facts.get("first_minutes") else "boiled"
            self.boiling[pot[0]] = (self.now, after, bag)
            self._next_at(pot[0], bag, wait, after)

    def _tend_done(self, account: int, bag: Bag) -> None:
        """A tender has charged a pot."""

    def _soaked(self, bag: Bag) -> bool:
        since = datetime.fromisoformat(bag.facts["soak_from"])
        return (self.at - since).total_seconds() / 60 >= float(bag.facts["soak_minutes"])

    def _next_at(self, pot: int, bag: Bag, wait: float, after: str) -> None:
        """When the tender comes to the pot next, and what for."""
        facts = bag.facts
        if after == "boiled":
            if facts.get("late_minutes") and not facts.get("late_done"):
                wait, after = wait + float(facts["boil_minutes"]) - 7, "add_late"
            else:
                wait, after = wait + float(facts["boil_minutes"]), "boil_again" if facts.get("twice") else "draw_off"
        self.boiling[pot] = (self.now + wait + self.rng.uniform(0, 1), after, bag)

    def _tend(self) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post

        for pot, (due, what, bag) in list(self.boiling.items()):
            if due > self.now:
                if (
                    what in ("boil_again", "draw_off")
                    and self.rng.random() < SLIP / 10
                    and due > self.now + CHARGE + HEAT + 1
                ):
                    self._wrong(Post.BOIL, self._of("tend"), Hand(), self.codes[pot], "tcm_boil_on", "tcm_add_rest")
                continue
            answer = self._scan(Post.BOIL, self._of("tend"), self.codes[pot])
            if what == "add_rest":
                self._next_at(pot, bag, 0, "boiled")
            elif what == "add_late":
                bag.facts["late_done"] = True
                self.boiling[pot] = (self.now + 7, "boil_again" if bag.facts.get("twice") else "draw_off", bag)
            elif what == "boil_again":
                self.boiling[pot] = (self.now + BETWEEN + float(bag.facts["boil_again_minutes"]), "draw_off", bag)
            else:
                del self.boiling[pot]
                self.pots[pot] = self.now + RINSE
                self._pass_on("pack", answer.case)

    def _pots_fail(self) -> None:
        from kangqu.kernel.cases.steps import take_step
        from kangqu.systems.tcm_pharmacy.line import stock

        by = self._of("manage").by
        while self.failures and self.failures[0][0] <= self.now:
            _, pot, minutes = self.failures.pop(0)
            self.out[pot] = self.now + minutes
            self.failed += 1
            self.tally.do(
                "pot fails",
                partial(stock.pot_fails, pot, institution_id=self.centre.pk, by=by, at=self.at, reason="故障"),
            )
            if pot in self.boiling:
                bag = self.boiling.pop(pot)[2]
                values = {"why": "机器故障，报废重做"}
                self.tally.do("scrap", partial(take_step, bag.id, "scrap", by=by, at=self.at, values=values))
        for pot, until in list(self.out.items()):
            if until <= self.now:
                del self.out[pot]
                self.tally.do(
                    "pot mended", partial(stock.pot_mended, pot, institution_id=self.centre.pk, by=by, at=self.at)
                )

    def _report(self) -> None:
        """The machines report the temperature of every pot at work."""
        from kangqu.systems.tcm_pharmacy.store.machines import ReadingIn, ReportIn, keep

        readings = [
            ReadingIn(pot=self.codes[pot], at=self.at, celsius=round(self.rng.uniform(97, 100), 1))
            for pot in self.boiling
        ]
        if readings:
            self.tally.do("readings", lambda: keep(ReportIn(readings=readings), self.centre.pk, self.at))

    # Packing, passing, handing over

    def _pack_done(self, account: int, bag: Bag) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        self.free["pack"].append(account)
        worker = self._worker("decoction_worker", account)
        count = str(int(bag.facts["packs"])) if bag.facts.get("decocted") else "KQ-CONFIRM"
        bag.turn = self._scan(Post.PACK, worker, bag.code, count).case.rank_at
        heappush(self.waiting["release"], bag)

    def _release_done(self, account: int, bag: Bag) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        self.free["release"].append(account)
        bag.turn = self._scan(Post.RELEASE, self._worker("pharmacist", account), bag.code, "KQ-CONFIRM").case.rank_at
        how = bag.facts.get("delivery")
        if how == "courier":
            heappush(self.waiting["parcels"], bag)
            return
        comes = self.now + (20 if how == "ward" else self.rng.uniform(5, 180))
        heappush(self.visits, (min(comes, max(self.now + 1, 23.9 * 60)), bag))

    def _come_and_fetch(self) -> None:
        """Patients show their live code at the counter."""
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        for _ in self.centre.crews["counter"].accounts:
            if not self.visits or self.visits[0][0] > self.now:
                return
            bag = heappop(self.visits)[1]
            self._scan(Post.HAND_OUT, self._of("counter"), bag.code, self.live_code(bag.resident))

    live_code: Callable[[int], str]

    def _depart(self) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        if self.now % 60 or not 8 <= self.now // 60 % 24 <= 23:
            return
        courier = self.rng.choice(self.centre.crews["courier"].accounts)
        for _ in range(min(150, len(self.waiting["parcels"]))):
            bag = heappop(self.waiting["parcels"])
            self._scan(Post.COURIER, self._worker("courier", courier), bag.code)
            index = next(n for n, each in enumerate(self.world.centres) if each.pk == self.centre.pk)
            reach = 20 + 8 * abs(index - DISTRICTS.index(bag.district))
            heappush(self.road, (self.now + reach - self.rng.uniform(1, 8), bag, courier))

    def _deliver(self) -> None:
        from kangqu.systems.tcm_pharmacy.line.hand import Post

        while self.road and self.road[0][0] <= self.now:
            _, bag, courier = heappop(self.road)
            worker = self._worker("courier", courier, self.rng.choice(self.signatures))
            self._scan(Post.COURIER, worker, bag.code, "KQ-SIGNED")


class Player:
    """Some of the centres in one process, with its share of what comes in and of what is told."""

    def __init__(self, world: World, mine: list[int], seed: int) -> None:
        from kangqu.systems.tcm_pharmacy.demo.player import scribble

        self.world, self.tally = world, Tally()
        rng = random.Random(seed)
        signatures = [scribble(rng) for _ in range(20)]
        self.floors = [Floor(world.centres[each], world, signatures, self.tally, seed) for each in mine]
        self.turns = count()
        self.handles = {each.pk: each.handle for each in world.residents}
        for floor in self.floors:
            floor.live_code = self._code
        self.at = world.midnight

    def _code(self, person_id: int) -> str:
        """Her code as her phone shows it: a new one every second, since one is good for one bag."""
        from kangqu.kernel.people.codes.keys import key_set
        from kangqu.kernel.people.codes.reading import write_code
        from kangqu.kernel.people.codes.signing import Use

        key, signer = key_set(self.at).signing(Use.DYNAMIC, self.at)
        return write_code(
            key=key.number,
            signer=signer,
            handle=self.handles[person_id],
            issued_at=self.at - timedelta(seconds=next(self.turns) % 50),
        )

    def minute(self, minute: int, letters: list[Letter]) -> int:
        """Let a minute pass; how much is left on these floors."""
        from kangqu.kernel.cases.delivering import deliver_due

        self.at = self.world.midnight + timedelta(minutes=minute)
        for letter in letters:
            self.tally.do("take", partial(self._take, letter))
        for floor in self.floors:
            floor.minute(minute, self.at)
        while done := self.tally.do("deliver 200", lambda: deliver_due(self.at)):
            self.tally.times["event"] += done
        return sum(floor.left for floor in self.floors)

    def _take(self, letter: Letter) -> None:
        """What the API does with a prescription that comes in."""
        from kangqu.kernel.trace.actor import Actor
        from kangqu.systems.tcm_pharmacy.prescriptions import signing
        from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
        from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn

        hospital = self.world.hospital
        key = signing.verify(letter.body, letter.signature, institution_id=hospital, at=self.at)
        order = OrderIn.model_validate_json(letter.body)
        by = Actor(self.world.doctor, "system", hospital, purpose="care")
        take(order, signed=Signed(letter.body, letter.signature, key), hospital_id=hospital, by=by, at=self.at)
