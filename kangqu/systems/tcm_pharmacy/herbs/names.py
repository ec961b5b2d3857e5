"""The names herbs go by, each with what it means and how sure we are, made into look-up tables once."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from kangqu.kernel.rules.source import Mark, Source
from kangqu.systems.tcm_pharmacy.herbs.herb import HANDLING_WORDS, Handling
from kangqu.systems.tcm_pharmacy.herbs.letters import initials, spellings
from kangqu.systems.tcm_pharmacy.herbs.table import HERBS, NAMES, rows_of

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
PREFIXES: Final = (
    "麸炒",
    "土炒",
    "米炒",
    "酒炒",
    "蜜炙",
    "姜",
    "炙",
    "炒",
    "制",
    "生",
    "煅",
    "醋",
    "酒",
    "盐",
    "蜜",
    "焦",
    "煨",
    "烫",
    "炮",
    "鲜",
)
"""What is done to a herb before it is dispensed, as it stands before the name."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A name that is not the herb's own: the herb it means, and where that is from."""

    herb: str
    source: Source


@dataclass(frozen=True, slots=True)
class Banned:
    """A name that is refused, why, and what a physician may write instead."""

    name: str
    why: str
    why_en: str
    instead: str
    source: Source


@dataclass(frozen=True, slots=True)
class Supply:
    """What is supplied for a toxic herb written without 生用: ``herb`` is what the doses of, ``supplied`` in words."""

    herb: str
    supplied: str
    source: Source


PROCESSED: Final = "炮制规范（待核）"
"""The document the processed names are from."""


def source_of(block: Mapping[str, Any]) -> Source:
    """Where a block of names.toml is from."""
    return Source(block["document"], "", Mark(block["mark"]))


def tidy(text: str) -> str:
    """``text`` as names are compared: composed, half-width, without blanks and invisible signs."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(each for each in folded if unicodedata.category(each) not in _INVISIBLE)


def without_brackets(text: str) -> tuple[str, tuple[Handling, ...]]:
    """``text`` less a last bracket that holds handling words (附子(先煎)), and the handling they mean."""
    inner, opened, last = text.rpartition("(")
    if not opened or not last.endswith(")"):
        return text, ()
    words = last[:-1].replace("、", ",").replace("，", ",").split(",")
    if last[:-1] in HANDLING_WORDS:
        words = [last[:-1]]
    if not inner or any(word not in HANDLING_WORDS for word in words):
        return text, ()
    return inner, tuple(HANDLING_WORDS[word] for word in words)


def _aliases() -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for block in NAMES["aliases"]:
        for herb, names in block["names"].items():
            for name in names:
                _put(found, name, Meaning(herb, source_of(block)))
    for row in rows_of("processed.csv"):
        _put(found, row["name"], Meaning(row["herb"], Source(PROCESSED, "", Mark(row["mark"]))))
    return found


def _put(found: dict[str, Meaning], name: str, meaning: Meaning) -> None:
    if name in HERBS or name in found or meaning.herb not in HERBS:
        raise ValueError(f"{name} is a herb, is named twice, or means {meaning.herb}, which is none")
    found[name] = meaning


def _ambiguous() -> dict[str, tuple[tuple[str, ...], Source]]:
    return {
        name: (tuple(herbs), source_of(block)) for block in NAMES["ambiguous"] for name, herbs in block["names"].items()
    }


def _banned() -> dict[str, Banned]:
    found: dict[str, Banned] = {}
    for row in NAMES["banned"]:
        entry = Banned(row["name"], row["why"], row["why_en"], row["instead"], source_of(row))
        found |= dict.fromkeys((row["name"], *row["also"]), entry)
    return found


def _alike() -> dict[str, tuple[str, ...]]:
    groups = [group for block in NAMES["distinct"] for group in block["groups"]]
    return {name: tuple(other for other in group if other != name) for group in groups for name in group}


ALIASES: Final = _aliases()
AMBIGUOUS: Final = _ambiguous()
BANNED: Final = _banned()
ALIKE: Final = _alike()
SUPPLY: Final = {row["written"]: Supply(row["herb"], row["supplied"], source_of(row)) for row in NAMES["supply"]}

if any(herb not in HERBS for herbs, _ in AMBIGUOUS.values() for herb in herbs) or any(n not in HERBS for n in ALIKE):
    raise ValueError("names.toml names a herb that the table does not hold")


def meant_by(name: str) -> tuple[str, ...]:
    """The herbs, or the banned name, that a name of any kind means."""
    if name in HERBS:
        return (name,)
    if name in ALIASES:
        return (ALIASES[name].herb,)
    if name in AMBIGUOUS:
        return AMBIGUOUS[name][0]
    return (BANNED[name].name,)


@cache
def by_spelling() -> Mapping[str, tuple[str, ...]]:
    """Full pinyin → what it may mean, of every name of every kind."""
    return _by(spellings, (*HERBS, *ALIASES, *AMBIGUOUS, *BANNED))


@cache
def by_initials() -> Mapping[str, tuple[str, ...]]:
    """Initials → what they may mean, of pharmacopoeia names only: aliases would make every pair of letters a question."""
    return _by(initials, (*(name for name, herb in HERBS.items() if herb.listed), *AMBIGUOUS))


def _by(letters: Any, names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name in names:
        for spelling in letters(name):
            found[spelling] |= dict.fromkeys(meant_by(name))
    return {spelling: tuple(meant) for spelling, meant in found.items()}
