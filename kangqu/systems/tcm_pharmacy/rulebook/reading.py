"""What is asked of the tables: one rule with its versions, one herb with everything said of it, herbs by any name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from kangqu.kernel.rules.table import Row
from kangqu.systems.tcm_pharmacy.herbs import BANNED, HERBS, Answer, resolve, suggest
from kangqu.systems.tcm_pharmacy.herbs.letters import as_letters, initials, readings, spellings
from kangqu.systems.tcm_pharmacy.herbs.names import ALIASES, tidy
from kangqu.systems.tcm_pharmacy.herbs.resolving import LONGEST
from kangqu.systems.tcm_pharmacy.herbs.table import IN_FORCE_FROM
from kangqu.systems.tcm_pharmacy.review.book import tables
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry
from kangqu.systems.tcm_pharmacy.rulebook.gaps import Gap, gaps_of
from kangqu.systems.tcm_pharmacy.rulebook.ruled import of_code, of_pair, of_rule
from kangqu.systems.tcm_pharmacy.rulebook.sentences import BLANKS, conditions, figures
from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES, Table, entries_on

_MAKERS: Final[tuple[Callable[[Row, date], Entry], ...]] = (lambda row, _day: of_rule(row), of_pair, of_code)
"""What makes an entry of a row of each of the review's tables."""
MOST: Final = 40
"""Herbs listed for what was typed."""


@dataclass(frozen=True, slots=True)
class RuleRead:
    """A rule on a day: ``entry`` is its version in force, or the latest where ``in_force`` is not so.

    ``versions`` are all of them, ``figures`` (Chinese, English, value) and
    ``conditions`` (Chinese, English) those of ``entry``; ``tables`` are what it
    stands in or judges by.
    """

    entry: Entry
    in_force: bool
    versions: tuple[Entry, ...]
    figures: tuple[tuple[str, str, str], ...]
    conditions: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class HerbRead:
    """A herb on a day: what each table says of it, who opposes it (herb, by which row), and what nothing here says."""

    name: str
    pinyin: str
    listed: bool
    said: tuple[tuple[Table, tuple[Entry, ...]], ...]
    opponents: tuple[tuple[str, Entry], ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Herbs for what was typed: (herb, the name that was found). ``several``: the name itself means more than one."""

    herbs: tuple[tuple[str, str], ...]
    several: bool = False
    taken_for: str = ""


def rule_on(rule: str, day: date) -> RuleRead | None:
    """The rule, pair or shape of code of that id; None where there never was one."""
    for rows, make in zip(tables(), _MAKERS, strict=True):
        versions = sorted((row for row in rows if row.id == rule), key=lambda row: row.starts)
        if versions:
            current = _current(versions, day)
            made = tuple(make(row, max(day, row.starts)) for row in versions)
            return RuleRead(
                entry=made[versions.index(current)],
                in_force=current.in_force(day),
                versions=made,
                figures=figures(current),
                conditions=conditions(current),
                tables=tuple(table for table in TABLES if _uses(table, rule, day)),
            )
    return None


def _current(versions: list[Row], day: date) -> Row:
    return next((row for row in versions if row.in_force(day)), versions[-1])


def _uses(table: Table, rule: str, day: date) -> bool:
    return rule in table.rules or any(rule in (entry.id, entry.rule) for entry in entries_on(table.key, day))


def herb_on(name: str, day: date) -> HerbRead | None:
    """Everything the house knows of the herb, by its own name or an alias, or of a banned name; None for any other."""
    own = ALIASES[name].herb if name in ALIASES else BANNED[name].name if name in BANNED else name
    herb = HERBS.get(own)
    if herb is None and own not in BANNED:
        return None
    opponents = tuple(_opponents(herb.kin if herb is not None else frozenset({own}), day))
    return HerbRead(
        name=own,
        pinyin=" ".join(sorted(readings(own))[0]),
        listed=herb is not None and herb.listed and day >= IN_FORCE_FROM,
        said=tuple(_said(own, day)),
        opponents=opponents,
        gaps=gaps_of(herb, day, opposed=bool(opponents)),
    )


def _said(name: str, day: date) -> Iterator[tuple[Table, tuple[Entry, ...]]]:
    """Every table's rows about a herb; a rule told by a row of its own is not told again among the rules."""
    told: set[str] = set()
    for table in TABLES:
        found = [each for each in entries_on(table.key, day) if each.speaks_of((name,)) and not table.paired]
        told |= {each.rule for each in found if not table.by_rule}
        if kept := tuple(_of(each, name) for each in found if not (table.by_rule and each.id in told)):
            yield table, kept


def _of(entry: Entry, name: str) -> Entry:
    """The entry with the herb's name where its sentence leaves it blank."""
    zh, en = BLANKS["herbs"]
    return replace(entry, zh=entry.zh.replace(zh, name), en=entry.en.replace(en, "this herb"))


def _opponents(kin: frozenset[str], day: date) -> list[tuple[str, Entry]]:
    """Whom the review sets against a herb known by the names ``kin``: the other side of a group, with its forms."""
    found = []
    for key in ("eighteen", "nineteen"):
        for entry in entries_on(key, day):
            for side, other in ((entry.herbs, entry.against), (entry.against, entry.herbs)):
                if not kin.isdisjoint(side):
                    found += [(each, entry) for each in (*other, *_forms(other))]
    return list(dict.fromkeys(found))


def _forms(names: tuple[str, ...]) -> list[str]:
    return [herb.name for herb in HERBS.values() if herb.base in names and herb.name not in names]


def find(typed: str) -> Found:
    """The herbs that ``typed`` may mean: its meaning first, then what begins with it or contains it, then banned names."""
    typed = typed[:LONGEST].strip()
    if not typed:
        return Found(())
    meant = resolve(typed)
    herbs: dict[str, str] = {}
    for name in (meant.herb.name,) if meant.herb else meant.candidates:
        herbs[name] = typed
    for each in suggest(typed, limit=MOST):
        herbs.setdefault(each.herb.name, each.matched)
    for name in _refused(typed):
        herbs.setdefault(BANNED[name].name, name)
    taken_for = meant.herb.name if meant.herb is not None and meant.herb.name != tidy(typed) else ""
    return Found(tuple(herbs.items())[:MOST], meant.answer is Answer.AMBIGUOUS, taken_for)


def _refused(typed: str) -> list[str]:
    name, letters = tidy(typed), as_letters(typed)
    if letters:
        return [each for each in BANNED if letters in spellings(each) | initials(each)]
    return [each for each in BANNED if name and name in each]
