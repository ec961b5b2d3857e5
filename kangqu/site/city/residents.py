"""Residents with their papers: families of a chunk turned into rows the loader writes. Pure.

A chunk is some thousand people of one county, made from its own seed, so that chunks can be made in any order by any
number of workers and come out the same. Identity numbers cannot meet across chunks: each chunk has sequence numbers
of its own for its county's codes, and one sequence number of its own for codes elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from kangqu.kernel.basis.ids import Random
from kangqu.kernel.people.documents import check_digit
from kangqu.kernel.people.kinship import Kin
from kangqu.kernel.people.loading import NewHousehold, NewIdentifier, NewPerson
from kangqu.kernel.people.models import IdentifierKind, PersonName, PersonStatus, ProxyKind, Relation
from kangqu.site.city.families import Family, Someone, families_of, tables
from kangqu.site.city.ground import County, Ground, Village
from kangqu.site.city.names import FEMALE, MALE, name_book

CHUNK: Final = 10_000
_SEQUENCES: Final = 500  # three digits, odd for men, even for women
_FIRST_CARDS: Final = 1986  # identity numbers were given out from the mid-1980s
_OLD_ALONE: Final = 0.036  # of everybody: they bear the city's rate of deaths, as the younger bear that of moves
_YOUNG_ALONE: Final = 0.046
_PHONES: Final = 10**8
_SPREAD: Final = 61_803_399  # prime to 10^8: neighbours in the list get numbers far apart
_HOMOPHONES: Final = dict(
    zip(
        "丽静红燕霞伟杰强明华建涛芳敏佳婷文军海晓",
        "莉婧虹艳侠玮洁蔷铭桦健滔方民家庭雯君诲小",
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """``people`` residents of the county at ``county`` in the ground, the ``index``-th of the city onwards.

    ``slot`` and ``slots``: the sequence numbers of identity numbers that are this chunk's in its county.
    """

    number: int
    county: int
    people: int
    index: int
    slot: int
    slots: int
    seed: int

    def rng(self, salt: str = "") -> Random:
        return random.Random(f"{self.seed}/{self.number}/{salt}")  # noqa: S311 - a city from a seed, not secrets


def chunks_of(ground: Ground, people: int, seed: int) -> list[Chunk]:
    """The city in chunks, county by county."""
    size = max(CHUNK, -(-people // (_SEQUENCES - 2 * len(ground.counties))))
    chunks: list[Chunk] = []
    index = 0
    for county, quota in enumerate(ground.quotas(people)):
        count = max(1, -(-quota // size))
        for place in range(count):
            here = quota * (place + 1) // count - quota * place // count
            slots = _SEQUENCES // count
            chunks.append(Chunk(len(chunks), county, here, index, place * slots, slots, seed))
            index += here
    return chunks


@dataclass(slots=True)
class Residents:
    """A chunk's rows. ``proxies``: (whom, by whom, kind, relation) as places in ``people``; ``pairs``: places of the
    same person twice."""

    people: list[NewPerson] = field(default_factory=list)
    proxies: list[tuple[int, int, ProxyKind, str]] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)


def residents_of(chunk: Chunk, ground: Ground, *, today: date, keepers: Mapping[str, int]) -> Residents:
    """The residents of a chunk. ``keepers``: which institution keeps the records of a township."""
    rng = chunk.rng()
    twice = round(chunk.people * tables()["rate"]["duplicate"] / 10_000)
    desk = _Desk(chunk, ground, today, keepers, rng)
    for family in families_of(chunk.people - twice, today=today, rng=rng):
        desk.register(family)
    desk.register_twice(twice)
    return desk.done


def phone_numbered(index: int) -> str:
    """The mobile number (E.164) of the city's ``index``-th person: numbers below 10^8 never meet."""
    return f"+86{tables()['phone']['prefix']}{(index * _SPREAD + 7) % _PHONES:08d}"


