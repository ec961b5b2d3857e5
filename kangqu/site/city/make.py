"""``kangqu city``: a synthetic city, made by ``COPY`` in chunks, by several processes, in memory that does not grow.

The city is begun in one transaction (divisions, institutions, staff, an entry in the trace that says with which
figures), then every chunk of residents is one transaction that ends with its own entry. What the trace says was done
is done: a run that was killed is continued by running it again, and anything else but an empty database is refused.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction

from kangqu.kernel.access.roles import Right
from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.trouble import Trouble
from kangqu.kernel.people.loading import NUMBERS_EACH, Loader
from kangqu.kernel.people.models import Person, Proxy, ProxyKind
from kangqu.kernel.places.divisions import CITIES, city_rows, historic_codes, national_rows
from kangqu.kernel.places.loading import load_regions
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.site.city import refusals as no
from kangqu.site.city.ground import Ground, ground_of
from kangqu.site.city.institutions import institutions_of
from kangqu.site.city.order import Order
from kangqu.site.city.residents import Chunk, Residents, chunks_of, residents_of
from kangqu.site.city.staff import staff_of
from kangqu.site.city.workers import make_chunk, worker_pool

Progress = Callable[[str, int, int], None]
"""Called with what is being made, how much of it is done, and how much there is."""

BY: Final = the_house("city")
FEWEST: Final = 100
MOST: Final = 20_000_000
NAMES: Final = {"zibo": "3703", "jinan": "3701", "liaocheng": "3715"}
_BEGIN, _CHUNK, _FINISH = "city.begin", "city.chunk", "city.finish"
_PROXY_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: residents and institutions in the city now, chunks that were there before this run."""

    residents: int
    institutions: int
    resumed: int


def make_city(
    people: int, *, seed: int, city: str, at: datetime, progress: Progress, workers: int = 2, pairs: str = ""
) -> Made:
    """Make a city of ``people`` residents from ``seed`` in an empty database, or continue one begun with these figures.

    ``city``: zibo, jinan or liaocheng. ``workers``: processes that make residents; 0 makes them here, in the caller's
    transaction if there is one. ``pairs``: a file for the public codes of people registered twice, for judging a
    matcher. Refused: an inhabited database, other figures than the city was begun with, another run at work.
    """
    if city not in NAMES:
        raise Refused(no.CITY_UNKNOWN, field="city", city=city)
    if not FEWEST <= people <= MOST:
        raise Refused(no.CITY_SIZE, field="people", most=MOST)
    with _alone():
        order = _begun(NAMES[city], people, seed) or _begin(Order(NAMES[city], people, seed, at), progress)
        chunks = chunks_of(ground_of(order.city, order.people), order.people, order.seed)
        done = _done(order)
        todo = [chunk for chunk in chunks if chunk.number not in done]
        count = order.people - sum(chunk.people for chunk in todo)
        found = []
        for chunk, twice in _chunks_made(todo, order, workers):
            count += chunk.people
            found += twice
            progress("residents", count, order.people)
        _finish(order)
    if pairs:
        _write_pairs(pairs, found)
    return Made(Person.objects.count(), Institution.objects.count(), len(done))


