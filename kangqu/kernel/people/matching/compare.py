"""Comparing two subjects, field by field: how well does each agree?

Levels run from 0, the best agreement of a field, downwards; ``MISSING`` where either side has no value. Name and pinyin
are levels of one comparison: a homophone is a weaker agreement on the name, not a second agreement beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from kangqu.kernel.people.matching.names import compare_names, part_level
from kangqu.kernel.people.matching.papers import real_date
from kangqu.kernel.people.matching.rows import Paper, Subject

MISSING: Final = -1

FIELDS: Final = ("given", "surname", "order", "birth", "sex", "address", "phone", "identifier", "mother")
LEVELS: Final[dict[str, tuple[str, ...]]] = {
    "given": ("exact", "close", "similar", "differs"),
    "surname": ("exact", "close", "similar", "differs"),
    "order": ("straight", "crossed"),
    "birth": ("exact", "one slip", "two parts", "differs"),
    "sex": ("exact", "differs"),
    "address": ("exact", "close", "similar", "weak", "differs"),
    "phone": ("exact", "one slip", "differs"),
    "identifier": ("exact", "one slip", "differs"),
    "mother": ("exact", "close", "differs"),
}
GIVEN, SURNAME, ORDER, BIRTH, SEX, ADDRESS, PHONE, IDENTIFIER, MOTHER = range(len(FIELDS))

Levels = tuple[int, ...]


class Conflict(Flag):
    """What forbids calling two rows the same person without a human eye, however well the rest agrees."""

    NONE = 0
    PAPERS = auto()  # two resident numbers that check, and differ; or two that differ under two given names
    GIVEN = auto()  # different given names: brothers, sisters, twins
    SEX = auto()  # different sex
    BIRTH_ORDER = auto()  # 长女 and 次女
    THIN = auto()  # nothing but the name agrees, and a birth date that is not the same
    NUMBER_ALONE = auto()  # a number agrees, and of the other fields more speak against than for
    UNNAMED = auto()  # a newborn without a name of its own: the twin may be called the same


@dataclass(frozen=True, slots=True)
class Comparison:
    """The level of each of ``FIELDS`` and what forbids a merge.

    ``same_paper``: both rows hold one resident number. ``vouched``: they hold one number of another kind, or two
    that are one slip apart and not neighbours in a series, as the numbers of twins often are.
    """

    levels: Levels
    conflicts: Conflict
    same_paper: bool
    vouched: bool


def compare(left: Subject, right: Subject) -> Comparison:
    """Compare two subjects. Symmetric; a missing value is ``MISSING`` and weighs nothing."""
    levels = compare_levels(left, right)
    same_paper = levels[IDENTIFIER] == 0 and left.paper in _RESIDENT
    vouched = not same_paper and levels[IDENTIFIER] in (0, 1) and not _in_series(left, right)
    return Comparison(levels, _conflicts(left, right, levels), same_paper, vouched)


def compare_levels(left: Subject, right: Subject) -> Levels:
    """The level of each of ``FIELDS``."""
    given, surname, order = compare_names(left, right)
    identifier = identifier_level(left, right)
    birth = birth_level(left.birth, right.birth)
    sex = int(left.sex != right.sex) if left.sex and right.sex else MISSING
    if identifier == 0:  # what was read out of the number both hold is not said twice
        birth = MISSING if left.birth_from_paper or right.birth_from_paper else birth
        sex = MISSING if left.sex_from_paper or right.sex_from_paper else sex
    return (
        given,
        surname,
        order,
        birth,
        sex,
        address_level(left, right),
        phone_level(left.phones, right.phones),
        identifier,
        mother_level(left, right),
    )


_RESIDENT: Final = frozenset({Paper.CHECKED, Paper.OLD})


_WORST_FOR: Final = ((GIVEN, 2), (SURNAME, 2), (BIRTH, 2), (ADDRESS, 3), (PHONE, 1), (MOTHER, 1))
"""The worst level of each field that still speaks for one person; anything below speaks against."""
_SUPPORT: Final = ((ADDRESS, 2), (PHONE, 1), (IDENTIFIER, 1), (MOTHER, 1))
"""The fields that bear out a name where the birth date does not, with the worst level that still does."""


def _conflicts(left: Subject, right: Subject, levels: Levels) -> Conflict:
    found = Conflict.NONE
    both_right = left.paper in _RESIDENT and right.paper in _RESIDENT
    both_resident = Paper.OTHER not in (left.paper, right.paper)
    if levels[IDENTIFIER] == 2 and (both_right or (both_resident and levels[GIVEN] == 3)):
        found |= Conflict.PAPERS
    if levels[GIVEN] == 3:
        found |= Conflict.GIVEN
    if levels[SEX] == 1:
        found |= Conflict.SEX
    if left.birth_order and right.birth_order and left.birth_order != right.birth_order:
        found |= Conflict.BIRTH_ORDER
    if left.newborn or right.newborn:
        found |= Conflict.UNNAMED
    if levels[BIRTH] != 0 and not any(-1 < levels[index] <= worst for index, worst in _SUPPORT):
        found |= Conflict.THIN
    if levels[IDENTIFIER] in (0, 1):
        speaking = [levels[index] <= worst for index, worst in _WORST_FOR if levels[index] != MISSING]
        if 2 * sum(speaking) < len(speaking):
            found |= Conflict.NUMBER_ALONE
    return found


@lru_cache(maxsize=65536)
def birth_level(left: str, right: str) -> int:
    """0 the same · 1 one wrong digit, two neighbours transposed, or day and month swapped · 2 two of year, month
    and day agree, or all that is known of an incomplete date · 3 differs."""
    if not left or not right:
        return MISSING
    if left == right:
        return 0
    if len(left) == len(right) == 8:
        return _day_level(left, right)
    return 1 if OSA.distance(left, right, score_cutoff=1) <= 1 else 3


def _day_level(left: str, right: str) -> int:
    years, months, days = left[:4] == right[:4], left[4:6] == right[4:6], left[6:] == right[6:]
    if left.endswith("00") or right.endswith("00"):
        months = months or "00" in (left[4:6], right[4:6])
        return 2 if years and months else 3
    if years and left[4:6] == right[6:] and left[6:] == right[4:6]:
        return 1
    if (years or months or days) and OSA.distance(left, right, score_cutoff=1) <= 1:
        return 1
    return 2 if years + months + days == 2 else 3


def identifier_level(left: Subject, right: Subject) -> int:
    """0 the same number (15 digits equal their 18-character form) · 1 one wrong, lost or added character or two
    neighbours transposed · 2 differs. Numbers of different kinds of paper cannot be compared.

    Two 18-character numbers that both check are never one slip apart: the check digit finds every single slip.
    """
    a, b = left.identifier, right.identifier
    if not a or not b:
        return MISSING
    if a == b:
        return 0
    if left.paper is Paper.CHECKED and right.paper is Paper.CHECKED:
        return 2
    if left.paper is Paper.OLD or right.paper is Paper.OLD:
        a, b = _body(left), _body(right)
        if a == b:
            return 0 if left.paper is right.paper else 1
    if OSA.distance(a, b, score_cutoff=1) <= 1:
        return 1
    if Paper.OTHER in (left.paper, right.paper) and not _alike(a, b):
        return MISSING
    return 2


def _body(subject: Subject) -> str:
    """The digits of a resident number that an old number also has; an old one's check digit was never written."""
    if len(subject.identifier) == 18:
        return (
            subject.identifier[:6] + subject.identifier[8:17]
            if subject.identifier[6:8] == "19"
            else subject.identifier[:17]
        )
    return subject.identifier