class _Desk:
    """Gives a chunk's people their papers, phones and addresses."""

    def __init__(self, chunk: Chunk, ground: Ground, today: date, keepers: Mapping[str, int], rng: Random) -> None:
        self.chunk, self.ground, self.today, self.keepers, self.rng = chunk, ground, today, keepers, rng
        self.county: County = ground.counties[chunk.county]
        self.rate: dict[str, float] = {name: value / 10_000 for name, value in tables()["rate"].items()}
        self.done = Residents()
        self.used: dict[tuple[str, int, str], int] = {}

    def register(self, family: Family) -> None:
        rng = self.rng
        village = self.county.village(rng)
        address = village.address(rng)
        if village.surname and rng.random() < 0.3 and family.husband is not None:
            _rename(family, village.surname)
        hui = rng.random() < self.rate["hui"]
        home = NewHousehold(region=village.code, address=address)
        since = self._since(family.head)
        places: dict[int, int] = {}
        phones: dict[int, str] = {}
        for one in family.members():
            person = self._person(one, village, address, since, "03" if hui else "")
            person.household, person.relation = home, one.relation
            self._give_phone(one, person, family, phones)
            self._fate(one, person, family)
            places[id(one)] = len(self.done.people)
            self.done.people.append(person)
        self._empower(family, places)

    def _person(self, one: Someone, village: Village, address: str, since: date, ethnicity: str) -> NewPerson:
        rng, rate = self.rng, self.rate
        person = NewPerson(
            name=one.name,
            sex=one.sex,
            birth_date=one.born,
            region=village.code,
            address=address,
            ethnicity=ethnicity or "01",
            lives_there_since=max(since, one.born),
            kept_by=self.keepers.get(village.township),
        )
        chance = rng.random()
        if chance < rate["passport"] and one.relation == Relation.HEAD:
            self._make_foreign(person)
        elif chance < rate["passport"] + rate["taiwan_or_macao"]:
            kind, number = rng.choice(((IdentifierKind.TAIWAN, ""), (IdentifierKind.HK_MACAO, "H")))
            person.identifiers = [NewIdentifier(kind.value, f"{number}{self._index():08d}", verified=True)]
        elif one.age < 1 and rng.random() < rate["newborn_without_id"]:
            self._newborn(one, person)
        elif rng.random() >= rate["no_document"]:
            self._identity_number(one, person)
        if not ethnicity and rng.random() < rate["other_ethnicity"]:
            self._other_ethnicity(one, person)
        if one.age > 30 and rng.random() < rate["former_name"]:
            former = one.surname + name_book().given(rng, one.sex, one.born.year)
            if former != person.name:
                person.other_names = [(former, PersonName.Use.FORMER)]
        if person.registered_region is None and rng.random() < rate["second_address"]:
            registered = self.county.village(rng)
            person.registered_region, person.registered_address = registered.code, registered.address(rng)
        return person

    def _index(self) -> int:
        """The number of the person being made in the whole city: what is built on it is unique."""
        return self.chunk.index + len(self.done.people)

    def _identity_number(self, one: Someone, person: NewPerson) -> None:
        rng, year = self.rng, max(_FIRST_CARDS, one.born.year)
        if rng.random() < self.rate["from_elsewhere"]:
            code = rng.choice(self.ground.elsewhere)
            if rng.random() < 0.5:
                person.registered_region = code
        else:
            code = self.county.code_in(year)
        for _ in range(60):
            body = self._sequence(code, one)
            if body:
                number = body + check_digit(body)
                verified = rng.random() < 0.9
                person.birth_date = one.born
                person.identifiers = [NewIdentifier(IdentifierKind.RESIDENT_ID.value, number, verified=verified)]
                return
            one.born -= timedelta(days=1)  # the day's numbers are given out: born the day before

    def _sequence(self, code: str, one: Someone) -> str:
        """Seventeen digits nobody else has, or nothing when this chunk's numbers of the day are used up."""
        local = code == self.county.code or code not in _elsewhere(self.ground)
        key = (code, one.born.toordinal(), one.sex)
        taken = self.used.get(key, 0)
        if taken >= (self.chunk.slots if local else 1):
            return ""
        self.used[key] = taken + 1
        slot = self.chunk.slot + taken if local else self.chunk.number % _SEQUENCES
        sequence = 2 * slot + (one.sex == MALE)
        return f"{code}{one.born.isoformat().replace('-', '')}{sequence:03d}"

    def _newborn(self, one: Someone, person: NewPerson) -> None:
        person.identifiers = [NewIdentifier(IdentifierKind.BIRTH_CERTIFICATE.value, f"W3{self._index():08d}")]
        if one.mother is not None and self.rng.random() < self.rate["newborn_without_name"]:
            person.name = f"{one.mother.name}之{'子' if one.sex == MALE else '女'}"

    def _make_foreign(self, person: NewPerson) -> None:
        same_sex = [each for each in name_book().foreign if each[1] == person.sex]
        person.name, person.sex, person.nationality = self.rng.choice(same_sex)
        person.ethnicity, person.registered_region = "", None
        person.identifiers = [NewIdentifier(IdentifierKind.PASSPORT.value, f"K{self._index():08d}", verified=True)]

    def _other_ethnicity(self, one: Someone, person: NewPerson) -> None:
        person.ethnicity = self.rng.choice(("02", "05", "06", "08", "10", "11", "11", "11", "15"))
        if person.ethnicity == "05":
            person.name = self.rng.choice(name_book().uyghur[one.sex])

    def _since(self, head: Someone) -> date:
        return self.today - timedelta(days=int(self.rng.random() * min(head.age, 25) * 365.25))

    def _give_phone(self, one: Someone, person: NewPerson, family: Family, phones: dict[int, str]) -> None:
        """Grown people mostly have a phone; children and many of the old are reached by a relative's."""
        rng = self.rng
        own = 0.0 if one.age < 13 else 0.6 if one.age < 18 else 0.96 if one.age < 70 else 0.55
        if rng.random() < own:
            phones[id(one)] = phone_numbered(self._index())
            person.phones = [phones[id(one)]]
            return
        holders = [(one.mother, "mother"), (one.father, "father"), (family.head, "family"), (family.spouse, "family")]
        for holder, relation in holders:
            if holder is not None and holder is not one and id(holder) in phones:
                person.phones, person.phone_holder = [phones[id(holder)]], relation
                return

    def _fate(self, one: Someone, person: NewPerson, family: Family) -> None:
        """Some who lived alone have died or moved away: they stay in the index and leave their household."""
        rng = self.rng
        if family.spouse is not None or family.children or family.elders or family.wards:
            return
        if one.age >= 60 and rng.random() < self.rate["deceased"] / _OLD_ALONE:
            person.status = PersonStatus.DECEASED.value
            person.deceased_on = self.today - timedelta(days=rng.randint(1, 700))
        elif 19 <= one.age < 45 and rng.random() < self.rate["moved"] / _YOUNG_ALONE:
            person.status = PersonStatus.MOVED.value
            person.moved_on = self.today - timedelta(days=rng.randint(1, 1500))
        else:
            return
        person.household, person.relation = None, ""

    def _empower(self, family: Family, places: Mapping[int, int]) -> None:
        """Mothers on file as guardians, grown children with a family account for a parent."""
        for child in family.children:
            if child.age < 14 and child.mother is not None and self.rng.random() < self.rate["guardian_on_file"]:
                pair = (places[id(child)], places[id(child.mother)])
                self.done.proxies.append((*pair, ProxyKind.GUARDIAN, Kin.PARENT.value))
        for grown in filter(None, (family.head, family.spouse, *family.children)):
            for parent in filter(None, (grown.mother, grown.father)):
                if parent.age < 65 or grown.age < 18:
                    continue
                if self.rng.random() < self.rate["proxy_on_file"] * (2 if grown.sex == FEMALE else 1):
                    pair = (places[id(parent)], places[id(grown)])
                    self.done.proxies.append((*pair, ProxyKind.PROXY, Kin.CHILD.value))
                    break

    def register_twice(self, count: int) -> None:
        """The same people again, as a hurried desk wrote them down: no paper, a name or a day slightly wrong."""
        people, rng = self.done.people, self.rng
        eligible = [place for place, one in enumerate(people) if one.identifiers and one.household and one.phones]
        wanted = rng.sample(eligible, min(count, len(eligible)))
        for place in wanted:
            original = people[place]
            village = self.county.village(rng)
            again = replace(
                original, identifiers=(), household=None, relation="", other_names=(), registered_region=None,
                registered_address="", kept_by=self.keepers.get(village.township),
            )  # fmt: skip
            _blunder(again, rng)
            self.done.pairs.append((place, len(people)))
            people.append(again)
        for _ in range(count - len(wanted)):  # a chunk too small to hold duplicates still has its number of people
            self.register(families_of(1, today=self.today, rng=rng)[0])


