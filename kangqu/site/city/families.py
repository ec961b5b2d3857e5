"""Households: ages and sexes drawn from the city's pyramid, then married, born and housed. Pure.

The pyramid comes first and the families are made of the people it gives, so that it holds whatever the families are
like: couples by age, children to mothers of a plausible age, elders alone, as couples or with a grown child.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from typing import Any, Final

from kangqu.kernel.basis.ids import Random
from kangqu.kernel.people.models import Relation
from kangqu.site.city.names import FEMALE, MALE, name_book

_YEAR_DAYS: Final = 365.2425
_GROWN: Final = 18
_YOUNGEST_MOTHER: Final = 19
_OLDEST_MOTHER: Final = 46


@cache
def tables() -> dict[str, Any]:
    """``households.toml`` beside this file."""
    return tomllib.loads(files(__package__).joinpath("households.toml").read_text(encoding="utf-8"))


@dataclass(slots=True, eq=False)
class Someone:
    """A person before papers: who she is and how she belongs."""

    sex: str
    age: int
    born: date
    surname: str = ""
    given: str = ""
    relation: str = Relation.HEAD.value
    mother: Someone | None = None
    father: Someone | None = None

    @property
    def name(self) -> str:
        return self.surname + self.given


@dataclass(slots=True, eq=False)
class Family:
    """People under one roof, the head first. ``elders`` are parents of the husband, or of the wife if ``of_wife``.

    ``room``: how many children it may hold. ``moved_in``: its people are elders of another family now.
    """

    head: Someone
    spouse: Someone | None = None
    children: list[Someone] = field(default_factory=list)
    wards: list[Someone] = field(default_factory=list)
    elders: list[Someone] = field(default_factory=list)
    of_wife: bool = False
    room: int = 1
    moved_in: bool = False

    @property
    def wife(self) -> Someone | None:
        return next((one for one in (self.spouse, self.head) if one is not None and one.sex == FEMALE), None)

    @property
    def husband(self) -> Someone | None:
        return next((one for one in (self.head, self.spouse) if one is not None and one.sex == MALE), None)

    def members(self) -> list[Someone]:
        return [self.head, *([self.spouse] if self.spouse else []), *self.children, *self.wards, *self.elders]


def families_of(count: int, *, today: date, rng: Random) -> list[Family]:
    """``count`` people in families, as a city of Shandong lives on ``today``."""
    people = _drawn(count, today, rng)
    maker = _Maker(rng)
    maker.marry(people)
    maker.give_children()
    maker.house_elders()
    families = maker.families()
    for family in families:
        _name(family, today, rng)
    return families


def _drawn(count: int, today: date, rng: Random) -> list[Someone]:
    pyramid = tables()["pyramid"]
    cumulated = list(accumulate(share for _, share, _ in pyramid))
    last, people = today.toordinal(), []
    for group in rng.choices(pyramid, cum_weights=cumulated, k=count):
        lowest, _, men = group
        # The top group thins out with every year.
        age = lowest + (int(5 * rng.random()) if lowest < 95 else min(int(rng.expovariate(0.5)), 13))
        born = date.fromordinal(last - int((age + rng.random() * 0.998) * _YEAR_DAYS) - 1)
        people.append(Someone(MALE if rng.random() * (100 + men) < men else FEMALE, age, born))
    return people


class _Maker:
    """A city's people being sorted into families."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.couples: list[Family] = []
        self.singles: list[Someone] = []
        self.children: list[Someone] = []
        self.alone: list[Family] = []

    def marry(self, people: list[Someone]) -> None:
        shares = tables()["married"]
        ages, chances = [row[0] for row in shares], [0.0, *(row[1] for row in shares)]
        room = tables()["children"]
        women: dict[int, list[Someone]] = defaultdict(list)
        men = []
        for one in people:
            if one.age < _GROWN:
                self.children.append(one)
            elif one.sex == FEMALE:
                women[one.age].append(one)
            else:
                men.append(one)
        for man in men:
            wife = None
            if self.rng.random() < chances[bisect_right(ages, man.age)]:
                wife = self._near(women, man.age - round(self.rng.gauss(1.6, 2.4)), lowest=20, reach=6)
            if wife is None:
                self.singles.append(man)
                continue
            holds = self.rng.choices((1, 2, 3), room)[0]
            head, spouse = (man, wife) if self.rng.random() < 0.85 else (wife, man)
            self.couples.append(Family(head, spouse, room=holds))
        self.singles += [woman for age in sorted(women) for woman in women[age]]

    def _near(self, by_age: dict[int, list[Someone]], wanted: int, *, lowest: int, reach: int) -> Someone | None:
        for distance in range(reach + 1):
            for age in (wanted - distance, wanted + distance):
                if age >= lowest and (found := by_age.get(age)):
                    return found.pop()
        return None

    def give_children(self) -> None:
        """Children to couples by the mother's age; who finds none grows up with grandparents, or with anybody."""
        at_home = tables()["grown_child_at_home"]
        by_age: dict[int, list[Family]] = defaultdict(list)
        for couple in self.couples:
            by_age[couple.wife.age if couple.wife else 0].append(couple)
        staying = [one for one in self.singles if one.age < 32 and self.rng.random() < at_home]
        gone = set(map(id, staying))
        self.singles = [one for one in self.singles if id(one) not in gone]
        for child in self.children + staying:
            mother_at = min(max(round(self.rng.gauss(27, 4.0)), 20), 42)
            family = self._with_room(by_age, child.age + mother_at, child.age)
            if family is not None:
                family.children.append(child)
                continue
            family = self._with_room(by_age, child.age + 52, child.age, grand=True) if child.age < _GROWN else None
            if family is not None:
                family.wards.append(child)
            elif child.age < _GROWN and self.couples:
                self.rng.choice(self.couples).wards.append(child)
            else:
                self.singles.append(child)

    def _with_room(
        self, by_age: dict[int, list[Family]], wanted: int, child: int, *, grand: bool = False
    ) -> Family | None:
        lowest, highest = (child + 40, 90) if grand else (child + _YOUNGEST_MOTHER, child + _OLDEST_MOTHER)
        for distance in range(8):
            for age in {wanted - distance, wanted + distance}:
                families = by_age.get(age)
                if not families or not lowest <= age <= highest:
                    continue
                for _ in range(3):
                    family = self.rng.choice(families)
                    if grand or len(family.children) < family.room:
                        return family
        return None

    def house_elders(self) -> None:
        """Some old couples and widowed people live with a grown child; the others stay by themselves."""
        shares = tables()
        younger: dict[int, list[Family]] = defaultdict(list)
        for couple in self.couples:
            if couple.husband is not None and couple.husband.age < 62:
                younger[couple.husband.age].append(couple)
        for couple in self.couples:
            old = couple.husband is not None and couple.husband.age >= 62 and not couple.children and not couple.wards
            if old and self.rng.random() < shares["elder_couple_with_child"]:
                self._move_in(younger, couple, couple.members())
        for single in self.singles:
            family = Family(single)
            widowed = single.age >= 65 and self.rng.random() < shares["elder_alone_with_child"]
            if not (widowed and self._move_in(younger, family, [single])):
                self.alone.append(family)

    def _move_in(self, younger: dict[int, list[Family]], old: Family, elders: list[Someone]) -> bool:
        age = min(elder.age for elder in elders) - min(max(round(self.rng.gauss(26, 3)), 20), 38)
        for distance in range(6):
            for near in (age - distance, age + distance):
                for family in self.rng.sample(younger[near], min(2, len(younger[near]))) if near in younger else ():
                    if not family.elders and min(elder.age for elder in elders) - near >= _YOUNGEST_MOTHER:
                        family.elders = elders
                        family.of_wife = self.rng.random() < 0.25
                        old.moved_in = True
                        return True
        return False

    def families(self) -> list[Family]:
        return [family for family in self.couples + self.alone if not family.moved_in]