TAIL: Final = 2
"""Last characters of a number in which papers issued one after the other differ."""


def _in_series(left: Subject, right: Subject) -> bool:
    """Whether two numbers may have been issued one after the other; resident numbers always may."""
    if left.paper is not Paper.OTHER or right.paper is not Paper.OTHER:
        return True
    a, b = left.identifier, right.identifier
    return a != b and (len(a) != len(b) or a[:-TAIL] == b[:-TAIL])


@lru_cache(maxsize=65536)
def _alike(left: str, right: str) -> bool:
    """Whether two numbers can be of one kind of paper: the same places of letters, about the same length."""
    if abs(len(left) - len(right)) > 1:
        return False
    return left.isdigit() == right.isdigit() and left[0].isdigit() == right[0].isdigit()


def phone_level(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """0 a number in common (a missing area code is no difference) · 1 one slip apart · 2 none in common."""
    if not left or not right:
        return MISSING
    best = 2
    for a in left:
        for b in right:
            if a == b or (min(len(a), len(b)) >= 7 and (a.endswith(b) or b.endswith(a))):
                return 0
            if len(a) >= 7 and OSA.distance(a, b, score_cutoff=1) <= 1:
                best = 1
    return best


def address_level(left: Subject, right: Subject) -> int:
    """0 the same · 1 nearly the same words and no house number against another · 2 similar · 3 weakly · 4 differs."""
    a, b = left.address, right.address
    if not a or not b:
        return MISSING
    if a == b:
        return 0
    score = fuzz.ratio(a, b)
    if score < 90:
        score = max(score, fuzz.token_sort_ratio(a, b))
        if min(len(a), len(b)) >= 6 and not a.isascii():
            score = max(score, 0.95 * fuzz.partial_ratio(a, b))
    if score < 70:
        return 3 if score >= 55 else 4
    mine, yours = set(left.house_numbers), set(right.house_numbers)
    return 1 if score >= 85 and (mine <= yours or yours <= mine) else 2


def mother_level(left: Subject, right: Subject) -> int:
    """0 the mother's name is the same · 1 it sounds the same or is one slip apart · 2 differs."""
    if not left.mother or not right.mother:
        return MISSING
    if left.mother == right.mother:
        return 0
    if left.mother_sound == right.mother_sound:
        return 1
    short = min(len(left.mother), len(right.mother))
    return 1 if short >= 5 and OSA.distance(left.mother, right.mother, score_cutoff=1) <= 1 else 2


__all__ = ["FIELDS", "LEVELS", "MISSING", "Comparison", "Conflict", "Levels", "compare", "part_level", "real_date"]