def _rename(family: Family, surname: str) -> None:
    """A family of the village's own name: the husband's line takes it."""
    husband = family.husband
    old = husband.surname if husband else ""
    for one in family.members():
        if one.surname == old and one is not family.wife:
            one.surname = surname


def _blunder(person: NewPerson, rng: Random) -> None:
    name, born, chance = person.name, person.birth_date, rng.random()
    swapped = "".join(_HOMOPHONES.get(character, character) for character in name[1:])
    if chance < 0.4 and swapped != name[1:]:
        person.name = name[0] + swapped
    elif chance < 0.55 and len(name) == 3 and name[1] != name[2]:
        person.name = name[0] + name[2] + name[1]
    elif chance < 0.8 and born is not None and born.day <= 12 and born.day != born.month:
        person.birth_date = born.replace(month=born.day, day=born.month)
    elif born is not None:
        person.birth_date = born.replace(year=born.year - 1, day=min(born.day, 28))
    if rng.random() < 0.4:
        person.phones = ()


_ELSEWHERE: dict[str, frozenset[str]] = {}


def _elsewhere(ground: Ground) -> frozenset[str]:
    if ground.city not in _ELSEWHERE:
        _ELSEWHERE[ground.city] = frozenset(ground.elsewhere)
    return _ELSEWHERE[ground.city]
