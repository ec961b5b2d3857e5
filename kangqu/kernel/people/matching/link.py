"""Linking lists: one list with itself, or one with another."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from kangqu.kernel.people.matching.blocking import Pairs, candidate_pairs
from kangqu.kernel.people.matching.cluster import Link, cluster
from kangqu.kernel.people.matching.compare import GIVEN, Comparison, Conflict, Levels, compare, compare_levels
from kangqu.kernel.people.matching.decide import JUST_BELOW, Decision, Match, conclude
from kangqu.kernel.people.matching.estimate import SAME_AT, Observed, estimate
from kangqu.kernel.people.matching.frequencies import ListFrequencies, rarity
from kangqu.kernel.people.matching.rows import Subject
from kangqu.kernel.people.matching.weights import Weights, probability

DRAWN: Final = 100_000
"""Pairs drawn at random to learn how often strangers agree."""
RARE_BITS: Final = 12.0
"""More bits than rare values add to a pattern in practice; a pattern further below is not looked at again."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Found:
    """One pair of the result: places in the lists (the second list's own, if there are two), and the cluster."""

    left: int
    right: int
    probability: float
    decision: Decision
    cluster: int


@dataclass(frozen=True, slots=True)
class Linked:
    """The pairs found, surest first within a cluster, and the weights they were judged by."""

    pairs: tuple[Found, ...]
    weights: Weights
    compared: int


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def link(left: Sequence[Subject], right: Sequence[Subject] | None = None, *, progress: Progress = quiet) -> Linked:
    """Find the rows that are one person: within ``left``, or between ``left`` and ``right``.

    The result depends on the rows alone, not on their order. Memory grows with the rows, not with their square.
    """
    first, second = _in_order(left), None if right is None else _in_order(right)
    mine = [left[place] for place in first]
    yours = mine if second is None or right is None else [right[place] for place in second]
    result = _link(mine, yours, alone=second is None, progress=progress)
    there = first if second is None else second
    pairs = [_placed(found, first, there, alone=second is None) for found in result.pairs]
    return Linked(
        tuple(sorted(pairs, key=lambda p: (p.cluster == 0, p.cluster, p.left, p.right))),
        result.weights,
        result.compared,
    )


def _in_order(subjects: Sequence[Subject]) -> list[int]:
    """Places sorted by content, so that no answer depends on how a list was sorted."""
    return sorted(range(len(subjects)), key=lambda place: _content(subjects[place]))


def _content(subject: Subject) -> tuple[str, ...]:
    return (
        subject.identifier, subject.surname.text, subject.given.text, subject.birth, subject.address, subject.sex,
        " ".join(subject.phones), subject.mother, subject.birth_order,
    )  # fmt: skip


def _placed(found: Found, first: list[int], second: list[int], *, alone: bool) -> Found:
    a, b = first[found.left], second[found.right]
    if alone and a > b:
        a, b = b, a
    return Found(a, b, found.probability, found.decision, found.cluster)


def _link(mine: Sequence[Subject], yours: Sequence[Subject], *, alone: bool, progress: Progress) -> Linked:
    rows, pairs = _size(len(mine), len(yours), alone=alone)
    progress("block", 0, 1)
    candidates = candidate_pairs(mine, None if alone else yours)
    patterns, codes = _compare_all(candidates, mine, yours, progress)
    counted = Counter(dict.fromkeys(patterns, 0))
    for code, number in Counter(codes).items():
        counted[patterns[code]] = number
    progress("estimate", 0, 1)
    weights = estimate(Observed(counted, _draw(mine, yours, alone=alone), rows, pairs))
    shares = ListFrequencies(mine if alone else [*mine, *yours])
    hopeful = [weights.weight(pattern) > -RARE_BITS for pattern in patterns]
    matches: dict[tuple[int, int], Match] = {}
    for place, code in enumerate(codes):
        if not hopeful[code]:
            continue
        a, b = int(candidates[place, 0]), int(candidates[place, 1])
        found = compare(mine[a], yours[b])
        match = conclude(
            found, weights.weight(found.levels, rarity(mine[a], yours[b], found.levels, weights, shares)), weights
        )
        if match.decision is not Decision.NEW:
            matches[a, b] = match
        progress("decide", place, len(codes))
    return Linked(_people(matches, mine, yours, alone=alone), weights, len(candidates))


