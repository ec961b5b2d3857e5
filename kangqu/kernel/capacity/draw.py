"""The draw of a release: who gets what, from the published list and seed alone. Pure, so that anybody may run it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who asks: ``wishes`` are places in order of preference; ``household`` is any name that its members share."""

    code: str
    wishes: tuple[str, ...]
    household: str = ""


def digest_of(seed: str) -> str:
    """What is published of the seed before the first entry: SHA-256 of its UTF-8 bytes, in hexadecimal."""
    return sha256(seed.encode()).hexdigest()


def in_order(entries: Iterable[Entry], seed: str) -> list[Entry]:
    """The entries in the order of the draw: by SHA-256 of seed, a colon and the entry's code."""
    return sorted(entries, key=lambda each: (sha256(f"{seed}:{each.code}".encode()).digest(), each.code))


def draw(entries: Iterable[Entry], places: Mapping[str, int], seed: str, *, of_household: int) -> dict[str, str]:
    """Which place each entry is given, by code; who is given none is not in it.

    In the order of the draw each gets the first of its wishes that is left, at most ``of_household`` a household. The order the entries
    come in, and how often one is listed, change nothing.
    """
    left, households, given = Counter(dict(places)), Counter[str](), dict[str, str]()
    for each in in_order({entry.code: entry for entry in entries}.values(), seed):
        if each.household and households[each.household] >= of_household:
            continue
        place = next((wish for wish in each.wishes if left[wish] > 0), None)
        if place is not None:
            left[place] -= 1
            households[each.household] += bool(each.household)
            given[each.code] = place
    return given
