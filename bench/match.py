"""Matching one record against the whole index, and finding residents, beside a bare indexed SELECT in the same run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from bench.measure import Figure, Peer, open_bench_city, options, percentile, report

if TYPE_CHECKING:
    from kangqu.kernel.people.index import Sought
    from kangqu.kernel.people.models import Person

T = TypeVar("T")
LIMIT_MS = 30.0


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "match",
        "Match one record against the residents of a city; search them by every way there is.",
        argv,
        ("--people", {"type": int, "default": 1_000_000, "help": "residents, made when the bench's city is empty"}),
        (
            "--records",
            {"type": int, "default": 1_000, "help": "records matched, each of another kind of trouble in turn"},
        ),
        ("--seed", {"type": int, "default": 1}),
    )
    open_bench_city("match")
    people = _residents(asked.people)
    rng = random.Random(asked.seed)
    sample = _sample(asked.records, rng)
    return report("match", asked, [*_matching(sample, people, rng), *_searching(sample)])


def _residents(wanted: int) -> int:
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.refusals import Refused
    from kangqu.kernel.people.models import Person
    from kangqu.site.city.make import make_city

    there = Person.objects.count()
    if there < wanted:
        try:
            make_city(wanted, seed=1, city="zibo", at=system_clock(), progress=lambda *_: None)
        except Refused as refused:
            raise SystemExit(refused.sentence("en")) from None
        there = Person.objects.count()
    return there


def _sample(count: int, rng: random.Random) -> list[Person]:
    """Residents drawn by their numbers, spread over all."""
    from django.db.models import Max, Min

    from kangqu.kernel.people.models import Person

    ends = Person.objects.aggregate(low=Min("pk"), high=Max("pk"))
    found = (
        Person.objects.filter(pk__gte=rng.randint(ends["low"], ends["high"])).order_by("pk").first()
        for _ in range(count)
    )
    return [person for person in found if person is not None]


def _matching(sample: Sequence[Person], people: int, rng: random.Random) -> list[Figure]:
    from kangqu.kernel.people.index import find

    today = max(person.registered_at for person in sample).date()
    records = [_record(person, place, rng) for place, person in enumerate(sample)]
    for record, _ in records[:50]:
        find(record, on=today)
    ours, bare, busy, known, reached = [], [], [], 0, 0
    for (record, meant), person in zip(records, sample, strict=True):
        began = time.thread_time()
        taken, answer = _timed(lambda record=record: find(record, on=today))  # type: ignore[misc]
        busy.append((time.thread_time() - began) * 1000)
        ours.append(taken)
        bare.append(_bare(person))
        if meant is not None:
            known += 1
            reached += any(candidate.person_id == meant for candidate in answer.candidates)
    return [
        Figure("residents in the index", people, ""),
        Figure("match one record, p95", percentile(ours, 0.95), "ms", at_most=LIMIT_MS),
        Figure("match, p95", percentile(ours, 0.95), "ms", peer=Peer("bare indexed SELECT", percentile(bare, 0.95))),
        Figure("match, median", percentile(ours, 0.5), "ms", peer=Peer("bare indexed SELECT", percentile(bare, 0.5))),
        Figure("match, processor time here, p95", percentile(busy, 0.95), "ms"),
        Figure("known residents among the candidates", 100 * reached / max(known, 1), "%"),
    ]


def _record(person: Person, place: int, rng: random.Random) -> tuple[Sought, int | None]:
    """A record of this resident with one kind of trouble, or of nobody; and the resident it means."""
    from kangqu.kernel.people.index import Sought
    from kangqu.kernel.people.models import Phone
    from kangqu.kernel.people.papers import Paper, held_resident_id
    from kangqu.kernel.people.phones import open_phone

    root = person.merged_into_id or person.pk
    number = held_resident_id(person.pk)
    phones = [open_phone(row.sealed) for row in Phone.objects.filter(person_id=person.pk)]
    full: dict[str, Any] = {
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "address": person.address,
        "phones": phones,
    }
    trouble = place % 5
    if trouble == 0:
        return Sought(**full, documents=[Paper(kind="01", number=number)] if number else []), root
    if trouble == 1:
        return Sought(**full), root
    if trouble == 2:
        return Sought(**(full | {"name": person.name[:1] + person.name[:0:-1], "phones": []})), root
    if trouble == 3:
        return Sought(**(full | {"birth_date": None})), root if phones else None
    stranger = person.birth_date.replace(day=1 + rng.randrange(28)) if person.birth_date else None
    return Sought(**(full | {"birth_date": stranger, "phones": [], "address": ""})), None


def _searching(sample: Sequence[Person]) -> list[Figure]:
    from kangqu.kernel.people.papers import held_resident_id
    from kangqu.kernel.people.reads import Search, search

    ways: dict[str, Callable[[Person], Search]] = {
        "document": lambda person: Search(document=held_resident_id(person.pk) or "x", kind="01"),
        "name": lambda person: Search(name=person.name),
        "surname": lambda person: Search(name=person.name[:1]),
        "pinyin": lambda person: Search(pinyin=person.name_pinyin[:6]),
        "initials and birth date": lambda person: Search(
            initials=person.name_initials.ljust(2, "x"), birth_date=person.birth_date
        ),
        "name in a county": lambda person: Search(name=person.name, region=(person.region_id or "3703")[:6]),
    }
    figures = []
    for way, wanted in ways.items():
        ours, bare = [], []
        for person in sample[:300]:
            asked = wanted(person)
            ours.append(_timed(lambda asked=asked: search(asked))[0])  # type: ignore[misc]
            bare.append(_bare(person))
        figures.append(Figure(f"search by {way}, p95", percentile(ours, 0.95), "ms", at_most=LIMIT_MS))
        peer = Peer("bare indexed SELECT, median", percentile(bare, 0.5))
        figures.append(Figure(f"search by {way}, median", percentile(ours, 0.5), "ms", peer=peer))
    return figures


def _bare(person: Person) -> float:
    """Milliseconds of one row by a unique index, through the same connection and library."""
    from kangqu.kernel.people.models import Person

    return _timed(lambda: list(Person.objects.filter(public_code=person.public_code).values_list("pk")))[0]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    done = work()
    return (time.perf_counter() - began) * 1000, done
