"""The answer about two rows, and about one new row among the candidates for it: same, review, or new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kangqu.kernel.people.matching.compare import (
    BIRTH,
    GIVEN,
    SEX,
    SURNAME,
    Comparison,
    Conflict,
    Levels,
    compare,
)
from kangqu.kernel.people.matching.frequencies import Frequencies, IndexFrequencies, rarity
from kangqu.kernel.people.matching.rows import Subject
from kangqu.kernel.people.matching.weights import Weights, index_weights, probability

BY_PAPER: Final = 24.0
"""Bits of two rows that hold one resident number and do not contradict it: decided by the document."""


JUST_BELOW: Final = 0.99
"""A pair that may not be merged automatically shows at most this part of the threshold as its probability."""


class Decision(StrEnum):
    """The three answers."""

    SAME = "same"
    REVIEW = "review"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Match:
    """The answer about two rows: what was found in each field, the weight in bits, and what follows."""

    decision: Decision
    probability: float
    weight: float
    levels: Levels
    conflicts: Conflict
    by_paper: bool


def judge(left: Subject, right: Subject, weights: Weights, shares: Frequencies) -> Match:
    """Whether two rows are one person. Symmetric, and a function of the two rows, the weights and the shares alone."""
    found = compare(left, right)
    return conclude(found, weights.weight(found.levels, rarity(left, right, found.levels, weights, shares)), weights)


def conclude(found: Comparison, weight: float, weights: Weights) -> Match:
    """From levels and weight to the answer. A conflict keeps the best-looking pair below the automatic threshold."""
    by_paper = found.same_paper and _borne_out(found)
    if by_paper:
        weight = max(weight, BY_PAPER)
    likely = probability(weight)
    forbidden = standing(found, by_paper=by_paper)
    if forbidden or (found.same_paper and not by_paper):
        if found.same_paper:
            likely = max(likely, weights.review_at)
        likely = min(likely, JUST_BELOW * weights.same_at)
    doubtful = Decision.REVIEW if likely >= weights.review_at else Decision.NEW
    decision = Decision.SAME if likely >= weights.same_at else doubtful
    return Match(decision, likely, weight, found.levels, found.conflicts, by_paper)


def _borne_out(found: Comparison) -> bool:
    """Whether the rest allows that one number is one person: a child is not its mother, nor a twin its twin."""
    given, surname, birth, sex = (found.levels[index] for index in (GIVEN, SURNAME, BIRTH, SEX))
    if given == 3 or Conflict.BIRTH_ORDER in found.conflicts:
        return False
    if given in (0, 1):
        return birth != 3 or sex != 1
    return birth != 3 and sex != 1 and surname != 3


def standing(found: Comparison, *, by_paper: bool) -> Conflict:
    """The conflicts that stand. A number that vouches outweighs a changed name or a name not yet given, not a sex."""
    if by_paper:
        return Conflict.NONE
    return found.conflicts & ~(Conflict.GIVEN | Conflict.UNNAMED) if found.vouched else found.conflicts


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer about one new row. ``best`` is the place of the candidate meant, ``matches`` one per candidate."""

    decision: Decision
    best: int | None
    matches: tuple[Match, ...]


def match(
    row: Subject,
    candidates: Sequence[Subject],
    *,
    weights: Weights | None = None,
    shares: Frequencies | None = None,
) -> Answer:
    """Which candidate is this row? The same person, one to look at, or nobody: a new person.

    Two candidates that both look the same are shown to a human: either the index holds one person twice, or the
    new row cannot tell two people apart. A resident number that agrees with one of them alone settles it.
    """
    weights, shares = weights or index_weights(), shares or IndexFrequencies()
    found = tuple(judge(row, candidate, weights, shares) for candidate in candidates)
    order = sorted(range(len(found)), key=lambda place: (-found[place].by_paper, -found[place].weight, place))
    order = [place for place in order if found[place].decision is not Decision.NEW]
    if not order:
        return Answer(Decision.NEW, None, found)
    order.sort(key=lambda place: found[place].decision is not Decision.SAME)
    same = [place for place in order if found[place].decision is Decision.SAME]
    by_paper = [place for place in same if found[place].by_paper]
    if len(same) == 1 or len(by_paper) == 1:
        return Answer(Decision.SAME, (by_paper or same)[0], found)
    return Answer(Decision.REVIEW, order[0], found)
