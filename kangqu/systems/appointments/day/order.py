"""In which order those who wait are called. Pure (docs/algorithms/clinic-queue.md, "Order, worked")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

GREEN: Final = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policies: after how many others one is called who is back from tests, or was passed; whether late goes behind."""

    back_after: int = 2
    passed_after: int = 3
    passes: int = 3
    late_behind: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who can be called. ``slot_at``: when her slot begins; ``turn_at``: that of the slot during which she came, if late.

    ``back`` or ``passes`` since when ``calls_since`` others were called.
    """

    number: int
    slot_at: datetime
    came_at: datetime
    turn_at: datetime | None = None
    green: bool = False
    back: bool = False
    passes: int = 0
    since: datetime | None = None
    calls_since: int = 0


def turn_of(slot_at: datetime, came_at: datetime, slots: Sequence[datetime]) -> datetime:
    """The start of the slot during which a late one came: the last that had begun, her own at the earliest."""
    return max([slot_at, *(each for each in slots if each <= came_at)])


def in_order(waiting: Iterable[Waiting], rules: Rules) -> list[Waiting]:
    """Everybody, each once, the next to be called first."""
    everybody = list(waiting)
    dropped = [each for each in everybody if each.passes >= rules.passes and not each.back]
    rest = [each for each in everybody if each not in dropped]
    again = [each for each in rest if each.back or each.passes]
    first = [each for each in rest if each.green and each not in again]
    plain = sorted((each for each in rest if not each.green and each not in again), key=lambda each: _turn(each, rules))
    queued = sorted(again, key=lambda each: (_left(each, rules), _since(each)))
    return [
        *sorted(first, key=lambda each: (each.came_at, each.number)),
        *_between(plain, queued, rules),
        *sorted(dropped, key=_since),
    ]


def _between(plain: Sequence[Waiting], again: Sequence[Waiting], rules: Rules) -> list[Waiting]:
    """Those who come again, each after as many others as she still has to let by."""
    found: list[Waiting] = []
    ahead, behind = list(again), list(plain)
    while ahead or behind:
        if ahead and (not behind or _left(ahead[0], rules) <= len(found)):
            found.append(ahead.pop(0))
        else:
            found.append(behind.pop(0))
    return found


def _left(each: Waiting, rules: Rules) -> int:
    after = rules.back_after if each.back else rules.passed_after
    return max(0, after - each.calls_since)


def _since(each: Waiting) -> tuple[datetime, int]:
    return each.since or each.came_at, each.number


def _turn(each: Waiting, rules: Rules) -> tuple[datetime, bool, datetime, datetime, int]:
    late = each.turn_at is not None and rules.late_behind
    turn = each.turn_at if late and each.turn_at is not None else each.slot_at
    return turn, late, each.slot_at, each.came_at, each.number


def written(number: int, letter: str) -> str:
    """12 of A as people read it: ``A012``."""
    return f"{letter}{number:03}"


def letter_of(place: int) -> str:
    """The letter of the department at a place from 0: A … Z, AA, AB …"""
    letters = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        letters, place = chr(ord("A") + rest) + letters, place - 1
    return letters
