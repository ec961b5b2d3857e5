"""The rules in force on a day, made ready once: rows by id, pairs by herb, rows about people, shapes of codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from kangqu.kernel.rules.table import Row, load_rows, rows_in_force
from kangqu.systems.tcm_pharmacy.herbs import BANNED, HERBS, Herb
from kangqu.systems.tcm_pharmacy.review.finding import Override, Severity

_PACKAGE: Final = "kangqu.systems.tcm_pharmacy.review"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two herbs that do not go together, as the row ``group`` has them."""

    group: Row
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Book:
    """The rules in force on one day."""

    rows: dict[str, Row]
    people: tuple[Row, ...]
    pairs: dict[str, dict[str, tuple[Pair, ...]]]
    codes: tuple[tuple[re.Pattern[str], str], ...]
    absent: tuple[str, ...]  # rules of which no version is in force on this day

    def figure(self, rule: str, name: str) -> Any:
        """A figure of a row in force, or None when no version of the row is."""
        row = self.rows.get(rule)
        return None if row is None else row.fields[name]


@lru_cache(maxsize=1)
def tables() -> tuple[tuple[Row, ...], tuple[Row, ...], tuple[Row, ...]]:
    """Every version of every row: of the rules, of the pairs, of the shapes of codes."""
    rules, pairs, codes = (load_rows(_PACKAGE, name) for name in ("rules.toml", "pairs.toml", "codes.toml"))
    for row in rules:
        Severity(row.fields["severity"])
        Override(row.fields["override"])
    named = {herb for row in rules for herb in row.fields.get("herbs", ())}
    named |= {herb for row in pairs for side in ("left", "right") for herb in row.fields[side]}
    if unknown := named - set(HERBS) - set(BANNED):
        raise ValueError(f"the rules name {unknown}, which are no herbs")
    return rules, pairs, codes


@lru_cache(maxsize=256)
def book_on(day: date) -> Book:
    """The book of ``day``: prescriptions are judged by the rules of the day they were issued."""
    rules, pairs, codes = tables()
    rows, groups, shapes = (rows_in_force(table, on=day) for table in (rules, pairs, codes))
    known = dict.fromkeys(row.id for table in (rules, pairs, codes) for row in table)
    return Book(
        rows=rows,
        people=tuple(row for row in rows.values() if row.fields["family"] == "people"),
        pairs=_by_herb(tuple(groups.values())),
        codes=tuple((re.compile(row.fields["pattern"]), row.fields["kind"]) for row in shapes.values()),
        absent=tuple(rule for rule in known if rule not in rows | groups | shapes),
    )


def _by_herb(groups: tuple[Row, ...]) -> dict[str, dict[str, tuple[Pair, ...]]]:
    found: dict[str, dict[str, tuple[Pair, ...]]] = {}
    for group in groups:
        for left in group.fields["left"]:
            for right in group.fields["right"]:
                pair = Pair(group, left, right)
                for one, other in ((left, right), (right, left)):
                    partners = found.setdefault(one, {})
                    partners[other] = (*partners.get(other, ()), pair)
    return found


@lru_cache(maxsize=4096)
def rows_about(herb_name: str, day: date) -> tuple[Row, ...]:
    """The rows about people that speak of this herb: by name, by toxicity or by its pregnancy note."""
    return tuple(row for row in book_on(day).people if speaks_of(row, HERBS[herb_name]))


def speaks_of(row: Row, herb: Herb) -> bool:
    """Whether a row about people means this herb."""
    return bool(
        herb.kin & set(row.fields.get("herbs", ()))
        or (herb.toxicity is not None and herb.toxicity.value in row.fields.get("toxicity", ()))
        or (herb.pregnancy is not None and herb.pregnancy.value == row.fields.get("pregnancy"))
    )
