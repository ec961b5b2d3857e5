"""Judging past cases by two values and counting what comes of it. Pure: cases and values in, counts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from kangqu.kernel.policies.trials import Past, Trial, Unknown

EXAMPLES: Final = 10
"""Kept of each pair of outcomes that differ, and of each reason why a case could not be judged."""


@dataclass(slots=True)
class Counts:
    """``pairs``: outcome then → outcome now → how many. Examples: label, code, why then, why now (Chinese, English)."""

    cases: int = 0
    pairs: dict[str, dict[str, int]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    last_day: str = ""

    @property
    def different(self) -> int:
        return sum(many for then, row in self.pairs.items() for now, many in row.items() if then != now)

    def stored(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _NAMES}


_NAMES: Final = ("cases", "pairs", "missing", "examples", "last_day")


def counts_of(stored: dict[str, Any]) -> Counts:
    return Counts(**{name: stored[name] for name in _NAMES if name in stored})


def count(counts: Counts, cases: Iterable[Past], trial: Trial, value: Any, in_force: Callable[[date], Any]) -> Counts:
    """Judge each case by the value in force on its day and by ``value``, and add it to ``counts``."""
    then_of: dict[date, Any] = {}
    for case in cases:
        if case.day not in then_of:
            then_of[case.day] = in_force(case.day)
        before = then_of[case.day]
        then, now = trial.judge(case.facts, before), trial.judge(case.facts, value)
        counts.cases += 1
        if isinstance(then, Unknown) or isinstance(now, Unknown):
            unknown = then if isinstance(then, Unknown) else now
            assert isinstance(unknown, Unknown)
            counts.missing[unknown.why] = counts.missing.get(unknown.why, 0) + 1
            _keep(counts, f"?{unknown.why}", case)
            continue
        row = counts.pairs.setdefault(then, {})
        row[now] = row.get(now, 0) + 1
        if then != now:
            _keep(counts, f"{then}>{now}", case, trial, before, value)
    counts.last_day = max((counts.last_day, *(day.isoformat() for day in then_of)))
    return counts


def _keep(
    counts: Counts, key: str, case: Past, trial: Trial | None = None, before: Any = None, value: Any = None
) -> None:
    kept = counts.examples.setdefault(key, [])
    if len(kept) >= EXAMPLES:
        return
    example = {"day": case.day.isoformat(), "label": case.label, "code": case.code}
    if trial is not None:
        for name, by in (("then", before), ("now", value)):
            words = trial.explain(case.facts, by)
            example[name], example[f"{name}_en"] = words.zh, words.en
    kept.append(example)
