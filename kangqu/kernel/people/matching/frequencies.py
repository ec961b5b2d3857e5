"""How common a value is: agreeing on 王 says less than agreeing on 亓官."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log2
from typing import Final, Protocol

from kangqu.kernel.people.matching import chinese
from kangqu.kernel.people.matching.compare import (
    ADDRESS,
    BIRTH,
    GIVEN,
    IDENTIFIER,
    MOTHER,
    ORDER,
    PHONE,
    SURNAME,
    Levels,
)
from kangqu.kernel.people.matching.rows import Part, Subject
from kangqu.kernel.people.matching.weights import Weights, published

COUNTED: Final = (GIVEN, SURNAME, BIRTH, ADDRESS, PHONE, IDENTIFIER, MOTHER)
RAREST: Final = 0.1
"""An agreement on a rare value counts as if the value were at most this much rarer than usual."""
TRUST: Final = 50
"""The counts of a list are blended with the usual share as if this many more rows had shown it."""


class Frequencies(Protocol):
    """The share of people who have a value. ``usual`` is the chance that two strangers agree on the field."""

    def share(self, field: int, value: str, usual: float) -> float: ...


def values(subject: Subject) -> tuple[tuple[int, str], ...]:
    """The values of a subject whose frequency matters, as (field, value)."""
    found = [
        (GIVEN, subject.given.text),
        (SURNAME, subject.surname.text),
        (BIRTH, subject.birth),
        (ADDRESS, subject.address),
        (IDENTIFIER, subject.identifier),
        (MOTHER, subject.mother),
        *((PHONE, phone) for phone in subject.phones),
    ]
    return tuple(pair for pair in found if pair[1])


class ListFrequencies:
    """Shares counted in the list itself, the two rows at hand left out."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self.rows = 0
        self.counts: Counter[tuple[int, str]] = Counter()
        for subject in subjects:
            self.rows += 1
            self.counts.update(values(subject))

    def share(self, field: int, value: str, usual: float) -> float:
        others = max(self.counts[field, value] - 2, 0)
        return (others + TRUST * usual) / (max(self.rows - 2, 0) + TRUST)


class IndexFrequencies:
    """Shares of the published tables: surnames by name, given names by length; other values as usual."""

    def share(self, field: int, value: str, usual: float) -> float:
        table = published()["frequency"]
        if field == SURNAME and chinese.has_han(value):
            return chinese.surname_share(value) or table["surname_other"]
        if field == GIVEN and chinese.has_han(value):
            return table["given_by_length"][min(len(value), 3) - 1]
        return usual


def rarity(left: Subject, right: Subject, levels: Levels, weights: Weights, shares: Frequencies) -> list[float]:
    """For each field agreeing exactly, the bits its value is worth beyond a usual one; 0 elsewhere."""
    bits = [0.0] * len(levels)
    crossed = levels[ORDER] == 1
    for index in COUNTED:
        if levels[index] != 0:
            continue
        usual = _usual(weights, index)
        share = max(
            (shares.share(*asked, usual) for asked in _agreed(index, left, right, crossed=crossed)), default=usual
        )
        bits[index] = log2(usual / max(share, RAREST * usual))
    return bits


_NAMES: Final = ("given", "surname", "order", "birth", "sex", "address", "phone", "identifier", "mother")


def _usual(weights: Weights, index: int) -> float:
    return max(weights.u[_NAMES[index]][0], 1e-9)


def _agreed(index: int, left: Subject, right: Subject, *, crossed: bool) -> Iterable[tuple[int, str]]:
    """The (field, value) pairs two subjects agree on in a field; of crossed names, in either place."""
    if index in (GIVEN, SURNAME):
        if not crossed:
            return _same(
                index, left.given if index == GIVEN else left.surname, right.given if index == GIVEN else right.surname
            )
        shared = {left.given.text, left.surname.text} & {right.given.text, right.surname.text} - {""}
        return [(place, text) for text in sorted(shared) for place in (GIVEN, SURNAME)]
    if index == BIRTH:
        return [(BIRTH, left.birth)]
    if index == ADDRESS:
        return [(ADDRESS, left.address)]
    if index == IDENTIFIER:
        return [(IDENTIFIER, left.identifier)]
    if index == MOTHER:
        return [(MOTHER, left.mother)]
    return [(PHONE, phone) for phone in left.phones if phone in right.phones]


def _same(index: int, left: Part, right: Part) -> Iterable[tuple[int, str]]:
    return [(index, left.text)] if left.text == right.text else []
