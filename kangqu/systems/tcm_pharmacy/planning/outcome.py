"""What a plan says: for every order where, when, in which pot and on which round, what to promise; and what will not be kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kangqu.systems.tcm_pharmacy.planning.model import Stage


class Step(NamedTuple):
    """One stage from ``start`` to ``end`` (minutes); ``hand`` is which of the stage's pairs of hands, 0 where none is bound.

    With ``DECOCT`` the hand is the tender's, bound while the pot is charged.
    """

    stage: Stage
    start: int
    end: int
    hand: int


class Why(StrEnum):
    """Why an order has no place in the plan."""

    NO_PHARMACY = "no_pharmacy"  # none of those that may make it is there
    NO_POT = "no_pot"  # no pot of its kind is large enough: split the order
    NO_ROUND = "no_round"  # no courier goes to its district
    NO_ROOM = "no_room"  # full until the last span that was handed in


@dataclass(frozen=True, slots=True)
class Planned:
    """An order's place in the plan. ``ready`` is when it can be fetched or is in its district; ``pot_until`` includes rinsing.

    ``promise`` is the promise given, or what may be promised now. ``late`` is by how many minutes ``ready`` misses a promise that was
    given, ``urgent_late`` by how many an urgent decoction misses its two hours. A quotation has no ``pot`` and no hands yet.
    """

    order: str
    pharmacy: str
    steps: tuple[Step, ...]
    pot: str | None
    pot_until: int | None
    round: str | None
    ready: int
    promise: int
    late: int
    urgent_late: int

    def step(self, stage: Stage) -> Step | None:
        return next((each for each in self.steps if each.stage is stage), None)


@dataclass(frozen=True, slots=True)
class Unplanned:
    """An order without a place, and why. Its promise, if one was given, counts as broken."""

    order: str
    why: Why
    promised_by: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan made at ``now``: orders in the order of their codes."""

    now: int
    planned: tuple[Planned, ...]
    unplanned: tuple[Unplanned, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The orders whose given promise this plan does not keep."""
        missed = [each.order for each in self.planned if each.late]
        return tuple(sorted(missed + [each.order for each in self.unplanned if each.promised_by is not None]))

    def of(self, order: str) -> Planned | None:
        """The place of an order."""
        return next((each for each in self.planned if each.order == order), None)
