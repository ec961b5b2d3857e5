"""Comparing names: Chinese by character, sound and shape, Latin by edits, and parts that changed places."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from kangqu.kernel.people.matching import chinese
from kangqu.kernel.people.matching.rows import Part, Subject

MISSING: Final = -1
EXACT, CLOSE, SIMILAR, DIFFERS = range(4)
_COST: Final = {EXACT: 0.0, CLOSE: 1.0, SIMILAR: 2.5, DIFFERS: 4.0, MISSING: 2.0}


def compare_names(left: Subject, right: Subject) -> tuple[int, int, int]:
    """Levels of given name, surname and order (0 straight, 1 crossed: given name and surname changed places)."""
    if left.full == right.full and left.full:
        return EXACT, MISSING if not left.surname.text or not right.surname.text else EXACT, 0
    if _rotated(left, right):
        return EXACT, EXACT, 1
    given, surname = part_level(left.given, right.given), part_level(left.surname, right.surname)
    if given <= CLOSE and surname <= CLOSE and given + surname >= 0:
        return given, surname, 0 if MISSING not in (given, surname) else MISSING
    first, second = part_level(left.given, right.surname), part_level(left.surname, right.given)
    crossed = _COST[first] + _COST[second]
    if min(first, second) <= CLOSE and max(first, second) >= 0 and crossed + 1 < _COST[given] + _COST[surname]:
        low, high = sorted((first, second))
        if MISSING < low <= CLOSE or high <= CLOSE:
            return low, high, 1
    return given, surname, 0 if MISSING not in (given, surname) else MISSING


def _rotated(left: Subject, right: Subject) -> bool:
    """Whether the whole names are the same letters begun at another word: Wang Xiaoming, Xiaoming Wang."""
    a, b = left.full, right.full
    return len(a) == len(b) >= 5 and a.isascii() and b in a + a


def part_level(left: Part, right: Part) -> int:
    """0 the same · 1 close · 2 similar · 3 differs, for one part of a name.

    Close: characters that sound the same with their tones or look alike, the same characters in another order, one
    slip or a Jaro-Winkler similarity of 0.93 in Latin letters. Similar: the same sound but for tone and accent
    (zh/z, n/ng, n/l), the same sounds in another order, one is the beginning or end of the other, an initial, Jaro-Winkler 0.84.
    A given name of one character inside one of two is a different name: 李杰 and 李福杰 are brothers.
    """
    if not left.text or not right.text:
        return MISSING
    if left.text == right.text:
        return EXACT
    if left.han and right.han:
        return _han_level(left, right)
    if left.han or right.han:
        return CLOSE if left.spoken == right.spoken else min(_latin_level(left.spoken, right.spoken) + 1, DIFFERS)
    return _latin_level(left.text, right.text)


def _han_level(left: Part, right: Part) -> int:
    a, b = left.text, right.text
    if len(a) != len(b):
        short, long = sorted((a, b), key=len)
        if len(short) >= 3 and OSA.distance(a, b, score_cutoff=1) <= 1:
            return CLOSE
        return SIMILAR if len(short) >= 3 and (long.startswith(short) or long.endswith(short)) else DIFFERS
    if len(a) > 1 and sorted(a) == sorted(b):
        return CLOSE
    if len(a) > 1 and sorted(left.sound) == sorted(right.sound) and left.sound != right.sound:
        return SIMILAR
    level = CLOSE
    for index, (x, y) in enumerate(zip(a, b, strict=True)):
        if x == y or chinese.look_alike(x, y) or _at(left.tone, index) == _at(right.tone, index):
            continue
        if chinese.fuzzy_sound(_at(left.sound, index)) != chinese.fuzzy_sound(_at(right.sound, index)):
            return CLOSE if len(a) >= 4 and OSA.distance(a, b, score_cutoff=1) <= 1 else DIFFERS
        level = SIMILAR
    return level


def _at(sounds: tuple[str, ...], index: int) -> str:
    return sounds[index] if index < len(sounds) else ""


@lru_cache(maxsize=1 << 18)
def _latin_level(a: str, b: str) -> int:
    short = min(len(a), len(b))
    if short == 1:
        return SIMILAR if a[0] == b[0] else DIFFERS
    likeness = JaroWinkler.similarity(a, b)
    if likeness >= 0.93 or (short >= 4 and OSA.distance(a, b, score_cutoff=1) <= 1):
        return CLOSE
    if likeness >= 0.84 or (short >= 3 and (a.startswith(b) or b.startswith(a))):
        return SIMILAR
    return DIFFERS
