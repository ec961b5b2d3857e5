"""From what a prescriber wrote to exactly one herb, or to a question, or to "not known". Nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from kangqu.kernel.rules.source import Source
from kangqu.systems.tcm_pharmacy.herbs.herb import Handling, Herb
from kangqu.systems.tcm_pharmacy.herbs.letters import as_letters
from kangqu.systems.tcm_pharmacy.herbs.names import (
    ALIASES,
    ALIKE,
    AMBIGUOUS,
    BANNED,
    PREFIXES,
    SUPPLY,
    Banned,
    Supply,
    by_initials,
    by_spelling,
    tidy,
    without_brackets,
)
from kangqu.systems.tcm_pharmacy.herbs.table import HERBS

LONGEST: Final = 60


class Answer(StrEnum):
    """What became of a written name."""

    ONE = "one"
    AMBIGUOUS = "ambiguous"  # ask: one of ``candidates``
    UNKNOWN = "unknown"  # not covered, which is never "safe"
    BANNED = "banned"  # refused


class Via(StrEnum):
    """How a name was understood."""

    NAME = "name"
    ALIAS = "alias"
    PINYIN = "pinyin"
    INITIALS = "initials"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a written name means.

    ``herb`` with ``Answer.ONE`` only; ``candidates`` are names to ask with; ``handling`` stood in brackets behind the
    name; ``supply`` says what is supplied where a toxic herb was written without 生用; ``not_to_be_merged`` are herbs
    easily taken for this one; ``source`` says where an alias, a question or a ban is from.
    """

    written: str
    answer: Answer
    herb: Herb | None = None
    candidates: tuple[str, ...] = ()
    via: Via = Via.NONE
    handling: tuple[Handling, ...] = ()
    supply: Supply | None = None
    banned: Banned | None = None
    source: Source | None = None
    not_to_be_merged: tuple[str, ...] = field(default=())


@lru_cache(maxsize=4096)
def resolve(written: str) -> Resolution:
    """The herb that ``written`` means: by pharmacopoeia name, alias, full pinyin or initials."""
    if len(written) > LONGEST:
        return Resolution(written[:LONGEST], Answer.UNKNOWN)
    name = tidy(written)
    found = _by_name(written, name, ())
    if found is None:
        inner, handling = without_brackets(name)
        found = _by_name(written, inner, handling) if handling else None
    return found or _by_letters(written) or _by_processing(written, name)


def _by_name(written: str, name: str, handling: tuple[Handling, ...]) -> Resolution | None:
    if name in BANNED:
        banned = BANNED[name]
        return Resolution(written, Answer.BANNED, banned=banned, source=banned.source, handling=handling)
    if name in SUPPLY:
        supply = SUPPLY[name]
        return _one(written, supply.herb, Via.NAME, handling, supply=supply)
    if name in HERBS:
        return _one(written, name, Via.NAME, handling)
    if name in ALIASES:
        meaning = ALIASES[name]
        return _one(written, meaning.herb, Via.ALIAS, handling, source=meaning.source)
    if name in AMBIGUOUS:
        candidates, source = AMBIGUOUS[name]
        return Resolution(written, Answer.AMBIGUOUS, candidates=candidates, source=source, handling=handling)
    return None


def _one(
    written: str,
    name: str,
    via: Via,
    handling: tuple[Handling, ...] = (),
    *,
    supply: Supply | None = None,
    source: Source | None = None,
) -> Resolution:
    herb = HERBS[name]
    return Resolution(
        written,
        Answer.ONE,
        herb=herb,
        via=via,
        handling=handling,
        supply=supply,
        source=source or herb.source,
        not_to_be_merged=ALIKE.get(name, ()),
    )


def _by_letters(written: str) -> Resolution | None:
    letters = as_letters(written)
    if not letters:
        return None
    for table, via in ((by_spelling(), Via.PINYIN), (by_initials(), Via.INITIALS)):
        meant = table.get(letters, ())
        if len(meant) > 1:
            return Resolution(written, Answer.AMBIGUOUS, candidates=meant, via=via)
        if meant and meant[0] in BANNED:
            return Resolution(written, Answer.BANNED, banned=BANNED[meant[0]], via=via, source=BANNED[meant[0]].source)
        if meant:
            supply = SUPPLY.get(meant[0])
            return _one(written, supply.herb if supply else meant[0], via, supply=supply)
    return Resolution(written, Answer.UNKNOWN)


def _by_processing(written: str, name: str) -> Resolution:
    """A processed name no row holds is asked back with the herbs it may be a form of; never taken as one of them."""
    for prefix in PREFIXES:
        rest = name.removeprefix(prefix)
        if rest == name or not rest:
            continue
        meant = _by_name(written, rest, ())
        if meant is None or meant.answer is Answer.BANNED:
            continue
        base = (meant.herb.name,) if meant.herb else meant.candidates
        forms = tuple(
            form for each in base for form in (f"炙{each}", f"制{each}", f"炒{each}", f"焦{each}") if form in HERBS
        )
        return Resolution(written, Answer.AMBIGUOUS, candidates=tuple(dict.fromkeys((*base, *forms))))
    return Resolution(written, Answer.UNKNOWN)
