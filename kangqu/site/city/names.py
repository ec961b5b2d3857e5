"""Names by frequency: a surname as Shandong spreads them, a given name as its bearer's decade chose it. Pure."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any, Final

from kangqu.kernel.basis.ids import Random

MALE: Final = "1"
FEMALE: Final = "2"
_WHOLE_NAME_SHARE: Final = 0.35  # the rest is put together from two characters


@cache
def tables() -> dict[str, Any]:
    """``names.toml`` beside this file."""
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Given:
    """Given names of one sex in one era."""

    one: tuple[str, ...]
    two: tuple[str, ...]
    first: str
    second: str
    single: float

    def draw(self, rng: Random) -> str:
        chance = rng.random()
        if chance < self.single and self.one:
            return rng.choice(self.one)
        if chance < self.single + (1 - self.single) * _WHOLE_NAME_SHARE:
            return rng.choice(self.two)
        return rng.choice(self.first) + rng.choice(self.second)


class NameBook:
    """The tables, ready to draw from."""

    def __init__(self) -> None:
        data = tables()
        words = data["surnames"]["weights"].split()
        self._surnames: tuple[str, ...] = tuple(words[::2])
        self._cumulated = tuple(accumulate(float(weight) for weight in words[1::2]))
        self._from = tuple(era["from"] for era in data["era"])
        self._given = tuple({MALE: _given(era, "male"), FEMALE: _given(era, "female")} for era in data["era"])
        self._rare: str = data["rare"]["characters"]
        self._rare_share: float = data["rare"]["per_thousand"] / 1000
        self.uyghur = {MALE: _words(data["ethnic"]["uyghur_male"]), FEMALE: _words(data["ethnic"]["uyghur_female"])}
        self.foreign = tuple(tuple(line.split("|")) for line in data["foreign"]["names"].strip().splitlines())

    def surname(self, rng: Random) -> str:
        chance = rng.random() * self._cumulated[-1]
        return self._surnames[bisect_right(self._cumulated, chance)]

    def given(self, rng: Random, sex: str, year: int) -> str:
        """A given name for somebody of ``sex`` born in ``year``."""
        era = self._given[max(0, bisect_right(self._from, year) - 1)]
        name = era[sex].draw(rng)
        if rng.random() < self._rare_share:
            name = name[:-1] + rng.choice(self._rare)
        return name


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _given(era: dict[str, Any], sex: str) -> _Given:
    whole = _words(era[sex])
    one = tuple(name for name in whole if len(name) == 1)
    two = tuple(name for name in whole if len(name) > 1)
    # Where the list names no single characters, those that combine stand alone.
    return _Given(one or tuple(era[f"{sex}_second"]), two, era[f"{sex}_first"], era[f"{sex}_second"], era["single"])


@cache
def name_book() -> NameBook:
    return NameBook()
