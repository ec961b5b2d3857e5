"""Learning the weights from the lists themselves, without one known answer.

u comes from pairs drawn at random, weighed by how surely they are strangers; m and the priors by expectation
maximisation over the candidate pairs, with the three rivals of ``weights`` in the expectation (strangers, household,
twins). Both lean on the published tables as if ``LEAN`` further pairs had shown them, so that a list of ten rows is
judged much as the resident index would judge it, and a list of ten thousand by its own habits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log2
from typing import Final

import numpy as np
import numpy.typing as npt

from kangqu.kernel.people.matching.compare import FIELDS, LEVELS, MISSING, Levels
from kangqu.kernel.people.matching.weights import Weights, table_probabilities

Floats = npt.NDArray[np.float64]

LEAN: Final = 20.0
ROUNDS: Final = 40
STILL: Final = 1e-4
FIRST_PARTNERS: Final = 0.2
"""Rows of the same person expected per row before anything is known."""
TWIN_PARTNERS: Final = 0.02
"""Twins of a row expected per row (mark M, see data/index.toml): not learnt, because a list cannot show it."""
SAME_AT: Final = 0.95
REVIEW_AT: Final = 0.50


@dataclass(frozen=True, slots=True)
class Observed:
    """How often each pattern of levels was seen among candidates and among pairs drawn at random.

    ``people`` is the mean number of rows a side, ``pairs`` the number of all pairs there are.
    """

    candidates: Mapping[Levels, int]
    random: Mapping[Levels, int]
    rows: float
    pairs: float


def first_weights(rows: float, pairs: float) -> Weights:
    """The published tables with the priors of a list of this size."""
    return _weights(table_probabilities("m"), table_probabilities("u"), FIRST_PARTNERS * rows, 0.3 * rows, rows, pairs)


def estimate(seen: Observed) -> Weights:
    """The weights of a list (or two) from the patterns of its pairs."""
    patterns = sorted(set(seen.candidates) | set(seen.random))
    if not patterns:
        return first_weights(seen.rows, seen.pairs)
    table = np.array(patterns, dtype=np.int64)
    candidates = np.array([seen.candidates.get(p, 0) for p in patterns], dtype=np.float64)
    drawn = np.array([seen.random.get(p, 0) for p in patterns], dtype=np.float64)
    weights = first_weights(seen.rows, seen.pairs)
    before: Floats = np.zeros(len(patterns))
    for _ in range(ROUNDS):
        same, household = _shares(weights, table)
        u = _level_shares(table, drawn * (1 - same), table_probabilities("u"))
        m = _level_shares(table, candidates * same, table_probabilities("m"))
        partners = float(candidates @ same) + 0.05 * FIRST_PARTNERS * seen.rows
        homes = float(candidates @ household) + 0.05 * 0.3 * seen.rows
        weights = _weights(m, u, partners, homes, seen.rows, seen.pairs)
        if float(np.abs(same - before).max()) < STILL:
            break
        before = same
    return weights


def _weights(
    m: Mapping[str, tuple[float, ...]],
    u: Mapping[str, tuple[float, ...]],
    partners: float,
    homes: float,
    rows: float,
    pairs: float,
) -> Weights:
    share = min(max(partners, 1e-3) / max(pairs, 1.0), 0.3)
    twins = TWIN_PARTNERS * rows / 2
    return Weights(
        m=m,
        u=u,
        prior_bits=log2(share / (1 - share)),
        household_bits=log2(max(homes, twins, 1e-6) / max(partners, 1e-3)),
        twin_bits=log2(max(twins, 1e-6) / max(partners, 1e-3)),
        same_at=SAME_AT,
        review_at=REVIEW_AT,
    )


def _shares(weights: Weights, table: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """For each pattern the probability of "the same person" and of "one household, two people"."""
    each = np.zeros(table.shape)
    for index, row in enumerate(weights.bits):
        bits = np.array((*row, 0.0))  # the last stands for MISSING, which is -1
        each[:, index] = bits[table[:, index]]
    given, order, birth, sex, identifier = (
        each[:, FIELDS.index(n)] for n in ("given", "order", "birth", "sex", "identifier")
    )
    personal = given + order + sex + identifier
    strangers = -(each.sum(axis=1) + weights.prior_bits)
    household = -(personal + birth - weights.household_bits)
    twins = -(personal - weights.twin_bits)
    top = np.maximum.reduce([strangers, household, twins, np.zeros(len(table))])
    parts = [2.0 ** (part - top) for part in (np.zeros(len(table)), strangers, household, twins)]
    whole = np.add.reduce(parts)
    return parts[0] / whole, parts[2] / whole


def _level_shares(
    table: npt.NDArray[np.int64], mass: Floats, lean: Mapping[str, tuple[float, ...]]
) -> dict[str, tuple[float, ...]]:
    """The share of each level of each field among pairs of this mass, missing ones left out, leaning on a table."""
    shares = {}
    for index, name in enumerate(FIELDS):
        column = table[:, index]
        known = column != MISSING
        counts = np.bincount(column[known], weights=mass[known], minlength=len(LEVELS[name])) + LEAN * np.array(
            lean[name]
        )
        shares[name] = tuple((counts / counts.sum()).tolist())
    return shares


def with_thresholds(weights: Weights, *, same_at: float, review_at: float) -> Weights:
    """The same weights with other thresholds."""
    return replace(weights, same_at=same_at, review_at=review_at)


def count_patterns(patterns: list[Levels]) -> Counter[Levels]:
    return Counter(patterns)
