"""Invariants that hold on live data. ``kangqu check`` runs them all and says where one does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be: where it is, and what is wrong with it."""

    where: str
    what: str


Check = Callable[[], Iterator[Finding]]

_CHECKS: dict[str, tuple[str, Check]] = {}


def check(name: str, title: str) -> Callable[[Check], Check]:
    """Declare an invariant: ``name`` like ``trace.chain``, ``title`` one sentence saying what holds."""

    def declare(function: Check) -> Check:
        if name in _CHECKS and _CHECKS[name][1] is not function:
            raise ValueError(f"check {name} is declared twice")
        _CHECKS[name] = (title, function)
        return function

    return declare


def all_checks() -> dict[str, tuple[str, Check]]:
    """Every declared invariant: name → (title, function)."""
    return dict(sorted(_CHECKS.items()))
