"""Rules judge facts: facts in, finding out, no database and no clock. A missing fact is reported, never taken as normal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kangqu.kernel.rules.source import Source

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a published table: when ``when`` holds for the facts it ``needs``, it ``gives`` its answer."""

    id: str
    gives: str
    needs: tuple[str, ...]
    when: Callable[[Facts], bool]
    source: Source
    starts: date
    ends: date | None = None

    def lacks(self, facts: Facts) -> tuple[str, ...]:
        """The facts this rule needs and does not have."""
        return tuple(name for name in self.needs if facts.get(name) is None)

    def in_force(self, on: date) -> bool:
        return self.starts <= on and (self.ends is None or on < self.ends)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What matched, in the table's order, and which facts were missing for the rules that could not be judged."""

    matched: tuple[Rule, ...]
    missing: tuple[str, ...]


def judge(table: Sequence[Rule], facts: Facts, *, on: date) -> Verdict:
    """Every rule of ``table`` in force on ``on``, held against ``facts``."""
    rules = [rule for rule in table if rule.in_force(on)]
    matched = tuple(rule for rule in rules if not rule.lacks(facts) and rule.when(facts))
    missing = tuple(sorted({name for rule in rules for name in rule.lacks(facts)}))
    return Verdict(matched, missing)
