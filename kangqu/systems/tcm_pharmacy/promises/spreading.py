"""Which pharmacy a new prescription goes to: the one that has it ready first in the plan this process holds.

A plan of everything that is open costs a tenth of a second and more. It is made anew when a pharmacy says that it can do
something else, when a tenth of a pharmacy's pots failed or were mended, and after a quarter of an hour; meanwhile what was sent to a pharmacy is
put into it. What other processes sent since is not in it: nothing is promised from it (``keeping`` plans all that is
open), it only spreads the work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.planning.outcome import Planned
from kangqu.systems.tcm_pharmacy.planning.plan import Backlog, accept
from kangqu.systems.tcm_pharmacy.promises.capacity import minute_of
from kangqu.systems.tcm_pharmacy.promises.orders import new_order
from kangqu.systems.tcm_pharmacy.promises.reads import Floors, floors, found_at

HELD_FOR: Final = timedelta(minutes=15)
_NAMES: Final = count(1)


@dataclass(slots=True)
class _Held:
    """The plan a process holds: of which floors, with which pots out of order, since when."""

    of: tuple[tuple[Any, ...], ...]
    failed: frozenset[int]
    since: datetime
    backlog: Backlog
    outside: frozenset[str]


@dataclass(slots=True)
class _Process:
    lock: Lock = field(default_factory=Lock)
    held: _Held | None = None


_process: Final = _Process()


def least_waiting(facts: Mapping[str, Any], *, hospital_id: int, at: datetime) -> int | None:
    """The pharmacy that has a new prescription with ``facts`` ready first, of those that take what ``hospital_id`` prescribes; None
    where no floor is known or none can make it. It is put into the held plan there."""
    known = floors()
    if not known:
        return None
    with _process.lock:
        held = _held(known, at)
        codes = (str(row.institution_id) for row in known)
        allowed = sorted(code for code in codes if code in held.outside or code == str(hospital_id))
        placed = accept(new_order(f"new/{next(_NAMES)}", facts, allowed, minute_of(at)), held.backlog)
    return int(placed.pharmacy) if isinstance(placed, Planned) else None


def _held(known: Floors, at: datetime) -> _Held:
    """The plan held, or a new one where it is old or of other floors."""
    if _process.held is not None and _holds(_process.held, known, at):
        return _process.held
    found = found_at(at, known)
    assert found is not None
    said, failed = tuple(row.said for row in known), _failed(known)
    _process.held = _Held(said, failed, at, Backlog(found.state), found.outside)
    return _process.held


def _holds(held: _Held, known: Floors, at: datetime) -> bool:
    """Whether the plan is still of use: young, of the same floors, and fewer than a tenth of any floor's pots turned since."""
    fewest = min(len(json.loads(row.pots or "[]")) for row in known)
    same = held.of == tuple(row.said for row in known) and len(held.failed ^ _failed(known)) * 10 <= fewest
    return same and timedelta(0) <= at - held.since < HELD_FOR


def _failed(known: Floors) -> frozenset[int]:
    return frozenset(number for row in known for number in row.failed)