def _size(mine: int, yours: int, *, alone: bool) -> tuple[float, float]:
    return (float(mine), mine * (mine - 1) / 2) if alone else (float(min(mine, yours)) * 2, float(mine) * yours)


def _compare_all(
    candidates: Pairs, mine: Sequence[Subject], yours: Sequence[Subject], progress: Progress
) -> tuple[list[Levels], array[int]]:
    """The distinct patterns of levels, and for each candidate the place of its pattern."""
    places: dict[Levels, int] = {}
    codes = array("l")
    total = len(candidates)
    for number, (a, b) in enumerate(candidates.tolist()):
        codes.append(places.setdefault(compare_levels(mine[a], yours[b]), len(places)))
        if number % 2048 == 0:
            progress("compare", number, total)
    return list(places), codes


def _draw(mine: Sequence[Subject], yours: Sequence[Subject], *, alone: bool) -> Counter[Levels]:
    """The patterns of pairs drawn at random, the same on every run; of all pairs when they are few."""
    seen: Counter[Levels] = Counter()
    for a, b in _random_pairs(len(mine), len(yours), alone=alone):
        seen[compare_levels(mine[a], yours[b])] += 1
    return seen


def _random_pairs(mine: int, yours: int, *, alone: bool) -> Iterator[tuple[int, int]]:
    if mine * yours <= 2 * DRAWN:
        for a in range(mine):
            for b in range(a + 1 if alone else 0, yours):
                yield a, b
        return
    rng = random.Random(20_000)  # noqa: S311 - a sample, not a secret
    for _ in range(DRAWN):
        a, b = rng.randrange(mine), rng.randrange(yours)
        if not alone or a != b:
            yield a, b


Node = tuple[int, int]
"""A row in a cluster: which list (0 or 1) and its place there."""


class _Bonds:
    """What the names and numbers of rows say about standing in one cluster."""

    def __init__(self, subject: Callable[[Node], Subject]) -> None:
        self._subject = subject
        self._known: dict[tuple[Node, Node], Comparison] = {}

    def _compare(self, a: Node, b: Node) -> Comparison:
        key = (a, b) if a <= b else (b, a)
        if key not in self._known:
            self._known[key] = compare(self._subject(a), self._subject(b))
        return self._known[key]

    def forbidden(self, a: Node, b: Node) -> bool:
        return rules_out(self._compare(a, b))

    def estranged(self, a: Node, b: Node) -> bool:
        found = self._compare(a, b)
        return found.levels[GIVEN] == 3 and not found.vouched and not found.same_paper

    def akin(self, a: Node, b: Node) -> bool:
        found = self._compare(a, b)
        return found.levels[GIVEN] in (0, 1) or found.vouched or found.same_paper


def rules_out(found: Comparison) -> bool:
    """Whether two rows can never stand in one cluster, whatever joins them: numbers that check, sex, place of birth."""
    return not found.same_paper and bool(found.conflicts & (Conflict.PAPERS | Conflict.SEX | Conflict.BIRTH_ORDER))


def _people(
    matches: dict[tuple[int, int], Match], mine: Sequence[Subject], yours: Sequence[Subject], *, alone: bool
) -> tuple[Found, ...]:
    """Clusters over the pairs that are the same, and what each pair then is."""

    def subject(node: Node) -> Subject:
        return yours[node[1]] if node[0] else mine[node[1]]

    side = 0 if alone else 1
    links = [Link((0, a), (side, b), m.weight) for (a, b), m in matches.items() if m.decision is Decision.SAME]
    people = cluster(links, _Bonds(subject), order=lambda node: (*_content(subject(node)), node))
    found: dict[tuple[int, int], Found] = {}
    for number, group in enumerate(people.members, start=1):
        for first, second in combinations(group, 2):
            if not alone and first[0] == second[0]:
                continue
            (_, a), (_, b) = sorted((first, second))
            own = matches[a, b].probability if (a, b) in matches else 0.0
            found[a, b] = Found(a, b, max(own, probability(people.joined_at[first, second])), Decision.SAME, number)
    for (a, b), match in matches.items():
        if (a, b) not in found:
            found[a, b] = Found(a, b, min(match.probability, JUST_BELOW * SAME_AT), Decision.REVIEW, 0)
    return tuple(found.values())
