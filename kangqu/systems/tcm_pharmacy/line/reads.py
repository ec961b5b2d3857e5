"""What can be asked of the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kangqu.kernel.access.viewer import Held
from kangqu.kernel.cases.worklists import Task, Where, tasks_of_post, waiting
from kangqu.systems.tcm_pharmacy.line.hand import Post
from kangqu.systems.tcm_pharmacy.programme import CODE, PRESCRIPTION

_STATES: Final = {
    Post.DISPENSE: ("released",),
    Post.CHECK: ("dispensed",),
    Post.SOAK: ("checked",),
    Post.BOIL: ("soaking", "decocting", "decocting_again"),
    Post.PACK: ("drawn_off",),
    Post.RELEASE: ("packed",),
    Post.HAND_OUT: ("ready",),
    Post.COURIER: ("ready", "on_the_way"),
}
SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits at a station: how many, how many of them late, and the first of them, most urgent first."""

    count: int
    late: int
    first: Sequence[Task]


def queues(held: Held | None, post: Post, *, at: datetime) -> Queue:
    """The queue of a station at the institution of ``held``."""
    if held is None:
        return Queue(0, 0, ())
    states = _STATES[post]
    where = Where((CODE,) * len(states), (PRESCRIPTION.version,) * len(states), states)
    counted = waiting(where, [held.institution_id], at=at)
    first = tasks_of_post(where, [held.institution_id], limit=SHOWN)
    return Queue(sum(each.count for each in counted), sum(each.late for each in counted), first)
