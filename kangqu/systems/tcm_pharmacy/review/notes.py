"""Where the families of rules write down what they find, until the review is put together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from kangqu.kernel.rules.table import Row
from kangqu.systems.tcm_pharmacy.herbs.letters import readings
from kangqu.systems.tcm_pharmacy.review.book import Book, book_on
from kangqu.systems.tcm_pharmacy.review.finding import Finding, Missing, Override, Severity, Uncovered

_GRAVITY: Final = {severity: place for place, severity in enumerate(Severity)}


def grams(value: float) -> str:
    """Grams as they are printed: no more than three places and no idle zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def over(value: float, limit: float) -> bool:
    """Whether ``value`` is above ``limit`` by more than binary fractions are off."""
    return value > limit + 1e-9


@lru_cache(maxsize=2048)
def in_english(name: str) -> str:
    """A herb's name for an English sentence: its pinyin, and the name itself."""
    ways = sorted(readings(name))
    return f"{''.join(ways[0])} ({name})" if ways and ways[0] else name


class Notes:
    """What was found, what was missing and what is not covered, of one review."""

    def __init__(self, issued_on: date) -> None:
        self.day = issued_on
        self.book: Book = book_on(issued_on)
        self._findings: list[Finding] = []
        self._missing: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        self._uncovered: dict[tuple[str, str], Uncovered] = {}
        for rule in self.book.absent:
            self.uncovered("rule", rule, f"规则 {rule} 在处方当日没有有效版本。", f"No version of {rule} was in force.")

    def find(
        self, rule: str, herbs: Iterable[str] = (), *, group: Row | None = None, detail: str = "", **figures: Any
    ) -> None:
        """Write down that ``rule`` says something of ``herbs``; ``figures`` fill its sentences.

        A figure ``x_en`` stands for ``x`` in the English sentence. ``group`` is the row of another table that
        ``rule`` speaks for; the finding then bears its id and source.
        """
        row = self.book.rows.get(rule)
        if row is None:
            return  # said already: ``absent``
        named = tuple(dict.fromkeys(herbs))
        english = figures | {name[:-3]: value for name, value in figures.items() if name.endswith("_en")}
        told = group or row
        self._findings.append(
            Finding(
                rule=told.id,
                family=row.fields["family"],
                severity=Severity(row.fields["severity"]),
                override=Override(row.fields["override"]),
                source=told.source,
                version=told.version,
                herbs=named,
                zh=row.fields["zh"].format(herbs="、".join(named), **figures).strip(),
                en=row.fields["en"].format(herbs=", ".join(map(in_english, named)), **english).strip(),
                detail=detail,
            )
        )

    def lacks(self, fact: str, rule: str, herbs: Iterable[str] = ()) -> None:
        """Write down that ``rule`` needed ``fact`` and it was not given."""
        rules, named = self._missing.setdefault(fact, ({}, {}))
        rules[rule] = None
        named.update(dict.fromkeys(herbs))

    def uncovered(self, what: str, about: str, zh: str, en: str) -> None:
        """Write down that nothing here speaks of ``what`` of ``about``."""
        self._uncovered.setdefault((what, about), Uncovered(what, about, zh, en))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Gravest first, in the order of the families otherwise."""
        return tuple(sorted(self._findings, key=lambda finding: _GRAVITY[finding.severity]))

    @property
    def missing(self) -> tuple[Missing, ...]:
        return tuple(Missing(fact, tuple(rules), tuple(herbs)) for fact, (rules, herbs) in self._missing.items())

    @property
    def not_covered(self) -> tuple[Uncovered, ...]:
        return tuple(self._uncovered.values())
