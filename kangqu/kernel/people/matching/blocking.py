"""Which pairs are worth comparing: keys that two rows of one person almost surely share.

``blocking_keys`` gives the few keys under which a resident is found in the database by equality; ``candidate_pairs``
finds the pairs of a whole list, where keys cost nothing to store and there can be many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from kangqu.kernel.people.matching.chinese import fuzzy_sound
from kangqu.kernel.people.matching.rows import Paper, Part, Subject

Pairs = npt.NDArray[np.int64]

RESIDENT: Final = frozenset({Paper.CHECKED, Paper.OLD, Paper.DAMAGED})


def blocking_keys(subject: Subject) -> list[str]:
    """The keys under which a subject is stored and looked up; two rows of one person share at least one.

    Each is ``kind:value``; store them beside the person and look up by equality with any of them. They hold parts of
    numbers and names, so where those are sealed at rest the caller stores a keyed hash (blind index) of each key.

    ===== ========================================= ==============================================================
    kind  value                                     finds
    ===== ========================================= ==============================================================
    id    document number                           the document as written, 15 digits as 18
    it    resident number: birth date and last four one slip in the region digits
    ir    resident number: region and last four     one slip in the birth date
    in    resident number: region, date, name sound one slip in the last four
    ph    telephone number                          everything else wrong or missing
    nb    sound of the name and birth date          no document, name written another way
    sb    sound of the surname, birth date, sex     given name written wrongly
    gb    sound of the given name and birth date    surname changed, missing, or in the other place
    nm    sound of the whole name and birth year    a slip in month or day
    mb    mother's name and birth date              newborns
    ===== ========================================= ==============================================================

    Sounds are toneless pinyin with the mergers of accents folded (zh/z, n/ng, n/l), so that one key serves
    homophones, Latin spelling and swapped order. What shares none: a person without document and telephone of whom
    name and birth date are both wrong; docs/algorithms/matching.md has the measured recall.
    """
    keys = [f"ph:{phone}" for phone in subject.phones]
    number, birth, year = subject.identifier, subject.birth, subject.birth[:4]
    given, surname = key_sound(subject.given), key_sound(subject.surname)
    whole = "".join(sorted((given, surname))) if given and surname else given or surname
    if number:
        keys.append(f"id:{number}")
    if len(number) == 18 and subject.paper in RESIDENT:
        keys += [f"it:{number[6:17]}", f"ir:{number[:6]}{number[14:17]}{surname}", f"in:{number[:14]}{whole}"]
    if birth:
        keys += [f"nb:{birth}{whole}"] if given and surname else []
        keys += [f"sb:{birth}{surname}{subject.sex}"] if surname and subject.sex else []
        keys += [f"gb:{birth}{part}" for part in {given, surname} if part]
        keys += [f"mb:{birth}{subject.mother_sound}"] if subject.mother else []
        keys += [f"nm:{whole}{year}"] if given and surname else []
    return sorted(set(keys))


def key_sound(part: Part) -> str:
    """A part of a name as it sounds: its letters in order of the alphabet, the mergers of accents folded.

    So the key is one for homophones, for Latin spelling and for characters that changed places.
    """
    sound = part.spoken
    for full, short in _MERGED:
        sound = sound.replace(full, short)
    return "".join(sorted(sound))


_MERGED: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"))


def list_sound(part: Part) -> str:
    """A part of a name as it sounds, the order of Han characters forgotten, Latin letters as they stand."""
    return "".join(sorted(map(fuzzy_sound, part.sound))) if part.han else part.text


BLOCK: Final = 40
"""Rows under one key that are still compared each with each; a fuller key is split by a second key."""
WEAK: Final = 10
"""The same for traits that are weak by themselves: a word of the address, one part of a name, part of a date."""
PER_ROW: Final = 60
"""Candidate pairs per row at which further, weaker keys are no longer used."""


def traits(subject: Subject) -> dict[str, list[str]]:
    """Everything a row of a list can be found by, in kinds. One slip anywhere leaves most of them standing."""
    birth, number = subject.birth, subject.identifier
    names = [sound for part in (subject.given, subject.surname) if (sound := list_sound(part))]
    found: dict[str, list[str]] = {
        "id": [number] if number else [],
        "ph": list(subject.phones),
        "ad": [subject.address] if subject.address else [],
        "bi": [birth] if birth else [],
        "na": ["".join(sorted(names))] if len(names) > 1 else [],
        "mo": [subject.mother_sound] if subject.mother else [],
    }
    found["ix"] = [number[:i] + number[i + 1 :] for i in range(len(number))] if number else []
    found["wd"] = [word for word in set(subject.address.split()) if len(word) > 1]
    found["nx"] = (
        names + [sound[:4] for sound in names if len(sound) > 5] + [sound[-4:] for sound in names if len(sound) > 5]
    )
    if len(birth) == 8:
        found["bx"] = [
            birth[:6] + "..",
            birth[:4] + ".." + birth[6:],
            "...." + birth[4:],
            birth[:4] + birth[6:] + birth[4:6],
        ]
    if len(subject.address) > 8 and not subject.address.isascii():
        found["hx"] = ["-".join(subject.house_numbers)] if len(subject.house_numbers) > 1 else []
    return found


_STRONG: Final = ("id", "ph", "bi", "na", "ad", "mo", "ix")
_WEAK: Final = ("bx", "hx", "wd", "nx")
_TOGETHER: Final = (
    ("na", "bx"), ("nx", "bi"), ("nx", "bx"), ("nx", "wd"), ("bi", "wd"), ("bx", "wd"), ("nx", "nx"), ("wd", "wd"),
    ("nx", "hx"), ("ph", "nx"), ("ad", "nx"), ("mo", "bx"),
)  # fmt: skip


def candidate_pairs(
    left: Sequence[Subject],
    right: Sequence[Subject] | None = None,
    *,
    heard: Callable[[str], None] = lambda word: None,
) -> Pairs:
    """Pairs of places worth comparing, as an array of (left, right): within ``left``, or between the two lists.

    Every trait whose block is small enough stands alone; fuller ones are used two at a time. The work and the memory
    grow with the number of rows: a block holds at most ``BLOCK`` rows a side, a row at most about ``PER_ROW`` pairs.
    """
    rows = [traits(subject) for subject in left]
    others = None if right is None else [traits(subject) for subject in right]
    total = len(rows) + (len(others) if others is not None else 0)
    width = len(rows) if others is None else len(others)
    found = np.empty(0, dtype=np.int64)
    for kinds in (*((kind,) for kind in _STRONG), *_TOGETHER, *((kind,) for kind in _WEAK)):
        fullest = WEAK if kinds[0] in _WEAK and len(kinds) == 1 else BLOCK
        fresh = np.fromiter(_pairs_by(kinds, rows, others, width, fullest), dtype=np.int64)
        found = _union(found, fresh)
        heard("+".join(kinds))
        if len(found) > PER_ROW * total:
            break
    return np.stack((found // max(width, 1), found % max(width, 1)), axis=1)


def _union(known: Pairs, fresh: Pairs) -> Pairs:
    """Both arrays' numbers once each, in order."""
    together = np.sort(np.concatenate((known, fresh)))
    return together[np.insert(together[1:] != together[:-1], 0, True)] if len(together) else together


