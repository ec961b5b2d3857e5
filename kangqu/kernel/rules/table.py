"""Rule tables kept as data: every row with its document, mark and dates, judged with what matched and what was missing.

A package keeps them in a TOML file beside its code; what the head says holds for every row that does not say otherwise::

    document = "处方管理办法（卫生部令第53号）"
    mark = "B"
    starts = 2007-05-01

    [[rule]]
    id = "RX2"
    clause = "第十九条"
    most_days = 7

    [[rule]]
    id = "GLAUCOMA"
    when = { glaucoma = true, age_years = { at_least = 18 } }

Fields the table itself does not know are the row's own. ``when`` asks for a fact to equal a value, or to be ``at_least``
or ``below`` a number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from kangqu.kernel.rules.source import Mark, Source

_OURS: Final = frozenset({"id", "document", "clause", "version", "mark", "starts", "ends", "when"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``fields`` are its own, ``when`` the facts under which it holds; in force in [``starts``, ``ends``)."""

    id: str
    source: Source
    starts: date
    ends: date | None
    version: str
    when: Mapping[str, Any]
    fields: Mapping[str, Any]

    def in_force(self, on: date) -> bool:
        return self.starts <= on and (self.ends is None or on < self.ends)

    def lacks(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """The facts this row asks for and that are not known."""
        return tuple(name for name in self.when if facts.get(name) is None)

    def holds(self, facts: Mapping[str, Any]) -> bool | None:
        """Whether the facts are as ``when`` asks; None when one of them is missing and none of the others refutes it."""
        known = [name for name in self.when if facts.get(name) is not None]
        if not all(_as_asked(facts[name], self.when[name]) for name in known):
            return False
        return True if len(known) == len(self.when) else None


def _as_asked(value: Any, asked: Any) -> bool:
    if not isinstance(asked, Mapping):
        return bool(value == asked)
    low, high = asked.get("at_least"), asked.get("below")
    return (low is None or value >= low) and (high is None or value < high)


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """The rows that held, and those that could not be judged, each with the facts it lacks."""

    matched: tuple[Row, ...]
    unjudged: tuple[tuple[Row, tuple[str, ...]], ...]


def judge_rows(rows: Iterable[Row], facts: Mapping[str, Any]) -> RowVerdict:
    """Hold ``facts`` against every row; a missing fact is reported, never taken as normal."""
    matched, unjudged = [], []
    for row in rows:
        answer = row.holds(facts)
        if answer:
            matched.append(row)
        elif answer is None:
            unjudged.append((row, row.lacks(facts)))
    return RowVerdict(tuple(matched), tuple(unjudged))


def rows_in_force(rows: Iterable[Row], *, on: date) -> dict[str, Row]:
    """The version of every row in force on ``on``, by id, in the table's order; two at once are a mistake in the data."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.in_force(on):
            if row.id in found:
                raise ValueError(f"{row.id} has two versions in force on {on}")
            found[row.id] = row
    return found


def load_rows(package: str, name: str = "rules.toml") -> tuple[Row, ...]:
    """The rows of ``name`` beside the code of ``package``."""
    data = tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
    return rows_of(data)


def rows_of(data: Mapping[str, Any]) -> tuple[Row, ...]:
    """The rows of a table that was read: ``data["rule"]``, each with what the head says where it says nothing itself."""
    head = {field: value for field, value in data.items() if field in _OURS}
    return tuple(_row({**head, **row}) for row in data["rule"])


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        id=row["id"],
        source=Source(document=row["document"], clause=row.get("clause", ""), mark=Mark(row["mark"])),
        starts=row["starts"],
        ends=row.get("ends"),
        version=row.get("version", ""),
        when=MappingProxyType(dict(row.get("when", {}))),
        fields=MappingProxyType({field: value for field, value in row.items() if field not in _OURS}),
    )
