"""Where people live: which villages of a county are in use at a given size, how likely each is, what an address says."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, TypeVar

from kangqu.kernel.basis.ids import Random
from kangqu.kernel.places.divisions import city_rows, historic_codes, national_rows, villages_of
from kangqu.site.city.families import tables

T = TypeVar("T")

FULL_TOWNSHIPS_AT: Final = 300_000  # from this many residents on every township is lived in
_PEOPLE_IN_A_VILLAGE: Final = 60  # a smaller city leaves villages out rather than empty
_STREETS: Final = (
    "新华路",
    "人民路",
    "建设路",
    "柳泉路",
    "共青团路",
    "中心路",
    "文化路",
    "西三路",
    "金晶大道",
    "南京路",
)
_NAMED_AFTER: Final = re.compile(r"^[东西南北前后大小上下中]?([\u4e00-\u9fff])(?:家|官庄|庄|寨)")


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community in use. ``surname``: the family it is named after, who are many there."""

    code: str
    name: str
    line: str
    urban: bool
    surname: str

    @property
    def township(self) -> str:
        return self.code[:9]

    def address(self, rng: Random) -> str:
        if self.urban:
            street, number = rng.choice(_STREETS), rng.randint(1, 260)
            house, unit, floor, door = rng.randint(1, 24), rng.randint(1, 4), rng.randint(1, 17), rng.randint(1, 3)
            return f"{self.line}{street}{number}号{house}号楼{unit}单元{floor}{door:02d}室"
        return f"{self.line}{rng.randint(1, 620)}号"


class County:
    """A county as it is lived in: its villages and how likely each is to be somebody's home."""

    def __init__(self, code: str, name: str, townships: Sequence[tuple[str, str]], villages: Sequence[Village]) -> None:
        self.code, self.name, self.townships, self.villages = code, name, tuple(townships), tuple(villages)
        self._cumulated = list(accumulate(6.0 if village.urban else 1.0 for village in villages))
        self._codes = _codes_by_year(code)

    def village(self, rng: Random) -> Village:
        return self.villages[bisect_right(self._cumulated, rng.random() * self._cumulated[-1])]

    def code_in(self, year: int) -> str:
        """The county code an identity number got that was given out in ``year``: perhaps one abolished since."""
        for last, code in self._codes:
            if year < last:
                return code
        return self.code


def _codes_by_year(county: str) -> list[tuple[int, str]]:
    old = [each for each in historic_codes() if each.successor == county and each.to_year is not None]
    return sorted((each.to_year or 0, each.code) for each in old)


@dataclass(frozen=True, slots=True)
class Ground:
    """A city's counties with their shares of the population, and counties elsewhere that people come from."""

    city: str
    counties: tuple[County, ...]
    weights: tuple[float, ...]
    elsewhere: tuple[str, ...]

    def quotas(self, people: int) -> list[int]:
        """``people`` spread over the counties: whole numbers that add up."""
        total = sum(self.weights)
        exact = [people * weight / total for weight in self.weights]
        quotas = [int(share) for share in exact]
        by_rest = sorted(range(len(exact)), key=lambda place: (quotas[place] - exact[place], place))
        for place in by_rest[: people - sum(quotas)]:
            quotas[place] += 1
        return quotas


def ground_of(city: str, people: int) -> Ground:
    """The ground of a city (four digits) of ``people`` residents; a small city uses fewer townships and villages."""
    names = {row.code: row.name for row in national_rows()}
    weights = {county: float(weight) for county, weight in tables()["population"][city].items()}
    townships = city_rows([city], villages=False)
    all_villages = sum(len(villages_of(row.code)) for row in townships)
    share = min(1.0, people / FULL_TOWNSHIPS_AT) ** 0.5
    village_share = min(1.0, people / _PEOPLE_IN_A_VILLAGE / all_villages / share)
    counties = []
    for code in weights:
        own = [(row.code, row.name) for row in townships if row.code.startswith(code)]
        used = _spread(own, max(2, round(len(own) * share)))
        villages = [
            _village(row.code, row.name, names[city] + names[code] + name)
            for town, name in used
            for row in _spread(villages_of(town), max(2, round(len(villages_of(town)) * village_share)))
        ]
        counties.append(County(code, names[code], used, villages))
    elsewhere = [code for code in names if len(code) == 6 and not code.startswith(city)]
    near = [code for code in elsewhere if code.startswith("37")]
    return Ground(city, tuple(counties), tuple(weights.values()), tuple(near * 12 + elsewhere))


def _spread(rows: Sequence[T], count: int) -> list[T]:
    """``count`` of ``rows``, evenly spread, in order."""
    count = min(count, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def _village(code: str, name: str, line: str) -> Village:
    urban = int(code[9:]) < 200
    named = None if urban else _NAMED_AFTER.match(name)
    return Village(code, name, line + name, urban, named[1] if named else "")