def _pairs_by(
    kinds: tuple[str, ...],
    rows: list[dict[str, list[str]]],
    others: list[dict[str, list[str]]] | None,
    width: int,
    fullest: int,
) -> Iterator[int]:
    mine = _blocks(kinds, rows)
    if others is None:
        for places in mine.values():
            if 1 < len(places) <= fullest:
                for first, second in combinations(places, 2):
                    yield first * width + second
        return
    yours = _blocks(kinds, others)
    for key, places in mine.items():
        facing = yours.get(key, [])
        if facing and len(places) * len(facing) <= fullest * fullest // 2:
            for first in places:
                for second in facing:
                    yield first * width + second


def _blocks(kinds: tuple[str, ...], rows: list[dict[str, list[str]]]) -> dict[str, list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for place, row in enumerate(rows):
        for key in _keys(kinds, row):
            counts[key] += 1
            if counts[key] <= BLOCK * BLOCK:
                blocks[key].append(place)
    return blocks


def _keys(kinds: tuple[str, ...], row: dict[str, list[str]]) -> set[str]:
    first = row.get(kinds[0], [])
    if len(kinds) == 1:
        return set(first)
    if kinds[0] == kinds[1]:
        return {f"{a}|{b}" for a, b in combinations(sorted(set(first)), 2)}
    return {f"{a}|{b}" for a in first for b in row.get(kinds[1], [])}
