"""What agreement is worth: Fellegi–Sunter weights, and the probability that two rows are one person.

The weight of a level is log2(m/u): how much likelier the level is between rows of one person than between strangers
(Fellegi and Sunter, 1969). A plain sum of weights knows one rival to "the same person": "two strangers". People who
share a roof are no strangers: surname, address and telephone agree between them as between rows of one person, and
twins share the birth date too. So a pair is judged against three rivals at once::

    strangers   every field counts
    household   given name, birth date, sex and document count; what a household shares counts for nothing
    twins       given name, sex and document count

and the weight of the pair is the soft minimum of the three, each with its own prior. A father and his son at one
address never come near it, however much of what they share is written down.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log2
from typing import Any, Final

from kangqu.kernel.people.matching.chinese import DATA
from kangqu.kernel.people.matching.compare import BIRTH, FIELDS, GIVEN, IDENTIFIER, LEVELS, MISSING, ORDER, SEX, Levels

PERSONAL: Final = (GIVEN, ORDER, BIRTH, SEX, IDENTIFIER)
TWINS: Final = (GIVEN, ORDER, SEX, IDENTIFIER)
LEAST: Final = 1e-9
CERTAIN: Final = 60.0
"""Bits beyond which nothing changes; keeps every sum finite."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The probabilities of every level, the priors and the two thresholds; ``bits`` follows from them."""

    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]
    prior_bits: float
    household_bits: float
    twin_bits: float
    same_at: float
    review_at: float
    version: str = ""
    bits: tuple[tuple[float, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits", tuple(self._field_bits(name) for name in FIELDS))

    def _field_bits(self, name: str) -> tuple[float, ...]:
        """log2(m/u) per level: exact agreement never speaks against, and a worse level never for more than a better."""
        m, u = self.m[name], self.u[name]
        if len(m) != len(LEVELS[name]) or len(u) != len(m):
            raise ValueError(f"{name} has {len(LEVELS[name])} levels, not {len(m)} and {len(u)}")
        if name == "order":
            return (0.0, min(0.0, log2(max(m[1], LEAST))))
        row = [log2(max(a, LEAST) / max(b, LEAST)) for a, b in zip(m, u, strict=True)]
        row[0] = max(row[0], 0.0)
        for level in range(1, len(row)):
            row[level] = min(row[level], row[level - 1])
        return (*row[:-1], min(row[-1], 0.0))

    def weight(self, levels: Levels, rarity: Sequence[float] = ()) -> float:
        """Bits for (above 0) or against (below 0) the two rows being one person.

        ``rarity`` holds, field by field, the bits by which an exact agreement on this value is worth more or less than
        on a usual one (term frequency). An agreement is never worth less than nothing.
        """
        each = [0.0 if level == MISSING else row[level] for level, row in zip(levels, self.bits, strict=True)]
        for index, extra in enumerate(rarity):
            if extra and levels[index] == 0:
                each[index] = max(0.0, each[index] + extra)
        personal = each[GIVEN] + each[ORDER] + each[SEX] + each[IDENTIFIER]
        return -soft_max(
            -(sum(each) + self.prior_bits),
            -(personal + each[BIRTH] - self.household_bits),
            -(personal - self.twin_bits),
        )


def soft_max(*bits: float) -> float:
    """log2 of the sum of 2^bits, without overflow."""
    top = max(bits)
    return top + log2(sum(2.0 ** (each - top) for each in bits))


def probability(bits: float) -> float:
    """The probability that goes with log2 odds."""
    bounded = max(-CERTAIN, min(CERTAIN, bits))
    return 1.0 / (1.0 + 2.0**-bounded)


@cache
def published() -> Mapping[str, Any]:
    """The published table ``data/index.toml``."""
    with (DATA / "index.toml").open("rb") as file:
        return tomllib.load(file)


def table_probabilities(kind: str) -> dict[str, tuple[float, ...]]:
    """The published m or u of every field."""
    return {name: tuple(published()[name][kind]) for name in FIELDS}


@cache
def index_weights() -> Weights:
    """The published weights for one new record against the resident index."""
    table = published()
    prior, threshold = table["prior"], table["threshold"]
    return Weights(
        m=table_probabilities("m"),
        u=table_probabilities("u"),
        prior_bits=log2(prior["known_share"] / prior["people"]),
        household_bits=log2(prior["household_partners"] / prior["known_share"]),
        twin_bits=log2(prior["twin_partners"] / prior["known_share"]),
        same_at=threshold["same"],
        review_at=threshold["review"],
        version=table["version"],
    )
