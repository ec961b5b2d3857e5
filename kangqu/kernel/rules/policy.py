"""Dated policies: what changes by notice (limits, hours, thresholds) is a value with a source and a date, not code.

A package keeps its policies in a TOML file beside its code::

    [[policy]]
    id = "access.lock.failures"
    title = "连续输错几次后锁定"
    title_en = "Wrong tries that lock"
    value = 5
    at_least = 3
    at_most = 10
    from = 2026-01-01
    document = "GB/T 22239-2019 8.1.4.1"
    mark = "D"

``PolicyBook.value(id, on=day)`` answers with the value in force on that day; a day no policy covers is an error in the
data, never a default. What the city has adopted of its own (``adopt``) counts beside what the file says: the latest
version that starts on or before the day is in force, the city's own where both start on the same one
(docs/algorithms/policies.md).
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any

from kangqu.kernel.rules.source import Mark, Source


@dataclass(frozen=True, slots=True)
class Policy:
    """One value in force from ``starts`` until another policy of the same id starts."""

    id: str
    title: str
    value: Any
    starts: date
    source: Source
    at_least: Any = None
    at_most: Any = None
    title_en: str = ""

    def __post_init__(self) -> None:
        if self.at_least is not None and self.value < self.at_least:
            raise ValueError(f"{self.id}: {self.value} is below {self.at_least}")
        if self.at_most is not None and self.value > self.at_most:
            raise ValueError(f"{self.id}: {self.value} is above {self.at_most}")


@dataclass(frozen=True, slots=True)
class _OfTheCity:
    """Everything the city has adopted, as this process knows it: replaced whole, never changed."""

    edition: int = 0
    versions: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)


_of_the_city = _OfTheCity()


def adopt(policies: Iterable[Policy], *, edition: int) -> None:
    """Let the city's own versions count from now on, in every book. Those adopted before are forgotten."""
    global _of_the_city
    versions: dict[str, tuple[Policy, ...]] = {}
    for policy in sorted(policies, key=lambda each: each.starts):
        versions[policy.id] = (*versions.get(policy.id, ()), policy)
    _of_the_city = _OfTheCity(edition, versions)


def edition() -> int:
    """Which state of the city's own versions is read: it moves with every adoption and withdrawal."""
    return _of_the_city.edition


class PolicyBook:
    """Policies by id, each id's versions by date."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._versions: dict[str, list[Policy]] = defaultdict(list)
        for policy in sorted(policies, key=lambda each: each.starts):
            versions = self._versions[policy.id]
            if versions and versions[-1].starts == policy.starts:
                raise ValueError(f"{policy.id} has two values from {policy.starts}")
            versions.append(policy)

    def in_force(self, id: str, *, on: date) -> Policy:  # noqa: A002
        """The version of ``id`` in force on ``on``; ``KeyError`` when none is."""
        found = _latest(self._versions.get(id, ()), on)
        own = _latest(_of_the_city.versions.get(id, ()), on) if found is not None else None
        if found is None:
            raise KeyError(f"no policy {id} in force on {on}")
        return found if own is None or own.starts < found.starts else own

    def value(self, id: str, *, on: date) -> Any:  # noqa: A002
        return self.in_force(id, on=on).value

    def all_versions(self) -> list[Policy]:
        return [policy for name in sorted(self._versions) for policy in self._versions[name]]


def _latest(versions: Sequence[Policy], on: date) -> Policy | None:
    return next((policy for policy in reversed(versions) if policy.starts <= on), None)


def load_policies(package: str, name: str = "policies.toml") -> PolicyBook:
    """The policies in ``name`` beside the code of ``package``."""
    data = tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
    return PolicyBook(_policy(row) for row in data["policy"])


def _policy(row: dict[str, Any]) -> Policy:
    source = Source(document=row["document"], clause=row.get("clause", ""), mark=Mark(row["mark"]))
    return Policy(
        id=row["id"],
        title=row["title"],
        value=row["value"],
        starts=row["from"],
        source=source,
        at_least=row.get("at_least"),
        at_most=row.get("at_most"),
        title_en=row.get("title_en", ""),
    )
