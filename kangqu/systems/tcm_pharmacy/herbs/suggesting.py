"""Suggestions while a name is typed: herbs whose name, alias, pinyin or initials begin with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from kangqu.systems.tcm_pharmacy.herbs.herb import Herb
from kangqu.systems.tcm_pharmacy.herbs.letters import as_letters, initials, spellings
from kangqu.systems.tcm_pharmacy.herbs.names import ALIASES, ALIKE, tidy
from kangqu.systems.tcm_pharmacy.herbs.resolving import LONGEST
from kangqu.systems.tcm_pharmacy.herbs.table import HERBS


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A herb to offer; ``matched`` is the name that was found, its own or an alias."""

    herb: Herb
    matched: str
    not_to_be_merged: tuple[str, ...] = ()


@cache
def _entries() -> tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]:
    """(name found, herb, spellings, initials), pharmacopoeia names first, then by pinyin."""
    named = [(name, name) for name in HERBS] + [(name, meaning.herb) for name, meaning in ALIASES.items()]
    entries = [(name, herb, tuple(sorted(spellings(name))), tuple(sorted(initials(name)))) for name, herb in named]
    return tuple(sorted(entries, key=lambda entry: (entry[0] != entry[1], not HERBS[entry[1]].listed, entry[2])))


def suggest(typed: str, *, limit: int = 10) -> tuple[Suggestion, ...]:
    """At most ``limit`` herbs for ``typed``: exact first, then by the beginning, then by what the name contains."""
    name = tidy(typed)[:LONGEST]
    if not name or limit < 1:
        return ()
    letters = as_letters(typed[:LONGEST])
    ranked: list[tuple[int, int, str, str]] = []
    for place, (found, herb, full, first) in enumerate(_entries()):
        rank = _rank_of_letters(letters, full, first) if letters else _rank_of_name(name, found)
        if rank is not None:
            ranked.append((rank, place, found, herb))
    best: dict[str, str] = {}
    for _, _, found, herb in sorted(ranked):
        best.setdefault(herb, found)
    chosen = list(best.items())[:limit]
    return tuple(Suggestion(HERBS[herb], found, ALIKE.get(herb, ())) for herb, found in chosen)


def _rank_of_name(name: str, found: str) -> int | None:
    if name == found:
        return 0
    if found.startswith(name):
        return 1
    return 2 if name in found else None


def _rank_of_letters(letters: str, full: tuple[str, ...], first: tuple[str, ...]) -> int | None:
    if letters in full or letters in first:
        return 0
    if any(each.startswith(letters) for each in first):
        return 1
    return 2 if any(each.startswith(letters) for each in full) else None
