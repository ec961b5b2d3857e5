"""The made-up people: pyramid, families, papers. No database."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from kangqu.kernel.people.documents import read_document
from kangqu.kernel.people.names import normalise_name
from kangqu.kernel.people.phones import read_phone
from kangqu.site.city.families import families_of, tables
from kangqu.site.city.ground import ground_of
from kangqu.site.city.names import FEMALE, MALE, name_book
from kangqu.site.city.residents import Chunk, chunks_of, phone_numbered, residents_of

TODAY = date(2026, 11, 23)


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ground():
    return ground_of("3703", 60_000)


@pytest.fixture(scope="module")
def chunks(ground):
    return chunks_of(ground, 60_000, seed=3)


@pytest.fixture(scope="module")
def made(ground, chunks):
    return [residents_of(chunk, ground, today=TODAY, keepers={}) for chunk in chunks]


@pytest.fixture(scope="module")
def everybody(made):
    return [person for residents in made for person in residents.people]


def test_the_chunks_are_the_city(ground, chunks, everybody):
    assert sum(chunk.people for chunk in chunks) == len(everybody) == 60_000
    assert [chunk.index for chunk in chunks] == [sum(each.people for each in chunks[:n]) for n in range(len(chunks))]
    assert sum(ground.quotas(9_999)) == 9_999
    millions = chunks_of(ground, 4_700_000, seed=1)
    assert len(millions) <= 500
    taken: Counter[tuple[int, int]] = Counter()
    for chunk in millions:
        taken.update((chunk.county, slot) for slot in range(chunk.slot, chunk.slot + chunk.slots))
        assert chunk.slots >= 1 and chunk.slot + chunk.slots <= 500
    assert max(taken.values()) == 1


def test_ages_follow_the_pyramid(everybody):
    pyramid = tables()["pyramid"]
    total = sum(share for _, share, _ in pyramid)
    ages = Counter(min(95, (TODAY - person.birth_date).days * 10_000 // 3_652_425 // 5 * 5) for person in everybody)
    for lowest, share, _ in pyramid:
        assert abs(ages[lowest] / len(everybody) - share / total) < 0.006, lowest


def test_families_are_possible():
    families = families_of(20_000, today=TODAY, rng=random.Random(5))
    members = [one for family in families for one in family.members()]
    assert len(members) == len(set(map(id, members))) == 20_000
    for family in families:
        assert family.head.age >= 18 or len(family.members()) == 1
        if family.spouse is not None:
            assert family.spouse.sex != family.head.sex and family.spouse.age >= 18
        for child in family.children:
            assert child.mother is None or child.mother.age - child.age >= 18
            assert child.surname in {one.surname for one in (family.head, family.spouse) if one}
        for elder in family.elders:
            assert elder.age - min(family.head.age, family.spouse.age if family.spouse else 200) >= 18
    sizes = Counter(len(family.members()) for family in families)
    assert 2.2 < 20_000 / len(families) < 3.0
    assert sizes[1] > 0.15 * len(families)
    assert any(len(family.members()) >= 5 for family in families)
    alone = [family for family in families if len(family.members()) == 1 and family.head.age >= 70]
    assert alone


def test_papers_pass_the_checks_of_the_real_desk(everybody):
    kinds: Counter[str] = Counter()
    for person in everybody:
        assert normalise_name(person.name) == person.name
        for paper in person.identifiers:
            read = read_document(paper.kind, paper.number, on=TODAY, sex=person.sex)
            assert read.number == paper.number
            if paper.kind == "01":
                assert read.birth_date == person.birth_date
            kinds[paper.kind] += 1
        for phone in person.phones:
            assert read_phone(phone) == phone and phone.startswith("+86154")
    assert kinds["01"] > 0.97 * len(everybody)
    assert kinds["11"] and kinds["03"]
    assert any(not person.identifiers for person in everybody)


def test_no_number_is_given_twice(everybody):
    numbers = Counter(paper.number for person in everybody for paper in person.identifiers)
    assert max(numbers.values()) == 1
    own = Counter(phone for person in everybody if person.phone_holder == "self" for phone in person.phones)
    assert max(own.values()) <= 2  # a planted duplicate keeps her phone


def test_older_people_carry_codes_that_were_abolished():
    ground = ground_of("3715", 20_000)
    chiping = next(county for county in ground.counties if county.code == "371503")
    assert [chiping.code_in(year) for year in (1990, 2005, 2020)] == ["372524", "371523", "371503"]
    chunk = next(each for each in chunks_of(ground, 20_000, seed=1) if ground.counties[each.county] is chiping)
    made = residents_of(chunk, ground, today=TODAY, keepers={})
    codes = {paper.number[:6] for person in made.people for paper in person.identifiers if paper.kind == "01"}
    assert {"372524", "371523", "371503"} <= codes


def test_the_same_seed_makes_the_same_people(ground, chunks):
    first, again = (residents_of(chunks[1], ground, today=TODAY, keepers={}) for _ in range(2))
    assert first == again
    other = Chunk(**{name: getattr(chunks[1], name) for name in Chunk.__slots__} | {"seed": 4})
    assert residents_of(other, ground, today=TODAY, keepers={}).people != first.people


def test_planted_pairs_are_the_same_person_written_differently(made):
    pairs = [(residents.people[left], residents.people[right]) for residents in made for left, right in residents.pairs]
    assert len(pairs) > 100
    for left, right in pairs:
        assert left.identifiers and not right.identifiers
        assert (left.name, left.birth_date) != (right.name, right.birth_date) or left.phones != right.phones
        assert left.name[0] == right.name[0]
    assert len({right.name for _, right in pairs}) > 50


def test_proxies_are_of_the_same_household(made):
    for residents in made:
        for whom, agent, _, _ in residents.proxies:
            left, right = residents.people[whom], residents.people[agent]
            assert whom != agent and left.address == right.address


def test_names_follow_their_decade():
    book, rng = name_book(), random.Random(2)
    fifties = Counter(book.given(rng, FEMALE, 1952) for _ in range(3_000))
    tens = Counter(book.given(rng, MALE, 2015) for _ in range(3_000))
    assert not set(dict(fifties.most_common(20))) & set(dict(tens.most_common(20)))
    surnames = Counter(book.surname(rng) for _ in range(20_000))
    assert surnames.most_common(1)[0][0] in "王张"
    rare = sum(ord(character) > 0xFFFF for _ in range(20_000) for character in book.given(rng, MALE, 1990))
    assert 1 <= rare <= 80


def test_a_small_city_leaves_villages_out_and_a_large_one_none():
    small, large = ground_of("3703", 2_000), ground_of("3703", 300_000)
    assert sum(len(county.villages) for county in small.counties) < 100
    assert sum(len(county.townships) for county in large.counties) == 88


def test_phones_never_meet():
    numbers = {phone_numbered(index) for index in [*range(5_000), *range(19_995_000, 20_000_000), 40_000_000]}
    assert len(numbers) == 10_001
