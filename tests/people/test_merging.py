"""Merging and taking apart again: every row comes back, in any order, whatever was written meanwhile."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.actions import NewResident, change_person, register_person
from kangqu.kernel.people.merging import merge, roots_of, unmerge
from kangqu.kernel.people.models import Merging, Person, Review
from kangqu.kernel.people.papers import PhoneGiven, add_phone
from kangqu.kernel.people.reads import person_ids_of, person_of_code
from kangqu.kernel.people.refusals import (
    MERGE_LATE,
    MERGE_SELF,
    PERSON_MERGED,
    REASON_NEEDED,
    REVIEW_DECIDED,
    UNMERGE_LATE,
)
from kangqu.kernel.people.reviewing import open_review
from kangqu.kernel.people.reviews import decide_different, decide_same
from kangqu.kernel.trace.models import TraceEntry
from tests.conftest import NINE
from tests.people.conftest import DESK, KEEPER, LATER
from tests.people.test_register import refusal_of, together

TABLES = ("person", "identifier", "identifierdirectory", "phone", "personname", "residence", "matchkey", "proxy")


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of people, as the database holds it."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM people_{table} t ORDER BY t::text")
            found[table] = cursor.fetchall()
    return found


_TICKS = itertools.count()


def tick() -> datetime:
    """A new instant at every call."""
    return NINE + timedelta(milliseconds=next(_TICKS))


def join(survivor: int, absorbed: int) -> Merging:
    return merge(survivor_id=survivor, absorbed_id=absorbed, by=KEEPER, at=tick(), reason="同一人")


def part(event: Merging) -> Merging:
    return unmerge(event.pk, by=KEEPER, at=tick(), reason="不是同一人")


@pytest.mark.django_db
def test_unmerging_restores_every_row(register):
    one, two = register("王芳", phone="13800000001"), register("王方")
    before = everything()
    event = join(one.pk, two.pk)
    assert everything() != before
    assert person_of_code(two.public_code).pk == one.pk
    assert person_ids_of(two.pk) == person_ids_of(one.pk) == [one.pk, two.pk]
    assert join(one.pk, two.pk).pk == event.pk  # a retry
    part(event)
    assert everything() == before
    assert refusal_of(part, event).why is UNMERGE_LATE
    actions = list(TraceEntry.objects.filter(person_id=two.pk).order_by("at", "id").values_list("action", flat=True))
    assert sorted(actions) == ["people.merge", "people.register", "people.unmerge"]
    digests = {entry.action: entry for entry in TraceEntry.objects.filter(person_id=two.pk)}
    assert bytes(digests["people.unmerge"].after_hash or b"") == bytes(digests["people.merge"].before_hash or b"-")


@pytest.mark.django_db
def test_writes_meanwhile_stay_with_their_record(register):
    one, two = register("王芳"), register("王方")
    event = join(one.pk, two.pk)
    add_phone(one.pk, PhoneGiven(number="13800000001"), by=DESK, at=NINE)
    change_person(one.pk, version=1, by=DESK, at=NINE, address="新址")
    assert refusal_of(add_phone, two.pk, PhoneGiven(number="13800000002"), by=DESK, at=NINE).why is PERSON_MERGED
    with_writes = everything()
    part(event)
    after = everything()
    assert after["phone"] == with_writes["phone"]
    assert Person.objects.get(pk=one.pk).address == "新址"
    assert add_phone(two.pk, PhoneGiven(number="13800000002"), by=DESK, at=LATER).person_id == two.pk


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_chain_comes_apart_in_any_order(register, order):
    a, b, c = (register(name).pk for name in ("王芳", "王方", "王放"))
    before = everything()
    events = [join(b, a), join(c, b)]
    assert roots_of([a, b, c]) == {a: c, b: c, c: c}
    assert Merging.objects.get(pk=events[1].pk).carried == [a]
    part(events[order[0]])
    assert roots_of([a, b, c]) == ({a: a, b: c, c: c} if order[0] == 0 else {a: b, b: b, c: c})
    part(events[order[1]])
    assert everything() == before


@pytest.mark.django_db
def test_what_is_refused(register):
    a, b, c = (register(name).pk for name in ("王芳", "王方", "王放"))
    assert refusal_of(join, a, a).why is MERGE_SELF
    assert refusal_of(join, a, 10**30).why is NOT_FOUND
    assert refusal_of(part, Merging(pk=10**30)).why is NOT_FOUND
    assert refusal_of(merge, survivor_id=a, absorbed_id=b, by=KEEPER, at=NINE, reason=" ").why is REASON_NEEDED
    join(a, b)
    assert refusal_of(join, b, a).why is MERGE_LATE
    assert refusal_of(join, c, b).why is MERGE_LATE
    assert refusal_of(join, b, c).why is MERGE_LATE


@pytest.mark.django_db(transaction=True)
def test_two_desks_merge_one_pair_both_ways():
    a, b = _two()
    together(lambda place: join(a, b) if place % 2 else join(b, a), expect=MERGE_LATE)
    assert Merging.objects.filter(unmerged_at=None).count() == 1
    assert Person.objects.filter(status="merged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_merging_on_while_unmerging():
    for seed in range(5):
        (a, b), (c, _) = _two(), _two()
        event = join(b, a)

        def act(place: int, a: int = a, b: int = b, c: int = c, event: Merging = event) -> object:
            return join(c, b) if place % 2 else part(event)

        with_refusals: list[object] = []
        try:
            with_refusals += together(act, expect=UNMERGE_LATE)
        finally:
            roots = roots_of([a, b, c])
        assert roots == {a: a, b: c, c: c}, seed


def _two() -> tuple[int, int]:
    rng = random.Random()
    people = [register_person(NewResident(name=name), by=DESK, at=NINE, rng=rng) for name in ("王芳", "王方")]
    return people[0].pk, people[1].pk


@pytest.mark.django_db
def test_the_desk_decides_once(register):
    one, two, three = register("王芳"), register("王方"), register("王放")
    assert open_review(two.pk, one.pk, probability=0.8, reasons=["given:close"], at=NINE)
    assert not open_review(one.pk, two.pk, probability=0.9, reasons=[], at=NINE)
    review = Review.objects.get()
    decide_same(review.pk, by=KEEPER, at=NINE, reason="证件一致", survivor_id=two.pk)
    assert roots_of([one.pk]) == {one.pk: two.pk}
    assert refusal_of(decide_different, review.pk, by=KEEPER, at=NINE).why is REVIEW_DECIDED
    assert refusal_of(decide_different, 10**30, by=KEEPER, at=NINE).why is NOT_FOUND
    open_review(two.pk, three.pk, probability=0.7, reasons=[], at=NINE)
    other = Review.objects.get(state="open")
    decide_different(other.pk, by=KEEPER, at=NINE, reason="照片不同")
    assert not open_review(two.pk, three.pk, probability=0.99, reasons=[], at=LATER)
    assert Review.objects.get(pk=other.pk).state == "different"


@pytest.mark.django_db
def test_different_holds_for_records_merged_with_either(register):
    one, two, three = register("王芳"), register("王方"), register("王放")
    open_review(one.pk, two.pk, probability=0.8, reasons=[], at=NINE)
    decide_different(Review.objects.get().pk, by=KEEPER, at=NINE)
    join(three.pk, one.pk)
    assert not open_review(three.pk, two.pk, probability=0.99, reasons=[], at=LATER)


@pytest.mark.django_db
def test_unmerged_people_are_not_proposed_again(register):
    one, two = register("王芳"), register("王方")
    part(join(one.pk, two.pk))
    assert not open_review(one.pk, two.pk, probability=0.99, reasons=[], at=LATER)
    assert Review.objects.get().state == "different"


class Forest(RuleBasedStateMachine):
    """Merges and unmerges in any order, against a model: parents by event, roots by walking."""

    people = Bundle("people")
    events = Bundle("events")

    def __init__(self) -> None:
        super().__init__()
        self.parent: dict[int, int] = {}
        self.edge: dict[int, tuple[int, int]] = {}
        self.first: dict[int, str] = {}
        self.rng = random.SystemRandom()  # the database outlives an example, and so do its codes

    def root(self, person: int) -> int:
        while person in self.parent:
            person = self.parent[person]
        return person

    @rule(target=people)
    def somebody(self) -> Any:
        made = [register_person(NewResident(name="王芳"), by=DESK, at=tick(), rng=self.rng) for _ in range(3)]
        for person in made:
            self.first[person.pk] = self.row(person.pk)
        return multiple(*(person.pk for person in made))

    @rule(target=events, survivor=people, absorbed=people)
    def merging(self, survivor: int, absorbed: int) -> Any:
        allowed = survivor != absorbed and survivor not in self.parent and absorbed not in self.parent
        again = self.parent.get(absorbed) == survivor and self.root(survivor) == survivor
        try:
            event = join(survivor, absorbed)
        except Refused:
            assert not allowed and not again
            return multiple()
        assert allowed or again
        self.parent[absorbed] = survivor
        self.edge[event.pk] = (survivor, absorbed)
        return event

    @rule(event=events)
    def unmerging(self, event: Merging) -> None:
        standing = event.pk in self.edge
        if not standing:
            assert refusal_of(part, event).why is UNMERGE_LATE
            return
        part(event)
        _, absorbed = self.edge.pop(event.pk)
        del self.parent[absorbed]

    @staticmethod
    def row(person: int) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT p::text FROM people_person p WHERE id = %s", [person])
            return str(cursor.fetchone()[0])

    @invariant()
    def pointers_are_the_roots(self) -> None:
        known = list(self.first)
        assert roots_of(known) == {person: self.root(person) for person in known}
        for person in known:
            if person not in self.parent:
                assert self.row(person) == self.first[person]


@pytest.mark.django_db
@pytest.mark.slow
def test_any_order_of_merges_and_unmerges():
    run_state_machine_as_test(
        Forest,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