def _name(family: Family, today: date, rng: Random) -> None:
    """Surnames down the male line, given names by decade, and everybody's relation to the head."""
    book, shares = name_book(), tables()
    husband, wife = family.husband, family.wife
    for one in family.members():
        one.surname = book.surname(rng)
    for elder in family.elders:
        child = wife if family.of_wife else husband
        if elder.sex == MALE and child is not None:
            child.surname = elder.surname
        if child is not None:
            child.father, child.mother = (elder, child.mother) if elder.sex == MALE else (child.father, elder)
    line = husband or wife
    for child in family.children + family.wards:
        mothers = rng.random() < shares["mothers_surname"]
        child.surname = (wife if mothers and wife else line or child).surname
    for child in family.children:
        child.father, child.mother = husband, wife
    _make_twins(family.children, rng)
    for one in family.members():
        one.given = book.given(rng, one.sex, one.born.year)
    _relate(family, rng)


def _make_twins(children: list[Someone], rng: Random) -> None:
    for elder, younger in pairwise(children):
        if elder.age == younger.age or rng.random() < tables()["twins"]:
            younger.born, younger.age = elder.born, elder.age
            return


def _relate(family: Family, rng: Random) -> None:
    if family.spouse is not None:
        family.spouse.relation = Relation.SPOUSE.value
    for child in family.children:
        child.relation = (Relation.SON if child.sex == MALE else Relation.DAUGHTER).value
    for ward in family.wards:
        ward.relation = Relation.GRANDCHILD.value if family.head.age - ward.age > 38 else Relation.OTHER.value
    child_of_elders = family.wife if family.of_wife else family.husband
    for elder in family.elders:
        elder.relation = Relation.PARENT.value if child_of_elders is family.head else Relation.OTHER.value