@contextmanager
def _alone() -> Iterator[None]:
    """One city at a time: the lock is the session's and goes with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('city.make'))")
        if not cursor.fetchone()[0]:
            raise Refused(no.CITY_BUSY)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('city.make'))")


def _traced(action: str, at: datetime | None = None) -> list[tuple[datetime, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at, facts::text FROM trace_entry WHERE action = %s AND actor_role = %s"
            " AND (%s::timestamptz IS NULL OR at = %s) ORDER BY at, id",
            [action, BY.role, at, at],
        )
        return [(instant, json.loads(facts)) for instant, facts in cursor.fetchall()]


def _begun(city: str, people: int, seed: int) -> Order | None:
    """The order of the unfinished city here; None where there is nothing at all. Anything else is refused."""
    if not Person.objects.exists() and not Institution.objects.exists():
        return None
    order = unfinished()
    if order is None:
        residents, institutions = Person.objects.count(), Institution.objects.count()
        raise Refused(no.CITY_INHABITED, residents=residents, institutions=institutions)
    if (order.city, order.people, order.seed) != (city, people, seed):
        figures = f"{CITIES[order.city]} --people {order.people} --seed {order.seed}"
        raise Refused(no.CITY_OTHERWISE, begun=figures)
    return order


def unfinished() -> Order | None:
    """The order of a city that was begun here and is not finished."""
    begun = _traced(_BEGIN)
    if not begun or _traced(_FINISH):
        return None
    at, facts = begun[0]
    return Order(facts["city"], facts["people"], facts["seed"], at, facts["base"])


def _begin(order: Order, progress: Progress) -> Order:
    ensure_partitions("trace_entry", around=order.at)
    rng = random.Random(f"{order.seed}/institutions")  # noqa: S311 - a city from a seed, not secrets
    with transaction.atomic():
        progress("divisions", 0, 1)
        rows = national_rows() + city_rows([order.city])
        load_regions(rows, by=BY, at=order.at, historic=historic_codes())
        progress("divisions", 1, 1)
        ground = ground_of(order.city, order.people)
        progress("institutions", 0, 1)
        built = institutions_of(ground, order.people, at=order.at, rng=rng, entropy=os.urandom)
        built.write()
        staff_of(built.posts, at=order.at, rng=rng)
        progress("institutions", 1, 1)
        order = replace(order, base=_set_aside(order.people * NUMBERS_EACH))
        record(BY.did(_BEGIN, at=order.at, facts=order.facts()))
    return order


def _set_aside(count: int) -> int:
    """Take ``count`` numbers from the sequence at once; return the first.

    Whoever takes a number at the same instant stays below: there is room before the first.
    """
    room = 1_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('kangqu_id')")
        first = int(cursor.fetchone()[0]) + room
        cursor.execute("SELECT setval('kangqu_id', %s)", [first + count])
    return first


def _done(order: Order) -> set[int]:
    return {facts["chunk"] for _, facts in _traced(_CHUNK, order.at)}


def _finish(order: Order) -> None:
    with transaction.atomic():
        record(BY.did(_FINISH, at=order.at, facts=order.facts()))
    with connection.cursor() as cursor:
        # The planner must not guess about tables that were empty a minute ago.
        cursor.execute("ANALYZE")


def _write_pairs(path: str, pairs: Sequence[tuple[str, str]]) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("left,right\n")
        file.writelines(f"{left},{right}\n" for left, right in pairs)


# Chunks ----------------------------------------------------------------------------------------------------------

Twice = list[tuple[str, str]]


class ChunkMaker:
    """Makes chunks of one order: keeps what is dear (ground, ciphers, readings) from chunk to chunk."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.ground: Ground = ground_of(order.city, order.people)
        keepers = Institution.objects.filter(kind__in=("township_centre", "community_centre"))
        self.keepers: Mapping[str, int] = dict(keepers.values_list("region_id", "id"))
        self.loader = Loader(demo=True)

    def make(self, chunk: Chunk) -> Twice:
        """Write one chunk, in one transaction with the entry that says so."""
        today = city_day(self.order.at)
        made = residents_of(chunk, self.ground, today=today, keepers=self.keepers)
        # Codes from the seed: the same order gives the same city. A real city's codes come from the system's chance.
        self.loader.reseed(chunk.rng("codes").randbytes)
        with transaction.atomic():
            first = self.order.base + chunk.index * NUMBERS_EACH
            numbers = self.loader.write(
                made.people, by=BY, at=self.order.at, numbers_from=first, facts={"chunk": chunk.number}
            )
            self._write_proxies(made, numbers)
            record(BY.did(_CHUNK, at=self.order.at, facts={"chunk": chunk.number, "people": len(numbers)}))
            places = {place for pair in made.pairs for place in pair}
            wanted = {numbers[place]: place for place in places}
            codes = {
                wanted[number]: code
                for number, code in Person.objects.filter(pk__in=wanted).values_list("pk", "public_code")
            }
        return [(codes[left], codes[right]) for left, right in made.pairs]

    def _write_proxies(self, made: Residents, numbers: Sequence[int]) -> None:
        rows = [
            proxy_row(numbers[whom], numbers[agent], kind, relation, made.people[whom].birth_date, at=self.order.at)
            for whom, agent, kind, relation in made.proxies
        ]
        Proxy.objects.bulk_create(rows, batch_size=2_000)


def proxy_row(
    person_id: int, agent_id: int, kind: ProxyKind, relation: str, born: date | None, *, at: datetime
) -> Proxy:
    """A guardian until the child comes of age, or a family account for a year."""
    if kind is ProxyKind.GUARDIAN and born is not None:
        grown = date(born.year + 18, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + 18)
        rights, consent, evidence, ends = list(Right), "guardian", "户口簿（演示）", day_starts(grown)
    else:
        rights, consent, evidence, ends = [Right.BOOK, Right.CODE], "desk", "", at + timedelta(days=_PROXY_DAYS)
    return Proxy(
        person_id=person_id,
        agent_id=agent_id,
        kind=kind.value,
        relation=relation,
        rights=sorted(right.value for right in rights),
        consent=consent,
        evidence=evidence,
        starts_at=at,
        ends_at=ends,
    )


def _chunks_made(todo: Sequence[Chunk], order: Order, workers: int) -> Iterator[tuple[Chunk, Twice]]:
    """Make ``todo``, by this process or by ``workers`` others; each chunk as it is finished."""
    if workers == 0:
        maker = ChunkMaker(order)
        for chunk in todo:
            yield chunk, maker.make(chunk)
        return
    waiting, running = iter(todo), dict[Future[Twice], Chunk]()
    with worker_pool(order, workers, connection.settings_dict["NAME"]) as pool:
        try:
            while True:
                # Few chunks ahead, so that a stop is soon obeyed.
                for chunk in islice(waiting, 2 * workers - len(running)):
                    running[pool.submit(make_chunk, chunk)] = chunk
                if not running:
                    return
                for finished in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(finished), finished.result()
        except BrokenProcessPool as broken:
            raise Trouble(
                "造城市的一个进程被终止了。用同样的参数再运行一次，会接着造。",
                "A process that makes the city was ended. Run it again with the same figures: it goes on from there.",
            ) from broken
        finally:
            pool.shutdown(cancel_futures=True)
