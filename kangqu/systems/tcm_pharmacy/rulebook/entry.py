"""One row of a table as a pharmacist reads it: which herbs, what it says, how grave, from where, since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kangqu.kernel.rules.source import Source
from kangqu.kernel.rules.table import Row
from kangqu.systems.tcm_pharmacy.review.finding import Override, Severity


@dataclass(frozen=True, slots=True)
class Entry:
    """``id`` within its table; ``herbs`` it speaks of and, of pairs, the herbs ``against`` them.

    ``zh`` and ``en`` say what holds, ``note`` what the document adds in its own words; ``min_g`` and ``max_g`` are grams
    where the row limits grams. ``rule`` names the rule that judges by this row alone, with its severity and what lets
    a prescription pass; empty where the table's own rules do. In force in [``starts``, ``ends``); None is not stated.
    """

    id: str
    zh: str
    en: str
    source: Source
    herbs: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    note: str = ""
    min_g: float | None = None
    max_g: float | None = None
    rule: str = ""
    severity: Severity | None = None
    override: Override | None = None
    version: str = ""
    starts: date | None = None
    ends: date | None = None

    def in_force(self, on: date) -> bool:
        return (self.starts is None or self.starts <= on) and (self.ends is None or on < self.ends)

    def speaks_of(self, names: Iterable[str]) -> bool:
        """Whether one of ``names`` stands in it, on either side."""
        named = set(names)
        return not named.isdisjoint(self.herbs) or not named.isdisjoint(self.against)

    @property
    def until(self) -> date | None:
        """The last day on which it holds."""
        return None if self.ends is None else self.ends - timedelta(days=1)


def judged_by(row: Row | None) -> dict[str, Any]:
    """The fields of an entry that say which rule judges by it."""
    if row is None:
        return {}
    return {
        "rule": row.id,
        "severity": Severity(row.fields["severity"]),
        "override": Override(row.fields["override"]),
    }


def dated(row: Row) -> dict[str, Any]:
    """The fields of an entry that say where a row is from and when it holds."""
    return {"source": row.source, "version": row.version, "starts": row.starts, "ends": row.ends}
